"""Names behind titles, greetings and introductions in many languages; names of products that begin like a title."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs, parts

TITLED = r"""
Frau Prof. Dr. Ulrike Sandberg-Lohse meldet sich => Ulrike Sandberg-Lohse
Herrn Mag. Dr. Thaler => Thaler
Herr Prof. Dr. Dr. h.c. mult. Emil von der Tann fragt => Emil von der Tann
Frau Dipl.-Kffr. Wanda Ott => Wanda Ott
Frau Dr.Klawitter ruft an => Klawitter
an Fr. Ostermann => Ostermann
herr LINDQVIST tobt => LINDQVIST
Mr. Prof. Abernathy called => Abernathy
Mrs Dr Okonkwo-Bright => Okonkwo-Bright
Rev. J. R. Whitcombe => J. R. Whitcombe
Ms. O’Shaughnessy => O’Shaughnessy
Mme le Dr Solange d'Aubigné => Solange d'Aubigné
Maître Vauquelin => Vauquelin
Sra. Lic. Ximena de la Fuente Ortiz no entra => Ximena de la Fuente Ortiz
Don Evaristo => Evaristo
Sr. Eng. Tomás Figueira => Tomás Figueira
Dott.ssa Ing. Fiammetta Corsi => Fiammetta Corsi
Gentile Avv. Trentin, => Trentin
dhr. ir. Klaas van den Hoek => Klaas van den Hoek
mevrouw De Wit-Smeets => De Wit-Smeets
Pani dr hab. inż. Jadwiga Wrona-Kruk => Jadwiga Wrona-Kruk
paní Mgr. Dobroslava Pokorná => Dobroslava Pokorná
Sayın Doç. Dr. Şule Gökçe => Şule Gökçe
Cengiz Bey aradı => Cengiz
Bodnár Zsuzsanna asszony => Bodnár Zsuzsanna
doamna Rodica Ionescu => Rodica Ionescu
г-жа Ковалёва О. П. звонила => Ковалёва О. П.
пані Мельник => Мельник
κυρία Αντωνίου => Αντωνίου
Ông Trần Quốc Bảo => Trần Quốc Bảo
Bapak Wayan Sudiarta => Wayan Sudiarta
السيدة ليلى الخطيب => ليلى الخطيب
ד"ר אבנר שקד => אבנר שקד
श्रीमती कविता जोशी ने => कविता जोशी
Jag heter Elsa Nyström och => Elsa Nyström
Здравствуйте, Арина!\nвсё сломалось => Арина
Customer name: Thandiwe Mokoena => Thandiwe Mokoena
Med vänliga hälsningar\nLars Ekdahl => Lars Ekdahl
"""
PRODUCTS = r"""
Ms Outlook hangs | Ms. Excel macro | Ms Office 2021 | at Madame Tussauds in London | a Dr. Martens order
Dr Pepper machine | Mr. Clean cloth | Miss Dior refill | Pan Tilt Zoom | Sr. Developer | Bay Area office
12 Maple Dr Springfield | Fr. Nachmittag | M. 2 slot | Frau, bitte | Don't panic | Herr der Ringe
Hello Support,\n | Sehr geehrte Damen und Herren, | Dear Sir or Madam, | this is Windows | Hi all,\n
Customer: Contoso | PC Dr 3 | dr.web 12 | ing. 4
"""
BESIDE_ROLES = r"""
客户赵丽颖反馈无法登录 => 赵丽颖
用户孙浩投诉 => 孙浩
经理徐静怡已批准 => 徐静怡
老客户欧阳雪来电 => 欧阳雪
黄总要求退款 => 黄
何工已到现场 => 何
吴老师来电 => 吴
联系人：谭咏诗无法收货 => 谭咏诗
收货人 高翔签收 => 高翔
蔡博文教授来电 => 蔡博文
昨日渡辺さんから連絡 => 渡辺
長谷川様より => 長谷川
松本部長が => 松本
박서준 대리님께서 => 박서준
최 부장님이 => 최
고객 윤아름이 문의 => 윤아름
"""
WORDS = r"""
客户余额不足 | 用户许可过期 | 用户曾经登录 | 客户何时付款 | 用户任务失败 | 客户周一反馈 | 周总结
程总线 | 用户程序 | 客户徐州分公司 | 谢谢老师 | 任何同学 | 施工经理 | 产品经理
お客様 | 業者さん | 皆様 | 정보팀 팀장님 | 고객님 안녕하세요 | 客户金额总计 | 用户宋体显示 | 王总线
"""


@pytest.mark.parametrize(("text", "name"), pairs(TITLED))
def test_the_name_behind_titles_is_taken(text: str, name: str) -> None:
    """However many titles stand before it, they stay and the whole name goes."""
    assert mask_text(text).text == text.replace(name, "[PERSON_1]")


@pytest.mark.parametrize("text", parts(PRODUCTS))
def test_products_and_roles_behind_a_title_stay(text: str) -> None:
    """Names of products, places and positions are what a search needs."""
    assert mask_text(text).text == text


@pytest.mark.parametrize(("text", "name"), pairs(BESIDE_ROLES))
def test_names_beside_roles_without_any_sign_between(text: str, name: str) -> None:
    """A surname and signs of given names after a role, before a title; the next word stays."""
    assert mask_text(text).text == text.replace(name, "[PERSON_1]")


@pytest.mark.parametrize("text", parts(WORDS))
def test_words_that_begin_like_a_name_stay(text: str) -> None:
    """What a dictionary has is no name because a surname begins it."""
    assert mask_text(text).text == text
