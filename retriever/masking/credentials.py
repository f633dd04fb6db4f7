"""Passwords, keys and tokens: by their well-known shapes, and after words that announce them."""

import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.rules import EVERYWHERE, MaskingRule, RuleScope, TextPassage, passages, with_any
from retriever.masking.wordlists import any_of, words

_JWT = re.compile(
    r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9]-)eyJ[A-Za-z0-9_-]{8,600}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+)?"
)
# Every shape begins where no word goes on, so each run of signs is read once.
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9]-)(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{16}(?![0-9A-Z])"
    r"|gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+|glpat-[A-Za-z0-9_-]{16,}+|npm_[A-Za-z0-9]{30,}+|pypi-[A-Za-z0-9_-]{30,}+"
    r"|sk-(?=[A-Za-z_-]{0,80}\d)[A-Za-z0-9_-]{20,}+|[srp]k_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9]{16,}+"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{16,}+|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}+"
    r"|SG\.[A-Za-z0-9_-]{16,100}+\.[A-Za-z0-9_-]{16,}+|hf_[A-Za-z0-9]{30,}+|dop_v1_[a-f0-9]{64}|shp(?:at|ss|pa)_[a-fA-F0-9]{32}"
    r"|LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])|AKID[A-Za-z0-9]{13,40}(?![A-Za-z0-9])"
    r")"
)
_HEADER = re.compile(
    r"(?<![A-Za-z])(?:[Bb]earer|BEARER|[Aa]uthorization: ?[Bb]asic)[ :]{1,3}([A-Za-z0-9._~+/-]{12,}+={0,2})"
)

_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_CUT = 8_000  # characters taken of a key whose end is missing

# The value: printable ASCII without spaces and quotes. `=` announces more surely than a colon or "is".
_ANNOUNCED = re.compile(
    rf"(?<![a-z])(?:{any_of('secret')})[\"'”’)）]{{0,2}}\s{{0,3}}"
    r"(?P<sign>[:：=]{1,2}|=>|->|\bis\b|\bist\b|\best\b|\bes\b|为|是|は)\s{0,3}"
    r"(?P<quote>[\"'“‘`]?)(?P<value>[!-~\u00a1-\u024f]{3,2000}+)"
)
_NEXT_PARAMETER = re.compile(r"[&;,][A-Za-z][\w.-]{0,40}=|</?[A-Za-z]")
_TRAILING = re.compile(r"[\"'`,.;:!?)\]}>&]+$")
_NO_SECRET = frozenset(words("no_secret"))
_STANDS_FOR = re.compile(r"[<${%(\[*•#]|(?:0x)[0-9a-fA-F]{4,}$|https?://|\.{2,}|-{2,}|_{3,}|x{3,}$", re.IGNORECASE)


def _announced(folded: Folded) -> Iterator[TextPassage]:
    # Lower case finds the word; the value is read from the text as it is.
    for found in _ANNOUNCED.finditer(folded.lower):
        start, end = found.span("value")
        value = folded.text[start:end]
        if found["quote"] and (close := value.find({"“": "”", "‘": "’"}.get(found["quote"], found["quote"]))) > 0:
            value = value[:close]
        if parameter := _NEXT_PARAMETER.search(value):
            value = value[: parameter.start()]
        value = _TRAILING.sub("", value)
        if _is_secret(value, sure="=" in found["sign"] or bool(found["quote"])):
            yield start, start + len(value)


def _is_secret(value: str, *, sure: bool) -> bool:
    """A word such as `required` is no password; without `=` or quotes only what no word looks like is one."""
    if len(value) < 3 or value.lower() in _NO_SECRET or _STANDS_FOR.match(value):
        return False
    if sure:
        return True
    has_digit = any(sign.isdigit() for sign in value)
    has_sign = any(sign in "!@#$%^&*_+~" for sign in value)
    return len(value) >= 4 and (has_digit or has_sign) and not _is_number_of_words(value)


def _is_number_of_words(value: str) -> bool:
    """`8-16` and `6+` after "password:" say how long it must be."""
    return re.fullmatch(r"\d{1,2}(?:[-~+]\d{0,2})?(?:chars?|characters|位)?", value) is not None


def _pem(folded: Folded) -> Iterator[TextPassage]:
    text, after = folded.text, 0
    ends = [found.end() for found in _PEM_END.finditer(text)] if "-----END" in text else []
    place = 0
    for found in _PEM_BEGIN.finditer(text):
        if found.start() < after:
            continue
        while place < len(ends) and ends[place] < found.end():
            place += 1
        after = ends[place] if place < len(ends) else min(len(text), found.end() + _PEM_CUT)
        yield found.start(), after


RULES = (
    MaskingRule("private_key", "SECRET", _pem, with_any("-----begin"), RuleScope.TEXT),
    MaskingRule("jwt", "SECRET", passages(_JWT), with_any("eyj"), EVERYWHERE),
    MaskingRule("token", "SECRET", passages(_SHAPES), with_any(*words("token_hints")), EVERYWHERE),
    MaskingRule("authorization", "SECRET", passages(_HEADER, group=1), with_any("bearer", "basic"), EVERYWHERE),
    MaskingRule("announced_secret", "SECRET", _announced, with_any(*words("secret_stems")), EVERYWHERE),
)  # fmt: skip
