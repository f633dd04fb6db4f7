"""What looks like personal data and is none: order numbers, codes, versions, hashes, failed check digits. Seeded."""

import random
import string
import uuid
from collections.abc import Callable

from benchmarks.data.masking_samples import CONTEXTS, Sample, birthday, digits, iban, listed, luhn_digit, resident_digit


def _wrong_resident(rng: random.Random) -> str:
    number = "310115" + birthday(rng) + digits(rng, 3)
    right = resident_digit(number)
    return number + rng.choice([sign for sign in "0123456789X" if sign != right])


def _wrong_card(rng: random.Random) -> str:
    number = "4" + digits(rng, 14)
    wrong = str((int(luhn_digit(number)) + rng.randint(1, 9)) % 10)
    whole = number + wrong
    return f"card {whole}" if rng.random() < 0.5 else " ".join(whole[i : i + 4] for i in (0, 4, 8, 12))


def _wrong_iban(rng: random.Random) -> str:
    whole = iban(rng)
    return whole[:2] + f"{(int(whole[2:4]) + rng.randint(1, 90)) % 97:02d}" + whole[4:]


def _order(rng: random.Random) -> str:
    cue = rng.choice(
        listed("订单号：|单号|流水号 |order |Order no. |ticket #|case |ref: |运单号：|Bestellnummer |pedido ")
    )
    return cue + rng.choice(
        ["1" + rng.choice("3456789") + digits(rng, 9), digits(rng, 12), digits(rng, 16), digits(rng, 18)]
    )


def _tracking(rng: random.Random) -> str:
    return (
        rng.choice(["SF", "YT", "JD", "1Z", "LP00"]) + digits(rng, 13)
        if rng.random() < 0.7
        else f"RR{digits(rng, 9)}CN"
    )


def _version(rng: random.Random) -> str:
    parts = ".".join(str(rng.randint(0, 30)) for _ in range(rng.choice([3, 4])))
    big = f"{rng.randint(31, 120)}.{rng.randint(0, 9)}.{rng.randint(1000, 9999)}.{rng.randint(1, 200)}"
    return rng.choice(["v" + parts, "version " + parts, "版本 " + parts, "Chrome " + big, "firmware " + parts, parts])


def _error_code(rng: random.Random) -> str:
    code = f"{rng.randint(0, 2**32 - 1):08X}"
    return rng.choice(
        [
            f"0x{code}",
            f"ORA-{digits(rng, 5)}",
            f"E{digits(rng, 5)}",
            f"更新E{digits(rng, 5)}错误",
            f"ERR_{digits(rng, 4)}",
            f"错误代码 {digits(rng, 8)}",
            f"error {digits(rng, 9)}",
            f"SQLSTATE {digits(rng, 5)}",
            f"HTTP {rng.choice([400, 404, 500, 503])}",
        ]
    )


def _serial(rng: random.Random) -> str:
    signs = string.ascii_uppercase + string.digits
    return rng.choice(["SN ", "S/N: ", "序列号：", "Seriennummer ", "IMEI "]) + rng.choice(
        ["".join(rng.choices(signs, k=12)), digits(rng, 11), digits(rng, 15)]
    )


def _moment(rng: random.Random) -> str:
    day = f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
    epoch = str(rng.randint(1_600_000_000, 1_799_999_999))
    return rng.choice(
        [
            f"{day} {clock}",
            f"{day}T{clock}.123Z",
            epoch,
            epoch + "123",
            day.replace("-", "") + clock.replace(":", ""),
            clock,
        ]
    )


def _amount(rng: random.Random) -> str:
    number = rng.randint(10_000, 99_999_999_999)
    return rng.choice(
        [
            f"¥{number}",
            f"{number:,}.00 EUR",
            f"{number}元",
            f"{number} bytes",
            f"$ {number:,}",
            f"{number}字节",
            f"{number} rows",
        ]
    )


def _name_of_thing(rng: random.Random) -> str:
    return rng.choice(
        [
            f"SKU-{digits(rng, 8)}",
            f"ISBN 978{digits(rng, 10)}",
            f"EAN {digits(rng, 13)}",
            f"PN: {digits(rng, 3)}-{digits(rng, 5)}-{digits(rng, 2)}",
            f"INV-2026-{digits(rng, 6)}",
            f"PO {digits(rng, 10)}",
            f"asset {digits(rng, 9)}",
            f"型号 {digits(rng, 7)}",
        ]
    )


def _hash(rng: random.Random) -> str:
    hexed = "".join(rng.choices("0123456789abcdef", k=rng.choice([32, 40, 64])))
    return rng.choice([hexed, str(uuid.UUID(int=rng.getrandbits(128))), "sha256:" + hexed, hexed[:12]])


def _machine(rng: random.Random) -> str:
    return rng.choice(
        [
            f"192.168.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
            f"10.{rng.randint(0, 255)}.0.{rng.randint(1, 254)}",
            "127.0.0.1:8080",
            "255.255.255.0",
            "8.8.8.8",
            "::1",
            "std::vector",
            f"port {rng.randint(1024, 65535)}",
            "ff:ff:ff:ff:ff:ff",
        ]
    )


def _path(rng: random.Random) -> str:
    return rng.choice(
        [
            "https://docs.example.com/errors/0x80070057",
            "https://example.com/a/b.html#install-notes",
            "C:\\Users\\Public\\log.txt",
            "/var/log/app-2026-03-05.log",
            "icon@2x.png",
            f"node@18.{rng.randint(0, 20)}.0",
            "git@github.com:org/repo.git",
            "@types/node",
            "user@host",
            "a@b",
        ]
    )


def _talk_of_secrets(rng: random.Random) -> str:
    return rng.choice(
        listed(
            "password: required|Password must be 8-16 characters|密码错误|密码：请联系管理员重置|token expired|"
            "token: null|password = ${PASS}|Passwort: vergessen|the api key is missing|contraseña: incorrecta|"
            "secret: <your secret>|验证码：收不到"
        )
    )


def _hotline(rng: random.Random) -> str:
    return rng.choice(
        [
            f"拨打400-{digits(rng, 3)}-{digits(rng, 4)}",
            "客服 95588",
            "dial 110",
            "press 1 then 9",
            f"iPhone {rng.randint(8, 17)}",
            f"extension {digits(rng, 3)}",
            f"电话机型号 {digits(rng, 4)}",
            "电话会议 2026-03-05 14:00",
            "phone 2024-03-05 update",
        ]
    )


def _bare_number(rng: random.Random) -> str:
    number = rng.choice("2345679") + digits(rng, rng.randint(6, 21))
    return rng.choice(
        [number, f"id={number}", f"{number[:4]}-{number[4:]}", f"{number[:3]} {number[3:6]} {number[6:]}"]
    )


def _log_line(rng: random.Random) -> str:
    browser = f"{rng.randint(90, 140)}.0.{rng.randint(1000, 9999)}.{rng.randint(1, 200)}"
    agent = f"Mozilla/5.0 (X11) Chrome/{browser} Safari/537.36"
    return rng.choice(
        [
            agent,
            f"at com.example.Foo.bar(Foo.java:{rng.randint(1, 999)})",
            f"pid={digits(rng, 5)} tid={digits(rng, 11)} took {digits(rng, 4)}ms",
            f'{{"orderId": {digits(rng, 18)}, "total": {digits(rng, 4)}.50, "sku": "A-{digits(rng, 6)}"}}',
            f"0x{rng.getrandbits(64):016x} 0x{rng.getrandbits(32):08x} r14={rng.getrandbits(64):016X}",
            f"com.apple.{digits(rng, 4)}: exit {digits(rng, 3)}; retry +{rng.randint(1, 99)}s",
            f"GET /v1/orders/{digits(rng, 12)}/items/{digits(rng, 6)} HTTP/1.1 200 {digits(rng, 5)}",
        ]
    )


def _product_behind_a_title(rng: random.Random) -> str:
    return rng.choice(
        listed(
            "Ms Teams crashes|Ms Outlook|MS Word 2021|Ms. Excel|Madame Tussauds|Dr. Martens|Mr. Coffee|Miss Dior|"
            "Pan Tilt Zoom|Bay Area|Herr der Ringe|Don't panic|Ms SharePoint|Sr. Developer|Dr.Web|Hello Support|"
            "产品经理|客户余额不足|用户许可"
        )
    )


def _section(rng: random.Random) -> str:
    fragment = rng.choice(
        [
            f"section-{rng.randint(1, 99)}",
            f"{rng.randint(1, 9)}-{rng.randint(1, 9)}-setup",
            f"step-{rng.randint(1, 40)}",
            f"L{rng.randint(1, 900)}-L{rng.randint(901, 1999)}",
            "how-to-reset-2fa",
            f"issuecomment-{digits(rng, 10)}",
        ]
    )
    return f"https://kb.example.org/a/guide.html#{fragment} "


def _maker(rng: random.Random) -> str:
    return rng.choice(
        listed(
            "Microsoft Corporation|Google LLC|Apple Inc.|Oracle Corporation|SAP SE|华为技术有限公司|"
            "Siemens AG|Cisco Systems, Inc.|"
            "SQL AG|iPhone SE|Java SE 17|25 KG|IPsec SA|PLC S7|Speed Limited|请填写有限公司全称"
        )
    )


def _talk_of_papers(rng: random.Random) -> str:
    return rng.choice(
        [
            "passport control",
            f"passport expires 20{rng.randint(26, 35)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
            f"tests pass {digits(rng, 8)}",
            f"run {digits(rng, 8)}",
            f"EPIC-{digits(rng, 5)}",
            f"RFC {digits(rng, 4)}",
            "Führerschein Klasse B",
            "身份证照片模糊",
        ]
    )


def _command(rng: random.Random) -> str:
    return rng.choice(
        [
            f"ssh -p {rng.randint(1024, 9999)} host",
            "mkdir -p a/b/c",
            "mysql -u root -p",
            f"psql -h db -p {rng.randint(5000, 5999)}",
            "tool --password --verbose",
            '<input type="password" name="pw">',
            "PASSWORD=$PASSWORD",
            "password: ${DB_PASSWORD}",
            f"/docs/reset/step-{rng.randint(1, 9)}",
            "cookie consent banner",
            f"/search?q=printer&page={rng.randint(1, 9)}",
        ]
    )


def _beside_a_role(rng: random.Random) -> str:
    return rng.choice(
        listed(
            "customer success manager|the user cannot log in|Customer Journey Map|"
            "User Acceptance Test|Client Side Rendering|"
            "Kunde wünscht Rückruf|Kundin Portal|Benutzer Profil Dienst|Le client refuse|utilisateur Invité|"
            "cliente Cuenta Corriente|usuario Super Admin|utente Dominio Locale|"
            "gebruiker Lokale Beheerder|Klient Poczty|"
            "Użytkownik Lokalny|zákazník Online Bankovnictví|Клиент Мобильного Банка|Пользователь Гость|Менеджер Задач|"
            "Користувач Системи|Müşteri Numarası|Kullanıcı Sözleşmesi|khách hàng doanh nghiệp|Khách Hàng VIP|"
            "Pelanggan Korporat|Clientul Torrent|Ügyfél Kapu|Kund Nummer|Asiakas Portaali|Χρήστης Διαχειριστής|"
            "العميل لم يستلم الطلب|کاربر مهمان سایت|המשתמש נחסם|ग्राहक सेवा|คุณภาพ สินค้า|お客様 サポート|"
            "고객 번호|name: Default Printer"
        )
    )


def _beside_a_verb(rng: random.Random) -> str:
    around = listed(
        "ring {} of 4|call {} times|text {} chars|dial {} first|contact {} on the relay|appel {} fois|llamar {} veces"
    )
    return rng.choice(around).format(rng.randint(1, 99_999))


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "order numbers": _order,
    "tracking numbers": _tracking,
    "versions": _version,
    "error codes": _error_code,
    "serials": _serial,
    "dates and times": _moment,
    "amounts": _amount,
    "product codes": _name_of_thing,
    "hashes": _hash,
    "private addresses": _machine,
    "paths and packages": _path,
    "talk of passwords": _talk_of_secrets,
    "hotlines": _hotline,
    "bare numbers": _bare_number,
    "log lines": _log_line,
    "products behind titles": _product_behind_a_title,
    "things beside a role": _beside_a_role,
    "numbers beside a verb": _beside_a_verb,
    "sections of pages": _section,
    "makers and legal forms": _maker,
    "talk of papers": _talk_of_papers,
    "commands without a secret": _command,
    "resident ids, wrong digit": _wrong_resident,
    "cards, wrong digit": _wrong_card,
    "IBANs, wrong digits": _wrong_iban,
}


def lookalikes(kind: str, count: int, seed: int) -> list[Sample]:
    """Samples without any personal value."""
    rng = random.Random(f"{seed}/not/{kind}")
    return [Sample("", rng.choice(CONTEXTS).replace("{}", MAKERS[kind](rng), 1)) for _ in range(count)]
