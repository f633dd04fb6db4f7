"""Numbers of persons and of their papers: by check digits where the form is nobody else's, else behind their name."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.at import vnr
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nif, nir
from stdnum.gb import nhs, utr
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.id import nik
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.jp import in_ as my_number
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.my import nric
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import nip, pesel
from stdnum.pt import cc
from stdnum.ro import cnp
from stdnum.ru import inn
from stdnum.se import personnummer
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import ssn
from stdnum.za import idnr as za_id

from retriever.masking.folding import Folded
from retriever.masking.rules import Cue, MaskingRule, TextPassage, digits_of, with_digit
from retriever.masking.wordlists import words

Check = Callable[[str], object]


def passes(check: Check, number: str) -> bool:
    """Does a validator accept the number? One that fails in any way does not, and its error tells nothing."""
    try:
        return bool(check(number))
    except Exception:  # libraries raise what they like (KeyError among it); masking must go on
        return False


def is_taiwanese(number: str) -> bool:
    """A letter and nine digits of Taiwan, the last one right. Raises ValueError for another first letter."""
    letters = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    first = letters.index(number[0]) + 10
    weighted = first // 10 + (first % 10) * 9
    weighted += sum(int(sign) * weight for sign, weight in zip(number[1:9], range(8, 0, -1), strict=True))
    return len(number) == 10 and (weighted + int(number[9])) % 10 == 0


@dataclass(frozen=True, slots=True)
class DistinctNumber:
    """A number of persons that is taken without a cue: form and check digits are enough."""

    pattern: re.Pattern[str]
    check: Check


_DISTINCT = (
    DistinctNumber(re.compile(r"(?<![A-Za-z0-9])[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?![A-Za-z0-9])"),
                   codicefiscale.is_valid),
    DistinctNumber(re.compile(r"(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)"), cpf.is_valid),
    DistinctNumber(re.compile(r"(?<![\d-])\d{6}-\d{7}(?![\d-])"), rrn.is_valid),
    DistinctNumber(re.compile(r"(?<![A-Za-z0-9])[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d(?![A-Za-z0-9])"), curp.is_valid),
    DistinctNumber(re.compile(r"(?<![\d.])756\.\d{4}\.\d{4}\.\d{2}(?![\d.])"), ahv.is_valid),
)  # fmt: skip
_CHECKS: tuple[Check, ...] = (
    is_taiwanese, ssn.is_valid, idnr.is_valid, dni.is_valid, nie.is_valid, nir.is_valid, nif.is_valid, nhs.is_valid,
    utr.is_valid, cpf.is_valid, pesel.is_valid, nip.is_valid, tckimlik.is_valid, aadhaar.is_valid, pan.is_valid,
    inn.is_valid, my_number.is_valid, rrn.is_valid, bsn.is_valid, personnummer.is_valid, hetu.is_valid, cpr.is_valid,
    fodselsnummer.is_valid, ahv.is_valid, nn.is_valid, za_id.is_valid, cnp.is_valid, rc.is_valid, rut.is_valid,
    pin.is_valid, nric.is_valid, nik.is_valid, amka.is_valid, vnr.is_valid, oib.is_valid, cc.is_valid, curp.is_valid,
    codicefiscale.is_valid,
)  # fmt: skip
"""Numbers of persons in forty countries."""

# As papers print it: groups that hold digits, letters before and behind them, at most a check sign in brackets.
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?P<head>[A-Z]{1,9}[ -])?(?P<body>[A-Za-z]{0,8}\d[A-Za-z0-9]{0,24}+"
    r"(?:(?:[ ./-]|,? ?(?:№|номер|[Nn]o\.|[Nn]r\.|n°|nº) ?)"
    r"(?:\d[A-Za-z0-9]{0,16}+|[A-Za-z]{1,3}\d[A-Za-z0-9]{0,14}+|[A-Z](?=[ -]\d))){0,7}+(?:[ -][A-Z](?![A-Za-z0-9]))?"
    r"(?:\([0-9A]\))?)(?![A-Za-z0-9])"
)
_DIGIT = re.compile("[0-9]")
_MOST_LETTERS = 20
_HEAD = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{1,9}[ -])?[A-Za-z]{0,8}$")
_DAY = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?![A-Za-z0-9-])")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3}){2}-[\dXx]|\d{2} \d{2} \d{6}|\d{2}-\d{2}-\d{6}-\d{2}")
_TELLING = re.compile(r"[A-Z]{5}\d{4}[A-Z]|[XYZ]-?\d{7}-?[A-Z]|[A-Z]{3}\d{7}|[A-Z]{2}\d{6}[A-D]|\d{3}\.\d{5}\.\d{2}-\d")
_LEAST, _MOST = 6, 22
_LEAST_PLAIN = 10  # digits alone; of shorter numbers one in some passes one of so many checks
_NATIONAL_CUE = Cue(words("national_id"))
_WEAK_NATIONAL_CUE = Cue(words("weak_national_id"))
_PAPER_CUE = Cue(words("paper"))
_WEAK_PAPER_CUE = Cue(words("weak_paper"))
Accept = Callable[[str], bool]


def _nationals(folded: Folded) -> Iterator[TextPassage]:
    for kind in _DISTINCT:
        for found in kind.pattern.finditer(folded.text):
            if passes(kind.check, found[0]):
                yield found.span()
    yield from _announced(folded, (_NATIONAL_CUE, _has_form), (_WEAK_NATIONAL_CUE, is_person_number))


def _papers(folded: Folded) -> Iterator[TextPassage]:
    yield from _announced(folded, (_PAPER_CUE, _has_form), (_WEAK_PAPER_CUE, _is_paper_like))


def _announced(folded: Folded, *cues: tuple[Cue, Accept]) -> Iterator[TextPassage]:
    """Numbers right behind a cue that takes them; letters before the first digits belong to them or are the cue."""
    wanted = [(cue, accept) for cue, accept in cues if cue.in_text(folded)]
    for found in _numbers(folded.text) if wanted else ():
        for start in dict.fromkeys((found.start(), found.start("body"))):
            length = _length(folded.text[start : found.end()])
            value = folded.text[start : start + length]
            if value and any(accept(value) and cue.before(folded, start) for cue, accept in wanted):
                yield start, start + length
                break


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """What may be a number, from the letters before its first digit on."""
    after = 0
    for digit in _DIGIT.finditer(text):
        if digit.start() < after:
            continue
        before = text[max(after, digit.start() - _MOST_LETTERS) : digit.start()]
        head = _HEAD.search(before)
        start = digit.start() - (len(before) - head.start() if head else 0)
        if found := _NUMBER.match(text, start):
            after = found.end()
            yield found


def _length(text: str) -> int:
    """How much of it is one number: all groups, or the first of them that are no longer than a number may be."""
    for end in (len(text), *(found.start() for found in reversed(list(re.finditer(r"[ ./-]", text))))):
        if sum(map(str.isalnum, text[:end])) <= _MOST:
            return end
    return 0


def _has_form(value: str) -> bool:
    """Six signs or more, four of them digits, and no day."""
    digits = len(digits_of(value))
    signs = sum(map(str.isalnum, value))
    return signs >= _LEAST and digits >= (4 if signs > digits else _LEAST) and not _DAY.match(value)


def _is_paper_like(value: str) -> bool:
    """Capitals and digits in one, or groups as no date and no count has them."""
    mixed = any(map(str.isalpha, value)) and value.upper() == value
    return _has_form(value) and len(digits_of(value)) >= 5 and (mixed or _GROUPED.fullmatch(value) is not None)


def is_person_number(value: str) -> bool:
    """Does it have the form or pass the check of some country's number of persons, and is it no plain count?"""
    plain = value.replace(" ", "")
    if _TELLING.fullmatch(plain):
        return True
    plain_count = plain.isdigit() and len(plain) < _LEAST_PLAIN
    return _has_form(value) and not plain_count and any(passes(check, plain) for check in _CHECKS)


RULES = (
    MaskingRule("national_id", "NATIONAL_ID", _nationals, with_digit),
    MaskingRule("identity_paper", "PASSPORT", _papers, with_digit),
)
