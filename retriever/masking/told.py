"""Passwords that a sentence tells: words stand between the cue and the value, or no sign at all does."""

import re
from collections.abc import Iterator

from retriever.masking.credentials import STANDS_FOR, is_copula, is_secret, without_end
from retriever.masking.folding import Folded
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage, with_any
from retriever.masking.wordlists import any_of, words

_CUE = re.compile(rf"(?<![a-z])(?:{any_of('told_secret')})[\"'”’)]?(?=[ :=])")
_TOKEN = re.compile(r"[^\s]{1,64}+")
_REACH = 140
_REACH_BACK = 40
_MOST_WORDS = 7  # between the cue and its value
_LINKS = frozenset(words("secret_links"))
_CHANGES = frozenset(words("secret_changes"))
_LEADS = frozenset(words("secret_leads"))
_FIRST = _LINKS | _CHANGES
_CHANGE_LEADS = frozenset(words("change_leads"))
_LONG = 8  # signs of a password of letters and digits that stands without any sign before it
_SIGNS = "!?@#$%^&*+~="
_LOGINS = frozenset(words("login_words"))
_TECHNICAL = frozenset(words("numbered_words"))
# `ORA-28001`, `KB0012345`, `12chars`, `2024-11-01T10:00`, `a@b.example`, paths and file names are no passwords.
_OTHER = re.compile(
    r"(?i:page|step|field|user|server|host|site|line|item|group|level|phase|port|table|test|node|db|seite|feld)\d{1,3}"
    r"|[A-Z]+[-_]?\d+|\d+(?:st|nd|rd|th|\.|x|chars?|[smhd]|min|days?|bits?)?|\d[\dT:.,/+Z-]*"
    r"|[^@\s]+@[\w-]+\.[\w.-]+|[\w.-]*[/\\][^\s]*|[\w-]+\.[a-z]{2,4}"
)
_LOGIN = re.compile(
    rf"(?<![a-z])(?:{any_of('login_words')})[ :=]{{1,2}}[^\s/,;|]{{1,64}}+ ?[/,;|&]? ?(?:{any_of('and_words')})? ?"
    rf"(?:{any_of('told_secret')})[ :=]{{1,2}}(?P<value>[!-~\u00a1-\u024f]{{4,64}}+)"
)
_CHANGED_EAST = re.compile(
    rf"(?:{any_of('adjacent_secret')})(?:"
    r"(?:已经?|被|现在?|目前|暂时|统一|都|給|给){0,3}(?:重置|重設|修改|更改|變更|变更|更新|设置|設定|改|设|换)?(?:成了?|为了?|為|是|到|作)"
    r"|(?:は(?:現在)?|を|를|을|는|은) ?)[:： ]{0,2}(?P<value>[!-~]{6,64}+)"
)


def _told(folded: Folded) -> Iterator[TextPassage]:
    """`password for joe: X`, `Passwort von Anna lautet X`, `changed the password from X to Y`."""
    for cue in _CUE.finditer(folded.lower):
        yield from _behind(folded.text, cue)


def _behind(text: str, cue: re.Match[str]) -> Iterator[TextPassage]:
    """Walks over the words behind a cue to what leads to a value: a colon, `=`, "is", or "to" behind a change."""
    # "I set the password to X": the verb may stand before its object.
    changed = not _CHANGES.isdisjoint(text[max(0, cue.start() - _REACH_BACK) : cue.start()].lower().split()[-3:])
    led, before = False, ""
    for count, token in enumerate(_TOKEN.finditer(text, cue.end(), cue.end() + _REACH)):
        if count > _MOST_WORDS or ("\n" in text[token.start() - 1 : token.start()] and not led):
            return
        word = token[0].lower()
        value = without_end(token[0].lstrip("\"'“‘`("))
        begin = token.start() + token[0].find(value)
        found = (
            _is_password(value, sure=led and before not in _LOGINS) if count else _is_plain(text, token.end(), value)
        )
        if found:
            yield begin, begin + len(value)
        elif token[0][-1] in ".,;!?" or (not count and word.strip(":") not in _FIRST):
            return
        plain = word.rstrip(":：=")
        sign = plain != word
        changed = changed or plain in _CHANGES
        led = (sign and not changed) or plain in (_CHANGE_LEADS if changed else ()) or _is_lead(plain, cue[0])
        before = plain if sign else ""


def _is_lead(word: str, cue: str) -> bool:
    return word in _LEADS and is_copula(word, cue)


def _is_plain(text: str, end: int, value: str) -> bool:
    """`sunshine1` right behind its cue and at the end of a clause."""
    ends = text[end - 1] in ".,;)" or text[end : end + 1] in ("", "\n")
    return ends and len(value) >= _LONG and value.isalnum() and _is_password(value, sure=True)


def _is_password(value: str, *, sure: bool) -> bool:
    """Letters with digits or signs; where nothing leads to it, a digit and a sign, or letters in a wild mixture."""
    if len(value) < 6 or not is_secret(value, sure=False) or _OTHER.fullmatch(value) or STANDS_FOR.fullmatch(value):
        return False
    parts = re.split(r"[^a-z0-9]+", value.lower())
    if not any(map(str.isalpha, value)) or _TECHNICAL.intersection(parts):
        return False
    digit = any(map(str.isdigit, value))
    sign = any(mark in _SIGNS for mark in value.rstrip("!?"))
    if sure:
        return (digit and value.isalnum()) or sign or (digit and ("_" in value or value[-1] in "!?"))
    return digit and (sign or value[-1] == "!")


def _beside_login(folded: Folded) -> Iterator[TextPassage]:
    """`login joe / pass sunshine1`, and the same in a .netrc."""
    for found in _LOGIN.finditer(folded.lower):
        start, end = found.span("value")
        value = without_end(folded.text[start:end])
        if is_secret(value, sure=False) and not _OTHER.fullmatch(value):
            yield start, start + len(value)


def _changed_east(folded: Folded) -> Iterator[TextPassage]:
    """`密码已重置为Abc12345`, `パスワードをAbc12345に変更`."""
    for found in _CHANGED_EAST.finditer(folded.lower):
        start, end = found.span("value")
        value = without_end(folded.text[start:end])
        if _is_password(value, sure=True):
            yield start, start + len(value)


RULES = (
    MaskingRule("told_secret", "SECRET", _told, with_any(*words("told_stems")), RuleScope.TEXT),
    MaskingRule("login_secret", "SECRET", _beside_login, with_any(*words("told_stems")), RuleScope.TEXT),
    MaskingRule("changed_secret", "SECRET", _changed_east, with_any(*words("adjacent_secret")), RuleScope.TEXT),
)
