"""Where each rule begins and ends: the shortest and the longest value, one step beyond, what must stand before it."""

from dataclasses import replace

import pytest
from stdnum import iban
from stdnum.iso7064 import mod_11_2

from retriever.domain import Query
from retriever.masking import KnownEntities, mask_query, mask_text

TAIWAN = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
WITHOUT_CUE = ("RCCMNL83S18D969H", "111.444.777-35", "971013-9019902")
WITH_CUE = (
    "A123456789", "536-90-4399", "36 574 261 809", "54362315K", "X-2482300W", "2 95 10 99 126 111 93", "943 476 5870",
    "11144477735",
)  # fmt: skip


def taken(text: str, known: KnownEntities = KnownEntities()) -> list[str]:  # noqa: B008  immutable
    """What is masked of a text."""
    return [text[span.start : span.end] for span in mask_text(text, known).spans]


def iban_of(country: str, account: str) -> str:
    """An IBAN with right check digits."""
    return country + iban.calc_check_digits(f"{country}00{account}") + account


def resident(day: str) -> str:
    """A resident number for a birthday YYYYMMDD, its last sign right."""
    return (begin := f"110105{day}002") + mod_11_2.calc_check_digit(begin)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("pwd=abc", ["abc"]),
        ("pwd=ab,", []),
        ("pwd=required", []),
        ('password: "letmein"', ["letmein"]),
        ("password: letmein", []),
        ("password: ab1d", ["ab1d"]),
        ("password: ab1", []),
        ("password: abc$def", ["abc$def"]),
        ("password: 8-16", []),
        ("password=“hunter22”x", ["hunter22"]),
        ('password=""hunter22""', ['"hunter22']),
        ("password=hunter22&user=7", ["hunter22"]),
    ],
)
def test_how_a_password_looks(text: str, values: list[str]) -> None:
    """Three signs after `=` or in quotes; after a colon four, with a digit or a sign that no word has."""
    assert taken(text) == values


def test_private_keys_are_taken_one_by_one() -> None:
    """Text between two stays; two without anything between are two; of one without an end 8,000 signs go."""
    key = "-----BEGIN PRIVATE KEY-----\nab cd\n-----END PRIVATE KEY-----"
    endless = "-----BEGIN PRIVATE KEY-----"

    assert (
        mask_text(f"one {key} two {key} three {key} four").text == "one [SECRET_1] two [SECRET_1] three [SECRET_1] four"
    )
    assert taken(key + key) == [key, key]
    assert mask_text(endless + "x " * 4_001).text == "[SECRET_1]x "


@pytest.mark.parametrize("value", WITHOUT_CUE)
def test_distinct_numbers_of_persons_need_no_cue(value: str) -> None:
    """Their form and check digits are enough."""
    assert taken(f"it says {value} there") == [value]


@pytest.mark.parametrize("value", WITH_CUE)
def test_other_numbers_of_persons_need_their_cue_before_them(value: str) -> None:
    """A cue somewhere else in the text is none."""
    assert taken(f"national id: {value}") == [value]
    assert taken(f"no national id here, but {value}") == []


@pytest.mark.parametrize("letter", sorted(TAIWAN))
def test_numbers_of_taiwan_have_their_check_digit(letter: str) -> None:
    """Every first letter with its own value, as the authorities list them; of ten last digits one is right."""
    tens, ones = divmod(TAIWAN[letter], 10)
    weighted = tens + 9 * ones + sum(int(d) * w for d, w in zip("12345678", (8, 7, 6, 5, 4, 3, 2, 1), strict=True))
    right = -weighted % 10

    found = [last for last in range(10) if taken(f"national id {letter}12345678{last}")]

    assert found == [right]


@pytest.mark.parametrize(
    ("day", "is_one"),
    [("18500101", True), ("18491231", False), ("19000228", True), ("19000229", False), ("20241131", False),
     ("20001301", False)],
)  # fmt: skip
def test_resident_numbers_have_a_birthday(day: str, is_one: bool) -> None:
    """A day of the calendar, of 1850 or later."""
    assert bool(taken(resident(day))) is is_one


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        (f"订单号{resident('19491231')}", False),
        (f"身份证编号：{resident('19491231')}", True),
        ("身份证号：110105491331002", True),
        ("没有身份证，只有110105491231002", False),
    ],
)
def test_what_stands_before_a_resident_number(text: str, is_taken: bool) -> None:
    """An order number is none, unless it is said to be one; right behind its name any number is, mistyped ones too."""
    assert bool(taken(text)) is is_taken


@pytest.mark.parametrize("value", ["NO9386011117947", "MT84MALT011000012345MTLCAST001S", "GB82WEST12345698765432"])
def test_ibans_are_found_in_any_grouping(value: str) -> None:
    """From the shortest country's to the longest's; one wrong sign, and it is none."""
    grouped = " ".join(value[place : place + 4] for place in range(0, len(value), 4))
    wrong = value[:-2] + ("7" if value[-2] != "7" else "8") + value[-1]

    assert taken(f"{value} ist es") == [value]
    assert taken(f"{grouped} ist es") == [grouped]
    assert taken(grouped.lower().replace(" ", "-")) == [grouped.lower().replace(" ", "-")]
    assert taken(wrong) == []


def test_an_iban_of_an_unknown_bank_is_one() -> None:
    """Countries' own checks know only some banks."""
    value = iban_of("ES", "12345678901234567890")

    assert taken(f"an {value} und weiter") == [value]


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("order 4111 1111 1111 1111", False),
        ("DE12 4111 1111 1111 1111", False),
        ("9111 1111 1111 1110", False),
        ("card 9111 1111 1111 1110", True),
        ("card 9111 1111 1111 1111", False),
        ("the card, 9111 1111 1111 1110", False),
        ("card 9111111111111110", True),
        ("card 9111111111111111", False),
        ("the card, 4111111111111111", False),
    ],
)
def test_which_numbers_are_cards(text: str, is_taken: bool) -> None:
    """Issuers' ranges in groups, any range right after a cue; always with the right last digit, never an order."""
    assert bool(taken(text)) is is_taken


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("bank account 12345678 9012", ["12345678 9012"]),
        ("bank account closed, 12345678 9012", []),
        ("passport photo, E12345678", []),
        ("VAT: DE136695977", []),
        ("VAT is due, DE136695976", []),
        ("微信号：zhangsan", []),
        ("微信号：zhang_san", ["zhang_san"]),
        ("微信 zhang-san", ["zhang-san"]),
        ("QQ: 12345678", ["12345678"]),
        ("微信支付失败，见 wxpay_2024", []),
        ("新A12345停在门口", ["新A12345"]),
        ("更新A12345", []),
        ("更新A·12345", ["新A·12345"]),
        ("车牌为云A12345", ["云A12345"]),
        ("Kennzeichen unbekannt, B-MW 1234", []),
    ],
)
def test_papers_plates_and_messengers(text: str, values: list[str]) -> None:
    """Right behind their cue; a plate also without, where its first sign does not end a word."""
    assert taken(text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("+15551234567", ["+15551234567"]),
        ("+4311234567", []),
        ("+43 1123 4567", ["+43 1123 4567"]),
        ("+999 1234 5678", []),
        ("(+49) 30 901820", ["+49) 30 901820"]),
        ("手机编号：13812345678", ["13812345678"]),
        ("a ￥ 15000000000", []),
        ("phone on order: 030 901820", []),
        ("the phone rang, 030 901820", []),
        ("order (415) 555-2671", []),
    ],
)
def test_which_numbers_are_phones(text: str, values: list[str]) -> None:
    """Possible numbers with separators or eleven digits, those of a plan anyway; things, amounts and dates are none."""
    assert taken(text) == values


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://bob:pw@a.com", "https://[SECRET_1]@a.com"),
        ("https://a.com/@handle", "https://a.com/@handle"),
        ("https://a.com/?7", "https://a.com/?[QUERY_1]"),
        ("https://a.com/?install", "https://a.com/?[QUERY_1]"),
        ("https://a.com?x=1", "https://a.com?[QUERY_1]"),
        ("https://a.com/b#7notes", "https://a.com/b#7notes"),
        ("https://a.com/b#notes~1", "https://a.com/b#notes~1"),
        ("https://a.com/b#user=7", "https://a.com/b#[QUERY_1]"),
        ("https://a.com/b#13812345678", "https://a.com/b#[QUERY_1]"),
        ("https://a.com/b#8f3a9bcd12ef45", "https://a.com/b#[QUERY_1]"),
        ("https://a.com/b#issuecomment-1234567890", "https://a.com/b#issuecomment-1234567890"),
        ("https://a.com/b#%E5%AE%89%E8%A3%85", "https://a.com/b#%E5%AE%89%E8%A3%85"),
        ("https://a.com/b#notes说明", "https://a.com/b#notes说明"),
        ("https://a.com/b#安装", "https://a.com/b#安装"),
        ("https://a.com/b#", "https://a.com/b#"),
        ("https://a.com/?a=b@c.com&x=hunter22", "https://a.com/?[QUERY_1]"),
        ("https://a.com/x/aB3dE6gH9jK2mN5pQ8s/y", "https://a.com/x/aB3dE6gH9jK2mN5pQ8s/y"),
    ],
)
def test_parts_of_addresses(url: str, masked: str) -> None:
    """Logins, everything behind `?`, and fragments that are more than the name of a section."""
    assert mask_text(url).text == masked


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("git@github.com", True),
        ("git@github.com:org", False),
        ("bob@github.com:org", True),
        ("pkg@1.2.beta", False),
        ("logo@home.PNG", False),
        ("version 203.0.113.5", False),
        ("30.30.30.30", False),
        ("31.1.2.3", True),
        ("host 5.6.7.8", True),
        ("2001:db8:1:2:3:4:5:6", True),
        ("2001:db8::1", True),
        ("2001::1", False),
        ("dead:beef::cafe", False),
        ("ff02::1:2", False),
        ("12:34:56:78", False),
        ("aa-bb-cc-dd-ee-01", True),
        ("aa:bb:cc:dd:ee:ff", True),
        ("00:00:00:00:00:00", False),
    ],
)
def test_which_addresses_name_somebody(text: str, is_taken: bool) -> None:
    """Not those of repositories, packages, files and versions, nor those that every machine has."""
    assert bool(taken(text)) is is_taken


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王先生来电", ["王"]),
        ("江先生来电", []),
        ("欧阳先生来电", ["欧阳"]),
        ("张三先生来电", ["张三"]),
        ("王小明女士来电", ["王小明"]),
        ("欧阳明月小姐来电", ["欧阳明月"]),
        ("王经理来电", ["王"]),
        ("张三经理来电", []),
        ("我是张三", ["张三"]),
        ("我是张三的", []),
        ("我是万国强", []),
        ("联系人：万国强", ["万国强"]),
        ("Dear Mary Support,\n", ["Mary"]),
        ("This is Anna Berg", ["Anna Berg"]),
        ("This is Anna", []),
        ("my name is Anna", ["Anna"]),
        ("氏名：田中", ["田中"]),
        ("お名前：担当者", []),
        ("、田中太郎様", ["田中太郎"]),
        ("저는 김철수입니다", ["김철수"]),
    ],
)
def test_names_beside_their_words(text: str, names: list[str]) -> None:
    """Whole names before free titles, surnames before positions; roles and everyday words are no names."""
    assert taken(text) == names


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("在张江路88号", ["张江路88号"]),
        ("路88号", []),
        ("甲乙丙丁戊己庚辛路88号", ["丙丁戊己庚辛路88号"]),
        (
            "我在北京市海淀区学院路88号3号楼，你在天津市南开区卫津路9号",
            ["北京市海淀区学院路88号3号楼", "天津市南开区卫津路9号"],
        ),
        ("北京" + "甲" * 38 + "路88号", ["北京" + "甲" * 38 + "路88号"]),
        ("北京" + "甲" * 39 + "路88号", ["甲" * 6 + "路88号"]),
        ("收货地址：甲乙大厦对面北京市学院路88号楼下小店", ["甲乙大厦对面北京市学院路88号楼下小店"]),
        ("收货地址：请填写完整的路", []),
        ("收货地址：同上同上同上", []),
        ("联系地址：某某路上那家", ["某某路上那家"]),
    ],
)  # fmt: skip
def test_where_an_address_begins(text: str, places: list[str]) -> None:
    """At its region within forty signs, else behind a leading word, else six signs before the street."""
    assert taken(text) == places


@pytest.mark.parametrize(
    ("known", "text", "values"),
    [
        (KnownEntities(emails=("anna@intranet",)), "anna@intranet, xanna@intranet", ["anna@intranet"]),
        (KnownEntities(emails=("anna",)), "anna", []),
        (KnownEntities(companies=("IBM",)), "ibm, IBMs", ["ibm"]),
        (KnownEntities(phones=("555 1234",)), "5551234, 55512345", ["5551234"]),
        (KnownEntities(phones=("555 123",)), "555123", []),
        (KnownEntities(phones=("+1 415 555 2671",)), "4155552671 / 14155552671", ["4155552671", "14155552671"]),
        (KnownEntities(names=("王小明",)), "王 小明", ["王 小明"]),
        (KnownEntities(names=("김철수",)), "김철수가 기처서", ["김철수"]),
        (KnownEntities(names=("3M Tape",)), "3m tape, 3. tape", ["3m tape"]),
        (
            KnownEntities(names=("Ana Maria de Souza",)),
            "Ana Maria de Souza; Souza, Ana Maria de; Maria de Souza, Ana; Ana Souza; Souza Ana; A. Souza; Maria de",
            ["Ana Maria de Souza", "Souza, Ana Maria de", "Maria de Souza, Ana", "Ana Souza", "Souza Ana", "A. Souza"],
        ),
    ],
)
def test_spellings_of_known_people(known: KnownEntities, text: str, values: list[str]) -> None:
    """What the record names is found in any order and grouping, as a whole only."""
    assert taken(text, known) == values


def test_of_many_known_people_two_hundred_are_looked_for() -> None:
    """A record that names more is no ticket's."""
    companies = tuple(f"firm{number:03}" for number in range(1, 202))

    assert taken("firm200 and firm201", KnownEntities(companies=companies)) == ["firm200"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("téléphone : 01 23 45 67 89, +33 1 23 45 67 89", "téléphone : [PHONE_1], [PHONE_1]"),
        ("phone 555 0000 111, phone 555 0000 112", "phone [PHONE_1], phone [PHONE_2]"),
        ("pwd=Abc123 pwd=abc123 pwd=Abc123", "pwd=[SECRET_1] pwd=[SECRET_2] pwd=[SECRET_1]"),
        ("DE89 3704 0044 0532 0130 00, de89370400440532013000", "[IBAN_1], [IBAN_1]"),
        ("card 4111 1111 1111 1111, card 4111111111111111", "card [CARD_1], card [CARD_1]"),
        ("11010519491231002x, 110105 19491231 002X", "[NATIONAL_ID_1], [NATIONAL_ID_1]"),
        ("bank account 12345678, bank account 1234-5678", "bank account [ACCOUNT_1], bank account [ACCOUNT_1]"),
        ("Dear Anna,\nDear Berta,\n", "Dear [PERSON_1],\nDear [PERSON_2],\n"),
        ("[EMAIL_3] [EMAIL_1] new@b.com", "[EMAIL_3] [EMAIL_1] [EMAIL_4]"),
        ("+1 202 555 0123, +1 302 555 0123, tel 302 555 0123", "[PHONE_1], [PHONE_2], tel [PHONE_2]"),
        ("+49 30 901820, +43 30 901820, tel 030 901820", "[PHONE_1], [PHONE_2], tel [PHONE_1]"),
        ("tel 030 901820, tel 0049 30 901820, +49 (0)30 901820", "tel [PHONE_1], tel [PHONE_1], [PHONE_1]"),
        ("0571-87654321, 021-87654321", "[PHONE_1], [PHONE_2]"),
        ("тел 8 916 123-45-67, +7 916 123 45 67, +7 926 123 45 67", "тел [PHONE_1], [PHONE_1], [PHONE_2]"),
        ("13812345678, 8613812345678, 幺三八一二三四五六七八", "[PHONE_1], [PHONE_1], [PHONE_1]"),
        ("https://a.com/?a=X https://a.com/?a=x", "https://a.com/?[QUERY_1] https://a.com/?[QUERY_2]"),
        ("京A12345 京A·12345 京A12346", "[PLATE_1] [PLATE_1] [PLATE_2]"),
        ("收货地址：a@b.com路1号。收货地址：c@d.com路1号", "收货地址：[ADDRESS_1]。收货地址：[ADDRESS_2]"),
    ],
)
def test_which_spellings_are_one_value(text: str, masked: str) -> None:
    """Separators, case and country codes make no difference, but in secrets every sign does."""
    assert mask_text(text).text == masked


@pytest.mark.parametrize(
    ("field", "value", "masked"),
    [("title", "a@b.com", "[EMAIL_1]"), ("problem", "a@b.com", "[EMAIL_1]"), ("product", "a@b.com", "[EMAIL_1]"),
     ("error_codes", ("E1", "a@b.com"), ("E1", "[EMAIL_1]"))],
)  # fmt: skip
def test_every_text_of_a_question_is_masked(field: str, value: object, masked: object) -> None:
    """Whichever one holds the value; a question without any comes back as it was."""
    query = Query(problem="nothing prints", title="printer", product="X", error_codes=("E2",))

    assert mask_query(query) is query
    assert mask_query(replace(query, **{field: value})) == replace(query, **{field: masked})  # type: ignore[arg-type]
