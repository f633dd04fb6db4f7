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
    r"|gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+|gl(?:pat|dt|rt|ptt|soat|cbt|ft|imt|agent)-[A-Za-z0-9_-]{16,}+"
    r"|npm_[A-Za-z0-9]{30,}+|pypi-[A-Za-z0-9_-]{30,}+|rubygems_[a-f0-9]{40,}+"
    r"|sk-(?=[A-Za-z_-]{0,80}\d)[A-Za-z0-9_-]{20,}+|[srp]k_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/]{16,}+"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{16,}+|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}+|GOCSPX-[A-Za-z0-9_-]{20,}+"
    r"|SG\.[A-Za-z0-9_-]{16,100}+\.[A-Za-z0-9_-]{16,}+|hf_[A-Za-z0-9]{30,}+|do[oprt]_v1_[a-f0-9]{64}|shp(?:at|ss|pa|ca)_[a-fA-F0-9]{32}"
    r"|LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])|AKID[A-Za-z0-9]{13,40}(?![A-Za-z0-9])|AKLT[A-Za-z0-9]{20,60}(?![A-Za-z0-9])"
    r"|[A-Za-z0-9_.~]{3}[78]Q~[A-Za-z0-9_.~-]{30,40}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}+|ATATT3[A-Za-z0-9_=-]{40,}+|ATBB[A-Za-z0-9]{24,}+"
    r"|dapi[a-f0-9]{32}|lin_api_[A-Za-z0-9]{30,}+|ntn_[A-Za-z0-9]{30,}+|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|NRAK-[A-Z0-9]{27}|gl(?:sa|c)_[A-Za-z0-9_+/=]{20,}+"
    r"|hv[sbr]\.[A-Za-z0-9_-]{24,}+|dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{30,}+|key-[a-f0-9]{32}(?![a-f0-9])|[a-f0-9]{32}-us\d{1,2}(?!\d)"
    r"|sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}+|EAA[A-Za-z0-9]{60,}+|\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])|AGE-SECRET-KEY-1[A-Z0-9]{40,}+"
    r"|sc_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,}+|(?:nvapi|gsk|pplx|xai|r8|tvly|fw|fc|rpa|pul|sntrys|phc|phx|sbp)[-_](?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{24,}+"
    r")"
)
_HEADER = re.compile(
    r"(?<![A-Za-z])(?:[Bb]earer|BEARER|[Aa]uthorization[\"']?: ?[\"']?"
    r"(?:[Bb]asic|[Tt]oken|[Aa]pi[Kk]ey|[Dd]igest|[Nn]egotiate|NTLM|[Kk]ey|[Ss]hared[Kk]ey))"
    r"[ :]{1,3}([A-Za-z0-9._~+/-]{8,}={0,2})"
)
_HEADER_NAME = re.compile(r"authorization[\"']{0,2}\s?[:=,]\s?[\"']?$")
_HEADER_REACH = 20
_LONG_TOKEN = 20  # letters; no word is as long

_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_CUT = 8_000  # characters taken of a key whose end is missing

QUOTABLE = r"(?P<quote>[\"'“‘`]?)(?P<value>[!-~\u00a1-\u024f]{3,2000}+)"
"""A value as it is announced: printable signs without spaces, maybe in quotes."""
# `=` announces more surely than a colon or "is".
_ANNOUNCED = re.compile(
    rf"(?:(?<![a-z])(?:{any_of('secret')})|(?:{any_of('secret_ends')}))(?:[_-]?\d{{1,2}})?[\"'”’)）\]]{{0,2}}\s{{0,3}}"
    r"(?P<sign>[:：=]{1,2}|=>|->|:=|\b(?:is|ist|lautet|est|es|é|è|jest|je|är|er|on|to|это|là|adalah)\b|为|是|は、?|為|는|은)"
    rf"\s{{0,3}}{QUOTABLE}"
)
_PIN = re.compile(
    rf"(?<![a-z])(?:{any_of('pin')})(?:[ -]?(?:code|number|nummer|nr\.?|码|碼|番号|번호))?"
    r"[ :：=#]{0,3}(?:(?:is|ist|est|es|är|er|是|为|は) )?(?P<value>\d{4,8}|\d{3}[ -]\d{3})(?![\d.,-]*\d|[ -]\d)"
)
_NEXT_PARAMETER = re.compile(r"[&;,][A-Za-z][\w.-]{0,40}=|</?[A-Za-z]")
TRAILING = re.compile(r"[\"'`,.;:!?)\]}>&]+$")
_TRAILING_SURE = re.compile(r"[\"'`,.;:)\]}>&]+$")
_NO_SECRET = frozenset(words("no_secret"))
_COPULAS = {"to": ("has", "kod"), "on": ("salasana",)}
# What stands for a password without being one: variables, blanks to fill in, dots and stars, addresses, numbers in hex.
STANDS_FOR = re.compile(
    r"[$#]\{.*|\$\(.*|\$[a-z_]+|\$env:.*|%[a-z_]+%?|%\(.*|\{\{.*"
    r"|\{[a-z_. ]+\}?|<[^\d]*>?|\[[a-z_. *-]+\]?|\([a-z_. -]+\)?"
    r"|[*•●·.xX_#?-]{2,}|\*+.{0,2}|0x[0-9a-f]{4,}|https?://.*|\.{2,}.*|_{3,}.*|-{2,}.*|[-–—/\\|]+",
    re.IGNORECASE,
)
# A value that a program computes: a call, a subscript, an attribute, a variable, a tag of YAML, a command.
_NAME = r"[A-Za-z_$@][\w$]{0,60}(?:(?:\??\.|->|::)[A-Za-z_][\w]{0,60}){0,8}"
_COMPUTED = re.compile(
    r"(?:await|new|yield|lambda|function|typeof|\(\w{1,30}\)) [\w$(]|!(?:vault|env|secret|ref|sub|getatt|var)\b"
    r"|(?:Read-Host|Get-[A-Z][A-Za-z]{2,40}|ConvertTo-[A-Z][A-Za-z]{2,40}|ConvertFrom-[A-Z][A-Za-z]{2,40})(?![\w!])"
    rf"|&?(?=[a-z_$@]|[A-Za-z]{{1,60}}(?:\.|->|::)|[A-Z_]{{2,20}}\[){_NAME} ?"
    r"(?:\((?:[)\"'$&]|[A-Za-z_]\w{0,40}[(.]|[^()\n]{1,80}\)(?![A-Za-z0-9]))|\[[\"'$\w][^\]\n]{0,60}\](?![A-Za-z0-9]))"
    r"|[A-Z]\w{0,60}\((?:\)|[\"'$])|\$[A-Za-z_]\w{0,60}(?:->|::)"
)
_ATTRIBUTE = re.compile(
    r"(?:(?:self|this|args?|config|cfg|conf|req|request|ctx|context|env|process|settings|opts?|options|params|form|user"
    r"|props|event|data|body|credentials?|account|secrets|var|local|module|Properties)\.[A-Za-z_][\w.]{0,80}"
    r"|[A-Za-z_][\w.]{0,80}\.(?:text|value|password|passwd|pwd|token|secret|key))",
    re.IGNORECASE,
)
_VARIABLE = re.compile(
    r"[@:&]?[a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,3}(?:Password|Passwd|Pwd|Passwort|Pass|Token|Secret|Key)"
    r"|[@:&]?(?:[a-z]{1,20}_){1,4}(?:password|passwd|pwd|passwort|token|secret|key)|[@:&](?i:password|passwd|pwd|pw|token)"
)
_LOGIN_BEFORE = re.compile(rf"(?:{any_of('login_words')})[\"'”’)]{{0,2}}\s?[:：=]\s?\S")
_LOGIN_REACH = 90
_LONGEST_QUOTED = 200
_ADJACENT = re.compile(
    rf"(?:{any_of('adjacent_secret')})[ 　]?(?P<value>[!-~]{{4,64}}+)(?![位次个個天分秒字])|"
    rf"(?<![a-z])(?:{any_of('plain_secret')}) (?P<after>[!-~]{{6,64}}+)"
)
# Capitals, small letters and digits in no order that a name or a version has: `IQ7sRLD693`, not `Office365`.
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=(?:.*\d){2})(?=.*\d[A-Za-z])[A-Za-z0-9]{8,64}")
_NAMED_KEY = re.compile(r"[a-z0-9][_.-]$")


def _authorizations(folded: Folded) -> Iterator[TextPassage]:
    """`Bearer certificate` is a word behind a word, unless the header's name stands before it."""
    for found in _HEADER.finditer(folded.text):
        before = folded.lower[max(0, found.start() - _HEADER_REACH) : found.start()]
        opaque = any(map(str.isdigit, found[1])) or len(found[1]) >= _LONG_TOKEN
        if opaque or "authorization" in found[0].lower() or _HEADER_NAME.search(before):
            yield found.span(1)


def _announced(folded: Folded) -> Iterator[TextPassage]:
    # Lower case finds the word; the value is read from the text as it is.
    for found in _ANNOUNCED.finditer(folded.lower):
        value = cut_value(folded, found)
        if not found["quote"] and _is_computed(folded.text, found.start("value"), value):
            continue
        sure = "=" in found["sign"] or bool(found["quote"]) or _is_setting(folded.lower, found.start())
        if is_copula(found["sign"], found[0]) and is_secret(value, sure=sure):
            yield found.start("value"), found.start("value") + len(value)


def _is_computed(text: str, start: int, value: str) -> bool:
    """Is it code that gives the secret, and not the secret itself?"""
    if _COMPUTED.match(text, start):
        return True
    return _ATTRIBUTE.fullmatch(value) is not None or _VARIABLE.fullmatch(value) is not None


def is_copula(word: str, cue: str) -> bool:
    """`to` and `on` mean "is" in Polish and Finnish: behind a cue of another language they lead to a place."""
    return word not in _COPULAS or cue.startswith(_COPULAS[word])


def _adjacent(folded: Folded) -> Iterator[TextPassage]:
    """`密码Abc123`; and `password Wint3r!`, which must look like nothing else: a letter, a digit and a sign."""
    for found in _ADJACENT.finditer(folded.lower):
        group = "value" if found["value"] else "after"
        start, end = found.span(group)
        value = _TRAILING_SURE.sub("", folded.text[start:end])
        kinds = (str.isalpha, str.isdigit, "!@#$%^&*_+~?".__contains__)
        has = [any(map(kind, value)) for kind in kinds]
        looks = has[1] if group == "value" else all(has) or _MIXED.fullmatch(value) is not None
        if looks and is_secret(value, sure=False):
            yield start, start + len(value)


def cut_value(folded: Folded, found: re.Match[str]) -> str:
    """The value up to its closing quote, the next parameter, or what ends the sentence."""
    start, end = found.span("value")
    value = folded.text[start:end]
    if found["quote"]:
        # Within quotes spaces belong to it.
        line = folded.text[start : start + _LONGEST_QUOTED].partition("\n")[0]
        close = line.find({"“": "”", "‘": "’"}.get(found["quote"], found["quote"]))
        if close > 0:
            return line[:close]
    if parameter := _NEXT_PARAMETER.search(value, 1):
        value = value[: parameter.start()]
    return without_end(value)


def without_end(value: str) -> str:
    """The value without the signs that end a sentence or an argument; a last `!` belongs to it."""
    return TRAILING.sub("", value) if value[-1:] != "!" else _TRAILING_SURE.sub("", value)


def _is_setting(lower: str, start: int) -> bool:
    """Is the word the last part of a setting's name (`db_password`), or does a login stand just before it?"""
    if _NAMED_KEY.search(lower[max(0, start - 2) : start]):
        return True
    return _LOGIN_BEFORE.search(lower[max(0, start - _LOGIN_REACH) : start]) is not None


def is_secret(value: str, *, sure: bool) -> bool:
    """A word such as `required` is no password; without `=` or quotes only what no word looks like is one."""
    first = value.lower().partition(" ")[0].rstrip("!?.,;:")
    if len(value) < 3 or first in _NO_SECRET or STANDS_FOR.fullmatch(value):
        return False
    if sure:
        return True
    has_digit = any(sign.isdigit() for sign in value)
    has_sign = any(sign in "!@#$%^&*_+~?=<>|" for sign in value)
    return len(value) >= 4 and (has_digit or has_sign) and not _is_number_of_words(value)


def _is_number_of_words(value: str) -> bool:
    """`8-16` and `6+` after "password:" say how long it must be."""
    return re.fullmatch(r"\d{1,2}(?:[-~+]\d{0,2})?(?:chars?|characters|位)?", value) is not None


def _pins(folded: Folded) -> Iterator[TextPassage]:
    for found in _PIN.finditer(folded.lower):
        yield found.span("value")


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


SHAPE_RULES = (
    MaskingRule("private_key", "SECRET", _pem, with_any("-----begin"), RuleScope.TEXT),
    MaskingRule("jwt", "SECRET", passages(_JWT), with_any("eyj"), EVERYWHERE),
    MaskingRule("token", "SECRET", passages(_SHAPES), with_any(*words("token_hints")), EVERYWHERE),
    MaskingRule("authorization", "SECRET", _authorizations, with_any("bearer", "authorization"), EVERYWHERE),
)  # fmt: skip
RULES = (
    MaskingRule("announced_secret", "SECRET", _announced, with_any(*words("secret_stems")), EVERYWHERE),
    MaskingRule("adjacent_secret", "SECRET", _adjacent, with_any(*words("adjacent_secret"), *words("plain_secret")),
                RuleScope.TEXT),
    MaskingRule("pin", "SECRET", _pins, with_any(*words("pin")), RuleScope.TEXT),
)  # fmt: skip
