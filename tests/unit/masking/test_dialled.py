"""Telephone numbers in national form beside what one does to them, in many languages; numbers of things stay."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs, parts

DIALLED = r"""
ring 07700 900123 => 07700 900123
bel 06-12345678 => 06-12345678
please call me at 415-555-0134 => 415-555-0134
text him on 07911 123456 => 07911 123456
reach her at 0161 496 0123 => 0161 496 0123
WhatsApp 0171 5550123 => 0171 5550123
wa 0812-3456-7890 => 0812-3456-7890
ruf mich bitte unter 0151 23456789 zurück => 0151 23456789
bitte 0171 2345678 anrufen => 0171 2345678
appelez-moi au 06 12 34 56 78 => 06 12 34 56 78
joindre au 01.23.45.67.89 => 01.23.45.67.89
llámeme al 612 345 678 => 612 345 678
llamar a 91 123 45 67 => 91 123 45 67
ligue para 912 345 678 => 912 345 678
me liga no (11) 91234-5678 => (11) 91234-5678
chiamatemi al 347 123 4567 => 347 123 4567
proszę dzwonić pod 601 234 567 => 601 234 567
zadzwoń na 22 123 45 67 => 22 123 45 67
zavolejte mi na 602 123 456 => 602 123 456
zavolajte na 0905 123 456 => 0905 123 456
позвоните мне по 8 (916) 123-45-67 => 8 (916) 123-45-67
звоните 8-495-123-45-67 => 8-495-123-45-67
ватсап 8 916 1234567 => 8 916 1234567
зателефонуйте 067 123 45 67 => 067 123 45 67
обадете се на 0888 123 456 => 0888 123 456
beni 0532 123 45 67 numaradan arayın => 0532 123 45 67
0532 123 45 67'yi arayın => 0532 123 45 67
cep 0532 123 45 67 => 0532 123 45 67
gọi cho tôi 0912 345 678 => 0912 345 678
liên hệ 0903-123-456 => 0903-123-456
zalo 0903123456 => 0903123456
โทรกลับ 081-234-5678 => 081-234-5678
ติดต่อ 02 123 4567 => 02 123 4567
मुझे 98765 43210 पर कॉल करें => 98765 43210
कॉल 098765 43210 => 098765 43210
hubungi 0812 3456 7890 => 0812 3456 7890
ringa 070-123 45 67 => 070-123 45 67
soita 040 1234567 => 040 1234567
hívjon a 06 30 123 4567 => 06 30 123 4567
06 30 123 4567-en hívható => 06 30 123 4567
sunați la 0721 234 567 => 0721 234 567
καλέστε 210 123 4567 => 210 123 4567
اتصل على 0501234567 => 0501234567
واتس 050 123 4567 => 050 123 4567
تماس بگیرید 0912 345 6789 => 0912 345 6789
התקשרו 052-123-4567 => 052-123-4567
090-1234-5678に電話ください => 090-1234-5678
03-1234-5678までご連絡 => 03-1234-5678
010-1234-5678로 전화주세요 => 010-1234-5678
请打0571-8765 4321给我 => 0571-8765 4321
0912-345-678打給我 => 0912-345-678
07700 900123 is my number => 07700 900123
"""
THINGS = r"""
ring the bell 3 times | ring 3 of the cluster 10 nodes | call 3 times | call ID 12345678 | call sp_12345678
call 2024-03-05 12:00 | call 12345678 failed | called 1000000 times | text 1234567890 | text 100 200 300
message 1709650000000 | message 0x80070057 | message 00000000 | dial 9 for an outside line | contact 1234567
number 123456789 | number 123456789012 | номер 123456789 | номер заказа 8 916 1234567 | order number 0123 456 789
numero 1.234.567.890 | numéro 123 456 | số 12345678 | app 1.2.3.4567 | app 10.15.7 2020 | signal 11 at 0045 1234
reach 1 000 000 000 rows | ring 1.000.000.000 | reachable 2024-01-02 03:04:05 | call 05.03.2024 09:30
called 20240305 123456 | bel 3 keer | volat 15 minut | ara 15 dakika | 打 3 次 | 电话会议 2024-03-05 | rufen 5 Minuten
номер 2024-0001-0002 | IBAN number | serial number 0012 3456 7890 | numara 12345678 | Nomor pesanan 081234567890
liên hệ đơn hàng 0903123456 | hp LaserJet 0123 | SW1A version 2 | error number 0123456789
phone OS 14.4.2 build 12345 | call stack 0045 7788 1234 | whatsapp version 2.21.12.345
"""
ADDRESSES = r"""
10 Downing Street, London SW1A 1AA => 10 Downing Street, London SW1A 1AA
10 Downing Street, Westminster, London, SW1A 1AA now => 10 Downing Street, Westminster, London, SW1A 1AA
1 Macquarie Street, Sydney NSW 2000 => 1 Macquarie Street, Sydney NSW 2000
24 Sussex Drive, Ottawa, ON K1M 1M4 => 24 Sussex Drive, Ottawa, ON K1M 1M4
Hauptstraße 12, 1010 Wien => Hauptstraße 12, 1010 Wien
Bahnhofstrasse 5, CH-8001 Zürich => Bahnhofstrasse 5, CH-8001 Zürich
"""


@pytest.mark.parametrize(("text", "number"), pairs(DIALLED))
def test_a_number_that_is_dialled_is_taken(text: str, number: str) -> None:
    """A verb or a messenger before it, or what is said of it behind."""
    assert mask_text(text).text == text.replace(number, "[PHONE_1]")


@pytest.mark.parametrize("text", parts(THINGS))
def test_numbers_of_things_beside_these_words_stay(text: str) -> None:
    """Counts, dates, versions, codes and orders are not dialled."""
    assert mask_text(text).text == text


@pytest.mark.parametrize(("text", "address"), pairs(ADDRESSES))
def test_an_address_is_taken_with_its_postcode(text: str, address: str) -> None:
    """Postcodes of letters and digits, behind one town or more."""
    assert mask_text(text).text == text.replace(address, "[ADDRESS_1]")
