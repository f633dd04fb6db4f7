"""Each rule takes what it is for and leaves what looks alike. All values are made up."""

import pytest

from retriever.masking import mask_text

TAKEN = [
    # secrets
    ("password=hunter2 works", "password=[SECRET_1] works"),
    ("密码：Abc12345。请重置", "密码：[SECRET_1]。请重置"),
    ('{"api_key": "q9w8e7r6t5"}', '{"api_key": "[SECRET_1]"}'),
    ("Passwort: Grün!2024 geht nicht", "Passwort: [SECRET_1] geht nicht"),
    ("key AKIAIOSFODNN7EXAMPLE leaked", "key [SECRET_1] leaked"),
    ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [SECRET_1]"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[SECRET_1]"),
    ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nend", "[SECRET_1]\nend"),
    ("-----BEGIN RSA PRIVATE KEY-----\nno end", "[SECRET_1]"),
    # URLs
    ("https://bob:pw@host.com/a?x=1#y ok", "https://[SECRET_1]@host.com/a?[QUERY_1] ok"),
    ("见 https://a.com/reset/aB3dE6gH9jK2mN5pQ8sT。", "见 https://a.com/reset/[SECRET_1]。"),
    ("https://a.com/app#user=7&t=9", "https://a.com/app#[QUERY_1]"),
    # e-mail
    ("请联系zhang.san@example.com.cn谢谢", "请联系[EMAIL_1]谢谢"),
    ("ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[EMAIL_1]"),
    ("write jürgen@müller.de.", "write [EMAIL_1]."),
    ("john [at] example [dot] com", "[EMAIL_1]"),
    # numbers of persons and accounts
    ("身份证11010519491231002X。", "身份证[NATIONAL_ID_1]。"),
    ("身份证 110105 19491231 002x", "身份证 [NATIONAL_ID_1]"),
    ("身份证号：110105491231002", "身份证号：[NATIONAL_ID_1]"),
    ("IBAN DE89 3704 0044 0532 0130 00 BIC X", "IBAN [IBAN_1] BIC X"),
    ("de89370400440532013000", "[IBAN_1]"),
    ("CPF 111.444.777-35", "CPF [NATIONAL_ID_1]"),
    ("身分證字號 A123456789", "身分證字號 [NATIONAL_ID_1]"),
    ("Steuer-ID: 36 574 261 809", "Steuer-ID: [NATIONAL_ID_1]"),
    ("DNI 54362315K", "DNI [NATIONAL_ID_1]"),
    ("NIE X-2482300W", "NIE [NATIONAL_ID_1]"),
    ("numéro de sécurité sociale : 2 95 10 99 126 111 93", "numéro de sécurité sociale : [NATIONAL_ID_1]"),
    ("NHS number is 943 476 5870", "NHS number is [NATIONAL_ID_1]"),
    ("codice RCCMNL83S18D969H", "codice [NATIONAL_ID_1]"),
    ("주민등록번호 971013-9019902", "주민등록번호 [NATIONAL_ID_1]"),
    ("SSN: 536-90-4399", "SSN: [NATIONAL_ID_1]"),
    ("card 4111 1111 1111 1111 declined", "card [CARD_1] declined"),
    ("4111 1111 1111 1111 5500 0000 0000 0004", "[CARD_1] [CARD_2]"),
    ("172.32.0.9 100.63.0.1 100.128.0.1 223.9.9.9", "[IP_1] [IP_2] [IP_3] [IP_4]"),
    ("卡号4111111111111111被拒", "卡号[CARD_1]被拒"),
    ("银行账号：6217 0000 1234 5678", "银行账号：[ACCOUNT_1]"),
    ("USt-IdNr. DE136695976", "USt-IdNr. [TAX_ID_1]"),
    # phones
    ("电话13812345678", "电话[PHONE_1]"),
    ("１３８ １２３４ ５６７８", "[PHONE_1]"),
    ("+86 138-1234-5678", "[PHONE_1]"),
    ("幺三八一二三四五六七八", "[PHONE_1]"),
    ("ring +1 415 555 2671 2024 please", "ring [PHONE_1] 2024 please"),
    ("Tel.: 030 / 901820", "Tel.: [PHONE_1]"),
    ("(415) 555-2671", "[PHONE_1]"),
    ("0571-87654321", "[PHONE_1]"),
    ("téléphone : 01 23 45 67 89", "téléphone : [PHONE_1]"),
    # machines
    ("from 203.0.113.77 today", "from [IP_1] today"),
    ("IP地址5.6.7.8", "IP地址[IP_1]"),
    ("2001:db8::8a2e:370:7334 down", "[IP_1] down"),
    ("MAC aa:bb:cc:dd:ee:01", "MAC [MAC_1]"),
    ("0011.2233.4455", "[MAC_1]"),
    # plates, papers, messengers
    ("车牌粤B12345", "车牌[PLATE_1]"),
    ("粤B·D12345停在", "[PLATE_1]停在"),
    ("Kennzeichen: B-MW 1234", "Kennzeichen: [PLATE_1]"),
    ("护照号 E12345678", "护照号 [PASSPORT_1]"),
    ("微信号：zhang_san88", "微信号：[CONTACT_1]"),
    # names and addresses
    ("联系人：张三，电话", "联系人：[PERSON_1]，电话"),
    ("请王先生回电", "请[PERSON_1]先生回电"),
    ("我叫欧阳明月", "我叫[PERSON_1]"),
    ("Dear Anna,\nit works", "Dear [PERSON_1],\nit works"),
    ("My name is Anna and", "My name is [PERSON_1] and"),
    ("This is Anna Berg speaking", "This is [PERSON_1] speaking"),
    ("更新·A12345 京A12345", "更新·A12345 [PLATE_1]"),
    ("车牌：新E12345", "车牌：[PLATE_1]"),
    ("Best regards,\nMary Smith", "Best regards,\n[PERSON_1]"),
    ("Wenden Sie sich an Herrn Müller.", "Wenden Sie sich an Herrn [PERSON_1]."),
    ("田中と申します", "[PERSON_1]と申します"),
    ("김철수 님께서", "[PERSON_1] 님께서"),
    ("寄到上海市浦东新区张江路88号3栋501室。", "寄到[ADDRESS_1]。"),
    ("收货地址：广东省某市某小区5栋，谢谢", "收货地址：[ADDRESS_1]，谢谢"),
    ("Hauptstraße 12, 10115 Berlin", "[ADDRESS_1]"),
    ("at 221 Baker Street, London now", "at [ADDRESS_1] now"),
    ("12 rue de la Paix, 75002 Paris", "[ADDRESS_1]"),
    ("東京都千代田区丸の内1丁目9番", "[ADDRESS_1]"),
    ("서울특별시 강남구 테헤란로 152", "[ADDRESS_1]"),
]
KEPT = [
    "password: required", "Password: must be 8 characters", "密码错误：请重置", "password = ${PASSWORD}",
    "token: null",
    "3 place de la page", "172.31.0.9", "100.127.0.1", "169.254.1.1", "224.0.0.1", "10.1.2.3",
    "national id A123456788", "tax id: 36 574 261 808", "national id 54362315L", "id number 943 476 5871", "A123456789",
    "RCCMNL83S18D969A", "971013-9019903", "536-90-4399", "111.444.777-36", "36 574 261 809", "id number 12345678",
    "run 20240305", "the epic 123456",
    "订单号：13812345678", "order 13812345678", "运单 SF1234567890123", "ticket #15012345678", "¥15000000000",
    "15000000000字节",
    "0x80070057", "ORA-01017", "2026-03-05 14:30:22", "1709650000000", "v1.2.3.4", "version 10.4.3.2",
    "OpenSSL 1.1.1.1",
    "192.168.1.1", "127.0.0.1", "8.8.8.8", "12:34:56", "std::vector", "a::b",
    "git@github.com:org/repo.git", "icon@2x.png", "node@18.2.0", "@types/node",
    "4111 1111 1111 1112", "4111111111111111", "DE89 3704 0044 0532 0130 01", "110105194912310021",
    "更新E10234错误", "阿里云A12345", "京A", "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e",
    "https://a.com/b/c", "https://a.com/b#install-notes", "https://a.com/docs/error-0x80070005-Windows-10",
    "拨打400-820-8820", "客服热线 95588", "iPhone 15 Pro 256", "phone 2024-03-05",
    "我是管理员", "产品经理", "各位先生", "お客様", "고객 님", "Dear Customer,", "Hello Team,", "This is Windows",
    "This is Great",
    "12 Google Drive folders", "3号打印机", "IP地址：请填写", "passport control", "FF:FF:FF:FF:FF:FF",
]  # fmt: skip


@pytest.mark.parametrize(("text", "masked"), TAKEN)
def test_personal_values_are_taken(text: str, masked: str) -> None:
    """The value goes, what stands around it stays."""
    assert mask_text(text).text == masked


@pytest.mark.parametrize("text", KEPT)
def test_what_looks_alike_is_kept(text: str) -> None:
    """Order numbers, codes, versions, dates, amounts and everyday words are no personal values."""
    assert mask_text(text).text == text


@pytest.mark.parametrize(("text", "masked"), TAKEN)
def test_masking_a_masked_text_changes_nothing(text: str, masked: str) -> None:
    """A placeholder is never masked, and uncovers nothing new."""
    assert mask_text(masked).text == masked
