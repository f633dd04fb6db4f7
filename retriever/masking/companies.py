"""Names of companies, by the legal form they end or begin with. Makers of well-known products stay for the search.

A form is looked for first, and the name read from there word by word, so each sign is looked at a bounded number of
times.
"""

import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.people import is_blank
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage
from retriever.masking.wordlists import any_of, words

_REACH = 90  # characters that a name may have before its form
_MOST_WORDS = 6
# Not within a word; a word of a script without spaces may follow.
_BEHIND = r"(?![A-Za-z0-9\u00c0-\u052f]|[-'’&/@]\w)"
_SURE = re.compile(rf"[ ,](?P<form>(?:{any_of('company_forms')})){_BEHIND}")
# Short ones mean other things, too: a name before them is more than one letter case, and no word of `no_company`.
_DOUBTFUL = re.compile(rf" (?P<form>(?:{any_of('doubtful_company_forms')})){_BEHIND}")
_MORE_FORM = re.compile(rf"[ ,.]{{1,2}}(?:&|und|and|y|e)? ?(?:{any_of('company_forms')}){_BEHIND}")
_LEADING = re.compile(
    rf"(?<![A-Za-z0-9\u00c0-\u052f])(?:{any_of('leading_company_forms')})\.?(?: |(?=[«\"„“]))[«\"„“'‚]?"
    r"(?P<name>[^\W\d_][\w.&'’-]{1,40}+(?: [^\W\d_a-zа-яё][\w.&'’-]{0,40}+){0,4})"
)
_OPENS = re.compile(r"[=:>|（【：\[/\u2e80-\u9fff\uac00-\ud7a3]")
_WORD = re.compile(r"[^\W_](?:[\w.&'’+/-]{0,40}+)")
_JOINING = frozenset(words("company_joints"))
_NO_COMPANY = frozenset(words("no_company"))
_FORMS = frozenset((*words("company_forms"), *words("doubtful_company_forms")))
_VENDORS = tuple(words("vendors"))
_DOUBTFUL_AFTER = re.compile(rf" ?(?i:{any_of('no_company_after')})")

_HAN = re.compile(r"[\u3400-\u9fffA-Za-z0-9（）()·&]+$")
_CHINESE = re.compile(rf"(?:{any_of('chinese_company_forms')})")
_CHINESE_START = re.compile(rf"(?:{any_of('chinese_company_leads')})")
_NO_CHINESE = words("no_chinese_company")
_CHINESE_VENDORS = tuple(words("chinese_vendors"))
_LONGEST_CHINESE = 30
_JAPANESE_FORM = re.compile(r"(?:株式会社|有限会社|合同会社|\(株\)|（株）|\(有\)|（有）|㈱|㈲)")
_JAPANESE_BEHIND = re.compile(r"[ 　]?(?P<name>[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff々A-Za-z0-9&・]{2,20})")
_JAPANESE_NAME = re.compile(
    r"(?:[A-Za-z0-9&・]{2,20}|[\u30a1-\u30fa\u30fc・]{2,20}|[\u4e00-\u9fff々]{2,8})"
    r"(?:[\u4e00-\u9fff々]{1,6}|[\u30a1-\u30fa\u30fc・]{1,12})?$"
)
_KOREAN_FORMS = r"(?:주식회사|유한회사|유한책임회사|\(주\)|（주）|㈜|\(유\))"
_KOREAN = re.compile(
    rf"{_KOREAN_FORMS} ?(?P<after>[가-힣A-Za-z0-9&]{{2,20}}?)"
    r"(?=(?:에서|에게|의|은|는|이|가|을|를|와|과|로|입니다)?(?:[^가-힣A-Za-z0-9&]|$))"
    rf"|(?<![가-힣A-Za-z0-9])(?P<before>[가-힣A-Za-z0-9&]{{2,20}})(?:{_KOREAN_FORMS}| {_KOREAN_FORMS}(?! ?[가-힣A-Z]))"
)
_TOLD_BY = re.compile(r"から|より|まで|[はがをにのとでへも様]|さん|御中")


def _alphabets(folded: Folded) -> Iterator[TextPassage]:
    text = folded.text
    for pattern, sure in ((_SURE, True), (_DOUBTFUL, False)):
        for found in pattern.finditer(text):
            start = _name_start(text, found.start(), sure=sure)
            if start is None or _is_vendor(text[start : found.start()]):
                continue
            if not sure and _DOUBTFUL_AFTER.match(text, found.end()):
                continue
            end = found.end("form")
            while more := _MORE_FORM.match(text, end):
                end = more.end()
            yield start, end
    for found in _LEADING.finditer(text):
        if not _is_vendor(found["name"]) and found["name"][0].isupper() and found["name"].lower() not in _NO_COMPANY:
            end = found.end() + (text[found.end() : found.end() + 1] in ("»", '"', "“", "”"))
            yield found.start(), end


def _name_start(text: str, end: int, *, sure: bool) -> int | None:
    """Where the name begins that stands before a form: words with a capital or a digit, joined by `&`, `de`, `und`."""
    first = max(0, end - _REACH)
    line = text[first:end].rpartition("\n")[2]
    begin = end - len(line)
    kept: list[tuple[int, str]] = []
    for found in reversed(list(re.finditer(r"[^\s]+", line))):
        before, opened = found[0], _OPENS.search(found[0][::-1])
        word = before[len(before) - opened.start() :] if opened else before
        shown = word.strip("\"'„“”«»(,")
        if not _belongs(shown, bool(kept) or sure) or shown in _FORMS:
            break
        kept.append((begin + found.end() - len(word) + word.find(shown), shown))
        # A bracket, a quote, a value or the end of a sentence begins here.
        if len(kept) == _MOST_WORDS or opened or word[0] in "\"'„“«(" or _ends(line[: found.start()], kept):
            break
    if kept and _is_vendor(text[kept[-1][0] : end]):
        return None
    while kept and (kept[-1][1].lower() in _NO_COMPANY or kept[-1][1] in _JOINING):
        kept.pop()
    if not kept or not (sure or _is_name(kept[0][1])):
        return None
    return kept[-1][0]


def _belongs(word: str, inside: bool) -> bool:
    if not word:
        return False
    if inside and (word in ("&", "+") or word.lower() in _JOINING):
        return True
    return _WORD.fullmatch(word) is not None and any(map(str.isupper, word)) and (inside or not word.isdigit())


def _ends(before: str, kept: list[tuple[int, str]]) -> bool:
    """Does a sentence or a part of one end before the name? `Quimby, Sons & Partners` goes on."""
    last = before.rstrip().rpartition(" ")[2]
    if last[-1:] == "," and any(word == "&" for _, word in kept):
        return False
    return last[-1:] in (".", ":", ";", "!", "?", ",", "|") and len(last) > 3


def _is_name(word: str) -> bool:
    """Before a doubtful form: a word such as `Nordlicht`, or capitals that are no word of technology."""
    if word.lower() in _NO_COMPANY:
        return False
    return len(word) >= (3 if any(map(str.islower, word)) else 4)


def _is_vendor(name: str) -> bool:
    """Is the first word, or are the first ones, a maker's name?"""
    lower = name.strip().lower()
    return any(lower.startswith(vendor) and not lower[len(vendor) :][:1].isalnum() for vendor in _VENDORS)


def _chinese(folded: Folded) -> Iterator[TextPassage]:
    if not folded.has_han:
        return
    text = folded.text
    for found in _CHINESE.finditer(text):
        run = _HAN.search(text[max(0, found.start() - _LONGEST_CHINESE) : found.start()])
        if not run:
            continue
        name = run[0]
        for lead in _CHINESE_START.finditer(name):
            if len(run[0]) - lead.end() >= 2:
                name = run[0][lead.end() :]
        if len(name) >= 2 and not name.startswith(_CHINESE_VENDORS) and not any(map(name.__contains__, _NO_CHINESE)):
            yield found.start() - len(name), found.end()


def _japanese_korean(folded: Folded) -> Iterator[TextPassage]:
    text = folded.text
    for found in _JAPANESE_FORM.finditer(text):
        before = _JAPANESE_NAME.search(text[max(0, found.start() - 20) : found.start()])
        start = found.start() - (len(before[0]) if before else 0)
        # A form may stand on either side: with a run of signs on both, both go.
        end = found.end() + _name_behind(text, found.end())
        if before or end > found.end():
            yield start, end
    for found in _KOREAN.finditer(text):
        yield found.span()


def _name_behind(text: str, start: int) -> int:
    """How many signs behind a Japanese form are a name, up to what tells that something is said of it."""
    found = _JAPANESE_BEHIND.match(text, start)
    if not found or _TOLD_BY.match(found["name"]) or is_blank(found["name"]):
        return 0
    told = _TOLD_BY.search(found["name"], 2)
    length = told.start() if told and not _is_kana(found["name"][: told.start()]) else len(found["name"])
    return found.start("name") - start + length


def _is_kana(text: str) -> bool:
    return all("\u3041" <= sign <= "\u3096" for sign in text)


def _with_east_asian(folded: Folded) -> bool:
    return not folded.text.isascii()


RULES = (
    MaskingRule("company", "COMPANY", _alphabets, lambda folded: " " in folded.text, RuleScope.TEXT),
    MaskingRule("chinese_company", "COMPANY", _chinese, _with_east_asian, RuleScope.TEXT),
    MaskingRule("japanese_korean_company", "COMPANY", _japanese_korean, _with_east_asian, RuleScope.TEXT),
)
