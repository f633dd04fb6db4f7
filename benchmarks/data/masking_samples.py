"""Made-up personal values in made-up sentences, and what only looks like them. Seeded; shares nothing with the masker.

Check digits are computed here by hand, numbers are drawn from the ranges that their issuers publish, and every sample
says where its value stands. No value belongs to anybody on purpose.
"""

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise


def listed(text: str) -> tuple[str, ...]:
    """The parts of a text between bars."""
    return tuple(text.split("|"))


CONTEXTS = listed(
    "The customer wrote: {}. Please help.|Contact details: {}|{}|"
    "Ticket 48213: app crashes, reach out via {} today|客户反馈：{}，请处理。|登录失败，用户信息 {}|"
    "问题依旧存在（{}）|Der Kunde schreibt: {} – bitte melden.|El cliente indica {} y pide ayuda|"
    "Le client indique {}, merci|お客様の情報：{}。確認してください|고객 정보: {} 확인 바랍니다|"
    "[2026-03-05 14:30:22] WARN user={} failed with 0x80070057|"
    "step 1: open settings\nstep 2: enter {}\nstep 3: save|订单号：20260305123456，{}，版本 10.4.3.2|"
    "Invoice 2026-00417, {}, amount 1,249.00 EUR"
    '|用户{}反馈闪退|因为{}所以无法登录|"user": "{}", "ok": true|<td>{}</td><td>3</td>|row\t{}\t12\tOK|•{}|【{}】请核实'
    "|contact:{};queue=4|> {}\n> sent from a phone|（{}）|I tried with {}!|¿{}?|‘{}’ is what it says|{}...|--{}--"
)
_WORDS = listed(
    "anna|ben|carla|david|elena|frank|grace|hugo|ida|jonas|kai|lena|marco|nina|oscar|paula|wei|ming|xiao|li"
)
_HOSTS = listed(
    "example.com|corp.example|mail.example.org|firma.de|empresa.es|societe.fr|kaisha.co.jp|gongsi.com.cn|"
    "qq.com|163.com|web.de"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and where its one personal value stands; no kind: there is none in it."""

    kind: str
    text: str
    start: int = 0
    end: int = 0


def digits(rng: random.Random, count: int) -> str:
    """Random digits."""
    return "".join(rng.choices(string.digits, k=count))


def luhn_digit(number: str) -> str:
    """The last digit of a card number."""
    total = 0
    for place, sign in enumerate(reversed(number)):
        value = int(sign) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def resident_digit(number: str) -> str:
    """The last sign of a resident number of China."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(sign) * weight for sign, weight in zip(number, weights, strict=True))
    return "10X98765432"[total % 11]


def iban_digits(country: str, account: str) -> str:
    """The two check digits of an IBAN."""
    spelled = "".join(str(int(sign, 36)) for sign in account + country + "00")
    return f"{98 - int(spelled) % 97:02d}"


def email(rng: random.Random) -> str:
    """An address at a made-up or well-known host."""
    local = rng.choice([".", "_", "", "-"]).join(rng.sample(_WORDS, 2)) + rng.choice(["", digits(rng, 2)])
    whole = f"{local}@{rng.choice(_HOSTS)}"
    return rng.choice([whole, whole, whole.upper(), f"<{whole}>"])


def chinese_mobile(rng: random.Random) -> str:
    """Eleven digits, grouped or not, sometimes full-width or with the country."""
    prefix = rng.choice(listed("130|131|135|136|138|139|150|152|157|158|166|177|180|182|186|188|189|198|199"))
    middle, last = digits(rng, 4), digits(rng, 4)
    separator = rng.choice(["", "", "", " ", "-"])
    number = separator.join((prefix, middle, last))
    style = rng.random()
    if style < 0.1:
        return "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in number)
    return rng.choice(["+86 ", "86 ", "+86"]) + number if style < 0.3 else number


# Country, published mobile (or geographic) prefixes, digits after them, how people group these.
_PLANS = (
    ("1", ("212", "415", "312", "617", "206", "305", "713"), 7, (3, 4)),
    ("44", ("7400", "7700", "7911", "7522"), 6, (6,)),
    ("49", ("151", "160", "170", "175"), 7, (3, 4)),
    ("33", ("6", "7"), 8, (2, 2, 2, 2)),
    ("34", ("612", "655", "690"), 6, (3, 3)),
    ("39", ("333", "347", "320"), 7, (3, 4)),
    ("81", ("90", "80"), 8, (4, 4)),
    ("82", ("10",), 8, (4, 4)),
    ("91", ("98", "99", "97"), 8, (4, 4)),
    ("55", ("119",), 8, (4, 4)),
    ("61", ("412", "423", "438"), 6, (3, 3)),
    ("7", ("903", "916", "926"), 7, (3, 2, 2)),
    ("31", ("6",), 8, (4, 4)),
    ("65", ("91", "81"), 6, (2, 4)),
    ("852", ("91", "61"), 6, (2, 4)),
    ("86", ("138", "159", "186"), 8, (4, 4)),
    ("41", ("79", "78"), 7, (3, 2, 2)),
)


def international_phone(rng: random.Random) -> str:
    """`+`, country, prefix and the rest, grouped as people do."""
    country, prefixes, count, groups = rng.choice(_PLANS)
    first = rng.choice("23456789")
    rest = first + digits(rng, count - 1)
    if country == "1" and rest[1:3] == "11":
        rest = rest[0] + "2" + rest[2:]
    parts, place = [rng.choice(prefixes)], 0
    for size in groups:
        parts.append(rest[place : place + size])
        place += size
    separator = rng.choice([" ", " ", "-", ""])
    return f"+{country}{separator}{separator.join(parts)}"


_ANNOUNCED_PHONES = (
    ("phone: {}", "555-{3}-{4}"),
    ("Tel. {}", "0{2} {3} {4}"),
    ("电话：{}", "0571-8{7}"),
    ("座机 {}", "8{7}"),
    ("Telefon: {}", "030 / 9{5}"),
    ("Rufnummer {}", "0221-4{6}"),
    ("téléphone : {}", "01 4{1} {2} {2} {2}"),
    ("tél. {}", "06.1{1}.{2}.{2}.{2}"),
    ("teléfono: {}", "91 5{2} {2} {2}"),
    ("móvil {}", "6{2} {3} {3}"),
    ("電話番号：{}", "03-5{3}-{4}"),
    ("携帯 {}", "090-1{3}-{4}"),
    ("전화번호: {}", "02-5{3}-{4}"),
    ("휴대폰 {}", "010-2{3}-{4}"),
    ("mobile number is {}", "07{3} {6}"),
    ("fax: {}", "(0{2}) 5{3}-{4}"),
    ("my cell phone {}", "({3}) 555-{4}"),
    ("телефон: {}", "8 (9{2}) {3}-{2}-{2}"),
    ("call me at {}", "555{7}"),
    ("手机号{}", "1392{7}"),
)


def announced_phone(rng: random.Random) -> tuple[str, str]:
    """A number in national form, and its cue."""
    cue, shape = rng.choice(_ANNOUNCED_PHONES)
    return cue, "".join(_filled(rng, shape))


def _filled(rng: random.Random, shape: str) -> Iterator[str]:
    place = 0
    while place < len(shape):
        if shape[place] == "{":
            end = shape.index("}", place)
            yield digits(rng, int(shape[place + 1 : end]))
            place = end + 1
        else:
            yield shape[place]
            place += 1


def birthday(rng: random.Random) -> str:
    """YYYYMMDD of somebody alive."""
    return f"{rng.randint(1940, 2012)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def resident_id(rng: random.Random) -> str:
    """Region, birthday, serial, check sign; sometimes in groups or with a small x."""
    region = rng.choice(listed("110101|310115|440305|330106|510107|420111|610113|230102|350203|500112"))
    day, serial = birthday(rng), digits(rng, 3)
    last = resident_digit(region + day + serial)
    if rng.random() < 0.1:
        return f"{region} {day} {serial}{last}"
    return region + day + serial + (last.lower() if rng.random() < 0.3 else last)


_IBANS = (
    ("DE", 18, ""),
    ("FR", 23, ""),
    ("ES", 20, ""),
    ("NL", 10, "ABNA"),
    ("GB", 14, "WEST"),
    ("AT", 16, ""),
    ("IT", 22, "X"),
    ("BE", 12, ""),
    ("CH", 17, ""),
    ("PL", 24, ""),
)


def iban(rng: random.Random) -> str:
    """A number of one of ten countries, in groups of four or in one piece."""
    country, count, bank = rng.choice(_IBANS)
    account = bank + digits(rng, count)
    if country == "BE":
        account = account[:10] + f"{int(account[:10]) % 97 or 97:02d}"
    if country == "ES":
        account = _spanish_account(account)
    if country in ("FR", "IT"):
        account = _keyed_account(rng, country)
    whole = country + iban_digits(country, account) + account
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4)) if rng.random() < 0.6 else whole


def _spanish_account(account: str) -> str:
    def control(number: str) -> str:
        total = sum(int(sign) * (2**place % 11) for place, sign in enumerate(number))
        return str((11 - total % 11) % 11 if (11 - total % 11) % 11 < 10 else 1)

    bank, number = account[:8], account[10:]
    return bank + control("00" + bank) + control(number) + number


def _keyed_account(rng: random.Random, country: str) -> str:
    """French accounts end in a key of their own; Italian ones begin with a letter."""
    if country == "FR":
        bank, desk, number = digits(rng, 5), digits(rng, 5), digits(rng, 11)
        key = 97 - (89 * int(bank) + 15 * int(desk) + 3 * int(number)) % 97
        return f"{bank}{desk}{number}{key:02d}"
    odd = dict(zip(string.digits, (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))
    body = digits(rng, 22)
    total = sum(odd[sign] if place % 2 == 0 else int(sign) for place, sign in enumerate(body))
    return string.ascii_uppercase[total % 26] + body


_CARDS = (
    ("4", 16),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("3530", 16),
    ("622588", 16),
)
_CARD_CUES = (
    "card {}",
    "credit card number: {}",
    "卡号：{}",
    "银行卡{}",
    "Kreditkarte {}",
    "tarjeta {}",
    "carte bancaire {}",
    "カード番号：{}",
)


def card(rng: random.Random) -> tuple[str, str]:
    """A number in groups, or in one piece behind a cue."""
    prefix, length = rng.choice(_CARDS)
    number = prefix + digits(rng, length - len(prefix) - 1)
    number += luhn_digit(number)
    if rng.random() < 0.5:
        return rng.choice(_CARD_CUES), number
    cuts = (0, 4, 10, 15) if length == 15 else (0, 4, 8, 12, 16)
    separator = rng.choice(" -")
    return "{}", separator.join(number[a:b] for a, b in pairwise(cuts))


def public_ip(rng: random.Random) -> str:
    """An address that somebody may have, of either version."""
    if rng.random() < 0.3:
        groups = [f"{rng.randint(0x1000, 0xFFFF):x}" for _ in range(8)]
        groups[0] = rng.choice(["2001", "2a02", "240e", "2409"])
        return ":".join(groups) if rng.random() < 0.5 else ":".join(groups[:3]) + "::" + ":".join(groups[6:])
    first = rng.choice([n for n in range(31, 224) if n not in (100, 127, 169, 172, 192, 198, 203)])
    return f"{first}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def mac(rng: random.Random) -> str:
    """Six bytes in one of three spellings."""
    pairs = [f"{rng.randint(0, 255):02x}" for _ in range(6)]
    style = rng.randrange(3)
    if style == 2:
        return ".".join(pairs[i] + pairs[i + 1] for i in (0, 2, 4))
    return (":-"[style]).join(pairs).upper() if rng.random() < 0.5 else (":-"[style]).join(pairs)


def plate(rng: random.Random) -> str:
    """A plate of China, of the old or the new form, with or without the dot."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head = rng.choice("京沪粤浙苏鲁川渝闽湘") + rng.choice("ABCDEFGH")
    if rng.random() < 0.3:
        body = rng.choice("DF") + digits(rng, 5)
    else:
        signs = list(digits(rng, 5))
        for place in rng.sample(range(5), rng.randint(0, 2)):
            signs[place] = rng.choice(letters)
        body = "".join(signs)
    return head + rng.choice(["", "", "·", " "]) + body


def secret(rng: random.Random) -> tuple[str, str]:
    """A password, key or token as it leaks into tickets: announced, or of a known shape."""
    signs = string.ascii_letters + string.digits
    mixed = "".join(rng.choices(signs, k=14)) + digits(rng, 2)
    known = (
        "AKIA" + "".join(rng.choices(string.ascii_uppercase + string.digits, k=16)),
        "ghp_" + "".join(rng.choices(signs, k=36)),
        "sk-proj-" + "".join(rng.choices(signs, k=30)) + "7",
        "xoxb-" + digits(rng, 11) + "-" + "".join(rng.choices(signs, k=20)),
        "eyJ"
        + "".join(rng.choices(signs, k=20))
        + "."
        + "".join(rng.choices(signs, k=24))
        + "."
        + "".join(rng.choices(signs, k=20)),
    )
    if rng.random() < 0.4:
        return "{}", rng.choice(known)
    cue = rng.choice(
        [
            "password={}",
            "password: {}",
            "Passwort: {}",
            "密码：{}",
            "密码是{}",
            "token={}",
            '"api_key": "{}"',
            "secret_key={}",
            "contraseña: {}",
            "mot de passe : {}",
            "パスワード：{}",
            "비밀번호: {}",
            "Authorization: Bearer {}",
            "验证码：{}",
        ]
    )
    return cue, digits(rng, 6) if cue.startswith("验证码") else mixed


def url_token(rng: random.Random) -> tuple[str, str]:
    """The private part of a URL: user and password, a token in the path, or the query."""
    signs = string.ascii_lowercase * 2 + string.ascii_uppercase * 2 + string.digits
    token = "aZ39" + "".join(rng.choices(signs, k=24))
    host = rng.choice(["portal.example.com", "app.example.cn/reset", "sso.example.org"])
    return rng.choice(
        [
            ("https://{}@" + host, f"{rng.choice(_WORDS)}:{token[:10]}"),
            ("https://" + host + "/{}", token),
            ("https://" + host + "?{}", f"sid={token}&user={rng.choice(_WORDS)}"),
            ("https://" + host + "/v#{}", f"access={token}"),
        ]
    )


MAKERS: dict[str, tuple[tuple[str, ...], Callable[[random.Random], str | tuple[str, str]]]] = {
    "e-mail": (("EMAIL",), email),
    "phone, international": (("PHONE",), international_phone),
    "phone, Chinese mobile": (("PHONE",), chinese_mobile),
    "phone, national with cue": (("PHONE",), announced_phone),
    "resident id": (("NATIONAL_ID",), resident_id),
    "IBAN": (("IBAN",), iban),
    "card": (("CARD",), card),
    "IP address": (("IP",), public_ip),
    "MAC address": (("MAC",), mac),
    "plate": (("PLATE",), plate),
    "secret": (("SECRET",), secret),
    "URL token": (("SECRET", "QUERY"), url_token),
}
"""Structured types: the placeholders that are right for each, and what makes a value."""


def positives(kind: str, count: int, seed: int) -> list[Sample]:
    """Samples of one structured type."""
    rng = random.Random(f"{seed}/{kind}")
    return [_placed(rng, kind, MAKERS[kind][1](rng)) for _ in range(count)]


def _placed(rng: random.Random, kind: str, made: str | tuple[str, str]) -> Sample:
    cue, value = made if isinstance(made, tuple) else ("{}", made)
    context = rng.choice(CONTEXTS)
    before, after = context.replace("{}", cue, 1).split("{}")
    return Sample(kind, before + value + after, len(before), len(before) + len(value))
