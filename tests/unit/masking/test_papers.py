"""Identity papers and numbers of persons: the cue of their country before them, in the form that it prints."""

import pytest

from retriever.masking import mask_text
from retriever.masking.papers import is_person_number, is_taiwanese, passes
from tests.support.examples import parts

PAPERS = r"""
Reisepass-Nr.: C3JK27HL9 | Ausweis Nr. T220001293 | Führerscheinnummer: J010D2K4G71 | Aufenthaltstitel Y12345678
passport no 533401372 | driver's licence: JONES 710238 HA9YR | driving license is S99988801 | id card: K9932187
pasaporte AAB654321 | permiso de conducir 76543210X | documento de identidad 87654321 | passeport n° 19EV41234
permis de conduire : 991292310027 | carte nationale d'identité 120675R02458 | RG: 34.567.890-1
carteira de motorista 98765432100 | título de eleitor 1023 8501 0671 | passport number is Z3456789
voter id: XGH4567890 | DL no KA-01 20190004321 | dowód osobisty nr CBA654321 | paszport EE 1234567
prawo jazdy 00345/18/0261 | pasaport no: U98765432 | ehliyet 654321 | kimlik kartı A12B34567
паспорт серия 4612 № 654321 | загранпаспорт 71 1234567 | водительское удостоверение 99 07 654321
パスポート番号：TR7654321 | 運転免許証 305912345678
在留カード番号 CD87654321EF | 여권 M87654321 | 운전면허번호: 13-08-654321-77
护照号码：EJ1234567 | carta d'identità CA98765ZX | rijbewijs 5438219076 | körkort 850709-9805 | hộ chiếu C7654321
جواز السفر A12345678
"""
NUMBERS = r"""
National Insurance number: QQ 12 34 56 C | NI no. AB 65 43 21 D | NHS no 485 777 3456 | UTR 1955839661
Steueridentifikationsnummer 47 036 892 816 | Sozialversicherungsnummer 65 070649 C 103
Versichertennummer A123456780 | número de la seguridad social 28 12345678 40 | NIE Y7654321K
numéro de sécu 1 84 12 76 451 089 46 | CPF: 529.982.247-25 | PIS 120.12345.67-8 | Aadhaar no. 4991 1866 5246
PAN card AFZPK7190K | आधार 4991 1866 5246 | PESEL: 90090515836 | T.C. kimlik no 10000000146
СНИЛС 087-654-303 00 | ИНН 500100732259 | マイナンバー：6214 9832 0257 | 주민등록번호 900101-1234567
외국인등록번호: 900101-5234567 | personnummer 640823-3234 | CPR-nr. 211062-5629 | henkilötunnus 131052-308T
rodné číslo 710319/2745 | BSN: 111222333 | CURP BOXW310820HNERXN09 | NIK 3171011708450001 | NRIC S8712345A
כרטיס ת.ז 123456782
"""
NEAR = r"""
passport expires 2028-11-30 | passport control 4 | tests pass 12345678 | run 20240305 | SPI 12345678
ID card 4031 | RFC 9457 | EPIC-123456 | the epic 123456 | passport.js 0.7.0 | driving licence since 1998
id number 12345678 | PAN 3.4 | CF 12345678 | rut 44 | Führerschein Klasse B 2020 | tax id missing | NIS 2024
fin 100000 | pass 2 of 3
"""


@pytest.mark.parametrize(("texts", "kind"), [(PAPERS, "PASSPORT"), (NUMBERS, "NATIONAL_ID")])
def test_numbers_of_papers_go(texts: str, kind: str) -> None:
    """The cue stays and nothing of the number: no digit is left beside the placeholder."""
    masked = [mask_text(f"{text} bitte").text for text in parts(texts)]

    assert [text for text in masked if any(map(str.isdigit, text.partition("[")[0]))] == []
    assert [text for text in masked if not text.endswith("_1] bitte")] == []
    assert any(f"[{kind}_1]" in text for text in masked)


@pytest.mark.parametrize("text", parts(NEAR))
def test_what_only_stands_near_the_words_stays(text: str) -> None:
    """Dates, counts, numbers of things and words that mean something else, too."""
    assert mask_text(text).text == text


def test_a_mistyped_number_is_somebodys_too() -> None:
    """Behind a name that means nothing else the form is enough; behind a general one the check decides."""
    assert mask_text("DNI 54362315L").text == "DNI [NATIONAL_ID_1]"
    assert mask_text("national id 54362315L").text == "national id 54362315L"
    assert mask_text("national id 54362315K").text == "national id [NATIONAL_ID_1]"


def test_validators_decide_and_never_escape() -> None:
    """One that raises refuses the number."""
    assert is_person_number("90090515836") is True
    assert is_person_number("20240305") is False
    assert passes(is_taiwanese, "") is False
    assert is_taiwanese("A123456789") is True
