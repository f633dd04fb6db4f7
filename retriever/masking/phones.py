"""Telephone numbers: international ones by their plan, Chinese mobiles and a few clear forms alone, others by cue."""

import re
from collections.abc import Iterator

import phonenumbers

from retriever.masking.folding import Folded
from retriever.masking.rules import NOT_PERSONAL, Cue, MaskingRule, TextPassage, digits_of, with_any, with_digit
from retriever.masking.wordlists import any_of, words

LOOKUPS = 2_000
"""Numbers looked up in the numbering plans per text; in a text with more, every further candidate is masked."""

_LONG = 11  # digits that no count of things has a plus before
_PHONE_CUE = Cue(words("phone"))
_DIAL_CUE = Cue((*words("dial"), *words("phone")), between=(*words("dial_fillers"), *words("fillers")))
_BEHIND = re.compile(rf"['’-]?[^\W\d_]{{0,4}} ?(?:{any_of('phone_behind')})")
_REACH_BEHIND = 40
_FEWEST_DIALLED = 9  # digits of a number that only the word beside it tells from another

_INTERNATIONAL = re.compile(r"(?<![A-Za-z0-9_+])\(?\+ ?\(?[1-9](?:[ ().\-/]{0,3}\d){6,17}(?!\d)")
_MOBILE = re.compile(
    r"(?<![A-Za-z0-9_.#])(?<![A-Za-z0-9]-)(?:\(?\+?(?:00)?86\)?[ -]?)?1[3-9]\d(?P<sep>[ -]?)\d{4}(?P=sep)\d{4}"
    r"(?![A-Za-z0-9_]|[.:-]\d|%)"
)
_AMOUNT = re.compile(
    r"[ ,]?(?:元|块|字节|毫秒|秒|次|条|万|亿|bytes?\b|kb\b|mb\b|ms\b|rows?\b|usd\b|eur\b|cny\b|rmb\b)", re.IGNORECASE
)
_MONEY_BEFORE = re.compile(r"[¥￥$€£][ ]?$")
_CHINESE_DIGITS = str.maketrans("〇零一幺二三四五六七八九", "001123456789")
_CHINESE_MOBILE = re.compile(
    r"(?<![〇零一幺二三四五六七八九])[一幺][三四五六七八九][〇零一幺二三四五六七八九]{9}(?![〇零一幺二三四五六七八九])"
)
_WITH_CHINA = re.compile(r"861[3-9]\d{9}")
# Forms that are written for nothing else: (415) 555-2671, 0571-87654321.
_CLEAR = re.compile(
    r"(?<![A-Za-z0-9_(.\-])\([2-9]\d{2}\) ?[2-9]\d{2}[-. ]\d{4}(?![A-Za-z0-9_-])"
    r"|(?<![A-Za-z0-9_.\-])\(?0(?:10|2\d|[3-9]\d{2})\)?[- ][2-8]\d{6,7}(?![A-Za-z0-9_]|-\d{3})"
)
_NATIONAL = re.compile(r"(?<![A-Za-z0-9])[(（\d](?:[ ().（）\-/]{0,3}\d){6,14}(?![A-Za-z0-9])")
_NO_PHONE = re.compile(
    r"\d{4}-[01]\d-[0-3]\d(?!\d)"
    r"|[0-3]?\d[./][01]?\d[./](?:19|20)\d{2}(?!\d)|\d+(?:\.\d{1,3}){3}$|[48]00[- ]?\d{3}[- ]?\d{4}$"
    r"|(?:19|20)\d{2}[ -](?:19|20)\d{2}$"
)
# Dates, versions, rows of a table and round numbers have groups, too.
_FALSE_GROUPS = re.compile(
    r"(?:19|20)\d{2}[-/. ]|(?:19|20)\d{6}[ -]|[0-3]?\d[./-][01]?\d[./-](?:19|20)\d\d|[1-9]\d?\.\d{1,2}\.|0\.|0+$"
    r"|\d{1,3}(?:\.\d{3}){2,}$|\d{1,3}(?: \d00){2,}$|(?:00|[1-9]\d)\d\d(?: \d{4}){2}"
)


def _international(folded: Folded) -> Iterator[TextPassage]:
    for looked_up, found in enumerate(_INTERNATIONAL.finditer(folded.text)):
        # Fail closed: what there is no time to look up is masked.
        length = len(found[0]) if looked_up >= LOOKUPS else phone_length(found[0])
        if length:
            yield found.start() + found[0].index("+"), found.start() + length


def phone_length(text: str) -> int:
    """How much of a text that begins like an international number is one; 0 when none of it is.

    A number of some country's plan comes first, with or without the last groups (a year, another number). One with
    separators, or eleven digits, needs only a length that is possible in its country.
    """
    ends = list(_ends(text))
    try:
        numbers = [phonenumbers.parse("+" + digits_of(text[:end])) for end in ends]
        for end, number in zip(ends, numbers, strict=True):
            if phonenumbers.is_valid_number(number):
                return end
        told_apart = re.search(r"\d[ ().-]+\d", text) is not None or len(digits_of(text)) >= _LONG
        possible = told_apart and phonenumbers.is_possible_number(numbers[0])
        return len(text) if possible else 0
    except phonenumbers.NumberParseException:
        return 0
    except Exception:  # a validator that breaks must not let a number through
        return len(text)


def _ends(text: str) -> Iterator[int]:
    """Where a number may end: after all of it, or before one of its last three groups."""
    yield len(text)
    groups = [found.start() for found in re.finditer(r"[ /.()-]+(?=\d)", text)]
    for place in groups[:-4:-1]:
        if len(digits_of(text[:place])) >= 7:
            yield place


def _mobiles(folded: Folded) -> Iterator[TextPassage]:
    for found in _MOBILE.finditer(folded.text):
        start, end = found.span()
        if _PHONE_CUE.before(folded, start) or not (
            NOT_PERSONAL.before(folded, start)
            or _AMOUNT.match(folded.text, end)
            or _MONEY_BEFORE.search(folded.text[max(0, start - 2) : start])
        ):
            yield start, end


def _spelled_mobiles(folded: Folded) -> Iterator[TextPassage]:
    for found in _CHINESE_MOBILE.finditer(folded.text):
        yield found.span()


def _clear(folded: Folded) -> Iterator[TextPassage]:
    for found in _CLEAR.finditer(folded.text):
        if not NOT_PERSONAL.before(folded, found.start()):
            yield found.span()


def _announced(folded: Folded) -> Iterator[TextPassage]:
    for found in _NATIONAL.finditer(folded.text):
        if _PHONE_CUE.before(folded, found.start()) and not _NO_PHONE.match(found[0]):
            yield found.span()


def _dialled(folded: Folded) -> Iterator[TextPassage]:
    for found in _NATIONAL.finditer(folded.text):
        start, end = found.span()
        if not _is_dialled(found[0]) or NOT_PERSONAL.before(folded, start):
            continue
        if _DIAL_CUE.before(folded, start) or _BEHIND.match(folded.lower[end : end + _REACH_BEHIND]):
            yield start, end


def _is_dialled(number: str) -> bool:
    """Has it the form of a number that is dialled: a zero first, or nine digits and more in groups?"""
    digits = digits_of(number)
    if len(digits) < _FEWEST_DIALLED or _NO_PHONE.match(number) or _FALSE_GROUPS.match(number):
        return False
    return digits.startswith("0") or len(digits) != len(number)


def _with_cue(folded: Folded) -> bool:
    return folded.has_digit and _PHONE_CUE.in_text(folded)


RULES = (
    MaskingRule("international_phone", "PHONE", _international, with_any("+")),
    MaskingRule("chinese_mobile", "PHONE", _mobiles, with_digit),
    MaskingRule("spelled_chinese_mobile", "PHONE", _spelled_mobiles, with_any("一", "幺")),
    MaskingRule("clear_phone", "PHONE", _clear, with_digit),
    MaskingRule("announced_phone", "PHONE", _announced, _with_cue),
    MaskingRule("dialled_phone", "PHONE", _dialled, with_digit),
)


def country_and_number(phone: str) -> tuple[str, str]:
    """The country code, empty for a number in national form, and the digits behind it that every spelling shares."""
    spoken = phone.translate(_CHINESE_DIGITS)
    digits = digits_of(spoken)
    country = ""
    if "+" in spoken or digits.startswith("00"):
        try:
            number = phonenumbers.parse("+" + digits.lstrip("0"))
            country, digits = str(number.country_code), str(number.national_number)
        except Exception:  # no plan, or one that breaks: all the digits tell it apart
            country = "?"
    elif _WITH_CHINA.fullmatch(digits):
        country, digits = "86", digits[2:]
    digits = digits.lstrip("0")
    # Trunk prefixes of North America and Russia. A Chinese mobile loses its 1, too, in every spelling alike.
    return country, digits[1:] if len(digits) == _LONG and digits[0] in "18" else digits
