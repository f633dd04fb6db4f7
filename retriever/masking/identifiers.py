"""Numbers that name a person or an account: identity cards, IBAN, bank cards, passports, plates; check digits first."""

import re
from collections.abc import Iterator
from datetime import date

from stdnum import iban, luhn
from stdnum.eu import vat
from stdnum.iso7064 import mod_11_2

from retriever.masking.folding import Folded
from retriever.masking.papers import passes
from retriever.masking.rules import (
    NOT_PERSONAL,
    WORDED,
    Cue,
    MaskingRule,
    RuleScope,
    TextPassage,
    digits_of,
    with_digit,
)
from retriever.masking.wordlists import words

# --- resident identity numbers of China

_RESIDENT = re.compile(r"(?<!\d)[1-9]\d{5} ?-?(?:18|19|20)\d{2}[01]\d[0-3]\d ?-?\d{3}[\dXx](?![A-Za-z0-9])")
_RESIDENT_15 = re.compile(r"(?<!\d)[1-9]\d{7}[01]\d[0-3]\d{4}(?!\d)")
_RESIDENT_CUE = Cue(words("resident_id"))


def _residents(folded: Folded) -> Iterator[TextPassage]:
    for found in _RESIDENT.finditer(folded.text):
        if is_resident(found[0]) and (
            not NOT_PERSONAL.before(folded, found.start()) or _RESIDENT_CUE.before(folded, found.start())
        ):
            yield found.span()
    for found in _RESIDENT_15.finditer(folded.text) if _RESIDENT_CUE.in_text(folded) else ():
        if _is_day("19" + found[0][6:12]) and _RESIDENT_CUE.before(folded, found.start()):
            yield found.span()


def is_resident(number: str) -> bool:
    """18 signs with a possible birthday and the right last sign (ISO 7064 MOD 11-2); any region."""
    plain = number.replace(" ", "").replace("-", "").upper()
    return len(plain) == 18 and _is_day(plain[6:14]) and passes(mod_11_2.is_valid, plain)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year >= 1850
    except ValueError:
        return False


_VAT = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2} ?[A-Z0-9](?:[ .-]?[A-Z0-9]){7,11}+(?![A-Za-z0-9])")
_VAT_CUE = Cue(words("vat"))


def _vats(folded: Folded) -> Iterator[TextPassage]:
    for found in _VAT.finditer(folded.text):
        if _VAT_CUE.before(folded, found.start()) and passes(vat.is_valid, found[0]):
            yield found.span()


# --- accounts and cards

_LETTERS = {ord(letter): str(number) for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 10)}
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{1,4}+){3,8}+")


def _ibans(folded: Folded) -> Iterator[TextPassage]:
    for found in _IBAN.finditer(folded.text):
        # Words that follow may look like groups of it: the longest beginning that is valid counts.
        for end in _ends(found[0]):
            candidate = found[0][:end]
            if passes(_is_iban, candidate):
                yield found.start(), found.start() + end
                break


def _is_iban(number: str) -> bool:
    plain = number.replace(" ", "").replace("-", "").upper()
    # The remainder alone first: it is cheap, and refuses nearly all that is none.
    if int((plain[4:] + plain[:4]).translate(_LETTERS)) % 97 != 1:
        return False
    # Without the country's own checks: they know only some banks.
    return bool(iban.is_valid(plain, check_country=False))


def _ends(text: str) -> Iterator[int]:
    """Where groups end, the longest beginning first."""
    yield len(text)
    for place in range(len(text) - 1, 0, -1):
        if text[place] in " -":
            yield place


_CARD = re.compile(
    r"(?<![\dA-Za-z.])\d{4}(?P<sep>[ -])"
    r"(?:\d{4}(?P=sep)\d{4}(?P=sep)\d{4}(?:(?P=sep)\d{1,3})?|\d{6}(?P=sep)\d{4,5})(?!\d)"
)
# What has the form of an IBAN without being one is no card from its second group on either.
_WITHIN_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]\d{4}){0,6}[ -]$")
_CARD_BARE = re.compile(r"(?<![\dA-Za-z.])\d{13,19}(?![\dA-Za-z])")
_CARD_CUE = Cue(words("card"))
# Issuer ranges of ISO/IEC 7812 by first digits and length.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|3(?:0[0-5]|[689]\d)\d{11}"
)
_BROADER = re.compile(r"[2-69]\d{12,18}")  # after a cue: banks' own cards too


def _cards(folded: Folded) -> Iterator[TextPassage]:
    for found in _CARD.finditer(folded.text):
        if _WITHIN_IBAN.search(folded.text[max(0, found.start() - 40) : found.start()]):
            continue
        if (_is_card(found[0], _ISSUERS) and not NOT_PERSONAL.before(folded, found.start())) or (
            _is_card(found[0], _BROADER) and _CARD_CUE.before(folded, found.start())
        ):
            yield found.span()
    for found in _CARD_BARE.finditer(folded.text) if _CARD_CUE.in_text(folded) else ():
        if _is_card(found[0], _BROADER) and _CARD_CUE.before(folded, found.start()):
            yield found.span()


def _is_card(number: str, issuers: re.Pattern[str]) -> bool:
    digits = digits_of(number)
    return issuers.fullmatch(digits) is not None and passes(luhn.is_valid, digits)


_ACCOUNT = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){7,22}(?!\d)")
_ACCOUNT_CUE = Cue(words("account"))


def _accounts(folded: Folded) -> Iterator[TextPassage]:
    for found in _ACCOUNT.finditer(folded.text):
        if _ACCOUNT_CUE.before(folded, found.start()):
            yield found.span()


# --- plates and messengers, by cue

_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z](?P<sep>[ ·•・.-]?)"
    r"(?:(?=(?:[A-Z]*\d){3})[A-HJ-NP-Z0-9]{5}|[DF][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF]"
    r"|(?=(?:[A-Z]*\d){3})[A-HJ-NP-Z0-9]{4}[挂学警港澳领])(?![A-Za-z0-9])"
)
# The sign before a province that makes it the end of a word: an error code after "更新" is no plate.
_WORD_BEFORE = {
    "新": "更最刷重全崭翻创", "云": "里讯为有上在合星", "京": "北南东", "津": "天", "宁": "南辽", "川": "四银",
    "苏": "江", "藏": "隐收西", "黑": "拉变漆", "蒙": "内", "豫": "犹",
}  # fmt: skip
_PLATE_CUE = Cue(words("plate"))
_FOREIGN_PLATE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-ZÄÖÜ -]{0,6}\d)"
    r"[A-ZÄÖÜ0-9](?:[ -]?[A-ZÄÖÜ0-9]){3,8}(?![A-Za-z0-9])"
)
_FOREIGN_PLATE_CUE = Cue(words("foreign_plate"))


def _plates(folded: Folded) -> Iterator[TextPassage]:
    for found in _PLATE.finditer(folded.text):
        before = folded.text[max(0, found.start() - 1) : found.start()]
        is_word = bool(before) and before in _WORD_BEFORE.get(found[0][0], "")
        if not is_word or found["sep"] in ("·", "•", "・") or _PLATE_CUE.before(folded, found.start()):
            yield found.span()
    for found in _FOREIGN_PLATE.finditer(folded.text) if _FOREIGN_PLATE_CUE.in_text(folded) else ():
        if _FOREIGN_PLATE_CUE.before(folded, found.start()):
            yield found.span()


_CONTACT = re.compile(r"(?<![A-Za-z0-9_-])(?:[1-9]\d{4,11}|[A-Za-z][A-Za-z0-9_-]{5,19}+)(?![A-Za-z0-9_-])")
_CONTACT_CUE = Cue(words("messenger"), signs=" \t\n:：（.@\"'“([", between=("号码", "号", " id", "是", "为", " is"))


def _contacts(folded: Folded) -> Iterator[TextPassage]:
    for found in _CONTACT.finditer(folded.text):
        has_mark = any(sign.isdigit() or sign in "_-" for sign in found[0])
        if has_mark and _CONTACT_CUE.before(folded, found.start()):
            yield found.span()


FIRST_RULES = (
    MaskingRule("resident_id", "NATIONAL_ID", _residents, with_digit, WORDED | RuleScope.CODE),
    MaskingRule("iban", "IBAN", _ibans, with_digit, WORDED | RuleScope.CODE),
    MaskingRule("vat_id", "TAX_ID", _vats, _VAT_CUE.in_text),
)
RULES = (
    MaskingRule("card", "CARD", _cards, with_digit),
    MaskingRule("bank_account", "ACCOUNT", _accounts, _ACCOUNT_CUE.in_text),
)
LATER_RULES = (
    MaskingRule("plate", "PLATE", _plates, with_digit),
    MaskingRule("messenger", "CONTACT", _contacts, _CONTACT_CUE.in_text),
)
