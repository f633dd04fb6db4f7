"""Postal addresses: a street with its number, widened to the region before it and the rooms after it. Best effort."""

import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage, with_any
from retriever.masking.wordlists import any_of, words

# --- Chinese: anchored at street + number, then widened both ways

_STREET = re.compile(
    r"(?:路|街|大道|巷|弄|胡同|村|镇|乡|小区|花园|公寓|大厦|广场|新村|家园|苑|里|道|段)(?:[东南西北中]|[东南西北]段)?"
    r"(?:\d{1,5}(?:-\d{1,4})?|[一二三四五六七八九十百]{1,4})(?:号|號|弄|栋|幢|座|单元|室|楼|组)"
)
_ROOMS = re.compile(
    r"(?:[,， ]?(?:院内|院|[\u4e00-\u9fff]{2,8}?(?:小区|花园|公寓|大厦|广场|家园|苑|城|中心))?"
    r"(?:\d{1,5}|[A-Za-z]\d{0,3}|[一二三四五六七八九十]{1,3})"
    r"(?:号楼|号|號|弄|栋|幢|座|单元|室|楼|层|房|户)(?:\d{3,4}(?!\d)(?:室|房)?)?){0,5}+"
    r"(?:[ -]?\d{3,4}(?:室|房)?(?![\d%]))?"
)
_WIDEST = 40  # signs that an address may have before its street
_RUN = re.compile(r"[\u4e00-\u9fff0-9]*")
_LEADS = words("address_leads")
_REGION = re.compile("|".join(sorted(words("regions"), key=len, reverse=True)))
_LABELLED = re.compile(
    r"(?:收货|收件|寄送|邮寄|家庭|联系|居住|详细|通讯|通信|户籍|办公|送货|派送|配送|寄件|上门|安装|收貨|聯絡|通訊)(?:人)?地址(?:[:：]|为|是|改为|改成)\s{0,3}(?P<place>[^\n。；;，,!！?？]{4,60})"
)
_TELLING = re.compile(r"\d|路|街|巷|村|镇|小区|号|室|区|县|市")
_NO_PLACE = re.compile(r"(?:https?|ftp)?://|[\w.]+@|(?:填|写|不|错|无|未|有|和|与|请|要|怎|如何|可以|已)")


def _chinese(folded: Folded) -> Iterator[TextPassage]:
    if not folded.has_han:
        return
    after = 0
    for found in _LABELLED.finditer(folded.text):
        place = found["place"]
        if _TELLING.search(place) and not _NO_PLACE.match(place):
            yield found.span("place")
    for found in _STREET.finditer(folded.text):
        if found.start() < after:
            continue
        start = _begin(folded.text, found.start())
        rooms = _ROOMS.match(folded.text, found.end())
        after = rooms.end() if rooms else found.end()
        if start < found.start():
            yield start, after


def _begin(text: str, street: int) -> int:
    """Where an address begins: at its region, else behind a word that leads to it, else six signs before the street."""
    # Backwards, so that each sign is looked at once.
    backwards = _RUN.match(text[max(0, street - _WIDEST) : street][::-1])
    run = backwards[0][::-1] if backwards else ""
    first = street - len(run)
    if region := _REGION.search(run):
        return first + region.start()
    lead = max((place + len(word) for word in _LEADS if (place := run.rfind(word)) >= 0), default=0)
    return max(first + lead, street - 6)


# --- Japanese and Korean

_JAPANESE = re.compile(
    rf"(?:〒?\d{{3}}-\d{{4}}\s?)?(?:{any_of('prefectures')})[\u3040-\u30ff\u4e00-\u9fff々ヶ]{{1,20}}"
    r"\d{1,4}(?:(?:丁目|番地|番|号|-)の?\d{0,4}){1,4}|〒\d{3}-\d{4}"
)
_KOREAN = re.compile(
    r"(?<![가-힣])(?:[가-힣]{2,7}(?:특별시|광역시|특별자치시|도|시) )(?:[가-힣]{1,8}(?:구|군|시) ){1,2}"
    r"[가-힣0-9]{1,12}(?:로|길|동)(?:\d{1,3}번길)? \d{1,4}(?:-\d{1,4})?"
)


def _japanese_korean(folded: Folded) -> Iterator[TextPassage]:
    for pattern in (_JAPANESE, _KOREAN):
        for found in pattern.finditer(folded.text):
            yield found.span()


# --- alphabets

_CAP = r"[A-ZÀ-Þ][A-Za-zÀ-ÿ'’.-]{1,24}"
_TOWN = rf"{_CAP}(?: {_CAP})?(?![A-Za-z0-9])"
# Of the United Kingdom, Canada, the States, Australia, the Netherlands, Poland, Sweden and Czechia, and of five digits.
_POSTCODE = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{2,3} \d{4}"
    r"|\d{4} ?[A-Z]{2}|\d{2}-\d{3}|\d{3} \d{2}|\d{5}(?:-\d{3,4})?)(?![A-Za-z0-9])"
)
_TO_TOWN = rf"(?:(?:, {_TOWN}){{0,3}},? {_POSTCODE}(?:,? {_TOWN})?|, {_TOWN})?"
_ROOM = rf"(?:,? (?:{any_of('rooms')}) ?[A-Z0-9-]{{1,6}})?"
_NUMBERED = r"(?<![A-Za-z0-9_.,])\d{1,5}[A-Za-z]? "
_ENGLISH = re.compile(
    rf"{_NUMBERED}(?:{_CAP} ){{1,4}}(?:{any_of('streets')})(?![A-Za-z]){_ROOM}{_TO_TOWN}"
    rf"|{_NUMBERED}(?!(?:{any_of('drives')}) )(?:{_CAP} ){{1,3}}(?:{any_of('everyday_streets')})(?![A-Za-z]){_ROOM}"
    rf"(?=, ){_TO_TOWN}"
)
_GERMAN = re.compile(
    rf"(?<![A-Za-zÀ-ÿ0-9_])(?:[A-ZÄÖÜ][a-zäöüß-]{{1,24}}|(?:{_CAP} ){{1,2}})(?i:{any_of('german_streets')}) "
    rf"\d{{1,4}} ?[a-zA-Z]?(?![A-Za-z0-9])(?:, ?(?:[A-Z]{{1,2}}-)?(?:\d{{4}}|{_POSTCODE}) {_TOWN})?"
)
_FRENCH_WORD = rf"(?:{any_of('french_articles')}|[ld]['’]{_CAP}|{_CAP})"
_FRENCH = re.compile(
    rf"(?<![A-Za-z0-9_.,])\d{{1,4}}(?: ?bis| ?ter)?,? (?i:{any_of('french_streets')}) "
    rf"(?:(?:{any_of('french_articles')}) |[ld]['’]){{0,3}}{_CAP}(?: {_FRENCH_WORD}){{0,4}}(?:,? ?\d{{5}} {_TOWN})?"
)
_SPANISH = re.compile(
    rf"(?<![A-Za-zÀ-ÿ0-9_])(?:{any_of('spanish_streets')}) (?:(?:{any_of('spanish_articles')}|{_CAP}) ){{0,4}}{_CAP},? "
    rf"(?:n[º°.]? ?)?\d{{1,4}}(?![A-Za-z0-9_.%])(?:,? ?\d[ºª°]? ?[A-Z]?)?, ?\d{{4,5}}(?:-\d{{3}})? {_TOWN}"
)


def _alphabets(folded: Folded) -> Iterator[TextPassage]:
    for pattern in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH):
        for found in pattern.finditer(folded.text):
            yield found.start(), found.start() + len(found[0].rstrip(" ,"))


_STREET_WORDS = with_any(
    *{word.lower() for name in ("streets", "everyday_streets") for word in words(name) if not word.endswith(".")},
    *words("german_streets"), *words("french_streets"), *(word.lower() for word in words("spanish_streets")),
)  # fmt: skip
_EAST_ASIAN_MARKS = with_any("〒", "丁目", "番", "号", "-", "로 ", "길 ", "동 ", "로", "길")


def _with_streets(folded: Folded) -> bool:
    return folded.has_digit and _STREET_WORDS(folded)


def _with_marks(folded: Folded) -> bool:
    return folded.has_digit and not folded.text.isascii() and _EAST_ASIAN_MARKS(folded)


RULES = (
    MaskingRule("chinese_address", "ADDRESS", _chinese, lambda folded: folded.has_han, RuleScope.TEXT),
    MaskingRule("japanese_korean_address", "ADDRESS", _japanese_korean, _with_marks, RuleScope.TEXT),
    MaskingRule("address", "ADDRESS", _alphabets, _with_streets, RuleScope.TEXT),
)
