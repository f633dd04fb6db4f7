"""Names in alphabets, by the words around them: titles (several in a row too), greetings, closings, "my name is"."""

import re
from collections.abc import Callable, Iterator

from retriever.masking.folding import Folded
from retriever.masking.names import is_listed
from retriever.masking.rules import MaskingRule, Phrases, RuleScope, TextPassage
from retriever.masking.wordlists import words

_MOST_WORDS = 4
"""Words of one name, particles such as `von` not counted."""
_REACH = 160
"""Characters behind a title in which its name must end."""

# What may follow the first title without being a name: further titles, and the faculty of a doctor.
_FACULTY = r"(?:med|rer|nat|phil|jur|iur|oec|pol|habil|mult|dent|vet|theol|techn|sc|hum|agr|pharm|paed|h|c|hab|inż)\."
_DEGREE = r"(?:Dipl\.?[ -]?[A-ZÄÖÜ][a-zäöü]{1,12}\.?|Dr\.-Ing\.)"


def _titles() -> Iterator[str]:
    yield from words("titles")
    for word in words("titles_in_any_case"):
        yield from (word, word.capitalize(), word.upper())


def _title_pattern(_: str) -> str:
    """One title or several, and the space before what follows; a point needs none."""
    ends = {True: " {0,2}", False: r"(?:\. {0,2}|/-?(?:in|a) {1,2}| {1,2})"}
    forms = (re.escape(word) + ends[word.endswith(".")] for word in sorted(set(_titles()), key=len, reverse=True))
    one = rf"(?:{_DEGREE} {{0,2}}|{_FACULTY} {{0,2}}|{'|'.join(forms)})"
    return rf"(?<![\w@./\\-])(?!{_FACULTY}){one}(?:-?{one}|- ?){{0,9}}"


_TITLES = Phrases((*_titles(), "Dipl"), _title_pattern, lower=False)
NAME_WORD = re.compile(
    r"[^\W\d_]\.(?:-?[^\W\d_]\.){0,2}|[^\W\d_](?:[^\W\d_]|\u0301){0,40}+(?:['’`´-][^\W\d_]{1,30}+){0,3}"
)
"""A word of a name, or its initials: `Schmidt-Öztürk`, `А.В.`, `J.-P.`."""
_PARTICLES = frozenset(words("name_particles"))
_ELIDED = ("d'", "d’", "l'", "l’")
_SHORTENED = ("'t ", "’t ", "'s ", "’s ")  # van 't Zand, 't Hart
_NO_NAME = frozenset(words("no_name"))
_LATER_WORDS = frozenset(("an", "am", "ok", "in", "on"))
"""No first word of a name, but a last one in Vietnam or Korea."""
_BRANDS = frozenset(words("titled_brands"))
_UNCASED = Phrases(words("uncased_titles"), lambda titles: rf"(?<!\w)(?:{titles})(?:/[ةه])?[ :]{{1,2}}")
_UNCASED_WORD = re.compile(r"[^\W\d_](?:\w|[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u200c'\"׳״])+")
_NO_UNCASED_NAME = frozenset(words("no_uncased_name"))
_ARABIC_ARTICLE = "ال"
_ARABIC_JOINTS = frozenset(words("arabic_joints"))
_BEHIND = Phrases(words("titles_behind"), lambda titles: rf"(?<= )(?:{titles})(?!\w)", lower=False)
_STREET_BEFORE = re.compile(r"\d[A-Za-z]? (?:[^\W\d_]{1,20} ){1,3}$")
_INTRODUCED = Phrases(words("introductions"), lambda leads: rf"(?<!\w)(?:{leads}) {{1,2}}")
_LABELLED = Phrases(words("person_labels"), lambda labels: rf"(?<!\w)(?:{labels}) ?[:：] {{0,2}}")
_GREETED = Phrases(words("greetings"), lambda greetings: rf"(?<!\w)(?:{greetings}),? ")
_LINE_BEGINS = re.compile(r"(?:^|\n)[ \t>]{0,8}$")
_AFTER_GREETING = re.compile(r" ?(?:[,!:，！：\n]|$|[-–—] )|(?: [^\W\d_]{1,30}){1,2} ?[,!:\n]")
_CLOSED = Phrases(words("closings"), lambda closings: rf"(?:{closings})[,.!]?[ \t]{{0,8}}\n{{1,2}}[ \t]{{0,8}}")
_AFTER_CLOSING = re.compile(r"[ \t]{0,8}(?=\n|$)")


def name_after(text: str, start: int) -> int:
    """Where the name that begins here ends; `start` itself when none does.

    Words with a capital, joined by particles (`Ana de la Cruz`) and initials (`J. R. Berg`), up to four of them on
    one line, and none that belongs to no name.
    """
    place, end, count = start + (3 if text.startswith(_SHORTENED, start) else 0), start, 0
    while count < _MOST_WORDS and (found := NAME_WORD.match(text, place, start + _REACH)):
        word = found[0]
        lower = word.lower()
        if lower in _PARTICLES and not word[0].isupper():
            place = found.end()
            place += 3 if text.startswith(_SHORTENED, place + 1) else 0
        elif _is_name_word(word, lower) or (count and lower in _LATER_WORDS and word[0].isupper()):
            place = end = found.end()
            count += not word.endswith(".")
        else:
            break
        if text[place : place + 1] == " ":
            place += 1
        elif not (word.endswith(".") and text[place : place + 1].isalpha()):  # А.В.Кузнецов
            break
    return end if count else start


def _is_name_word(word: str, lower: str) -> bool:
    if word[:2] in _ELIDED:
        word, lower = word[2:], lower[2:]
    if not word[:1].isupper() or lower in _NO_NAME or lower.partition("-")[0] in _NO_NAME:
        return False
    return len(word) > 1 or word == "Ø"


def _titled(folded: Folded) -> Iterator[TextPassage]:
    text = folded.text
    for found in _TITLES.find(folded):
        end = name_after(text, found.end())
        if end == found.end():
            continue
        title = found[0].strip().rstrip(".").lower()
        first = text[found.end() : end].split()[0].lower()
        if f"{title} {first}" in _BRANDS:
            continue
        if title in ("dr", "st") and _STREET_BEFORE.search(text[max(0, found.start() - 60) : found.start()]):
            continue
        yield found.end(), end
    for found in _UNCASED.find(folded):
        if (end := uncased_name_after(text, found.end(), is_listed, sure=True)) > found.end():
            yield found.end(), end
    for found in _BEHIND.find(folded):
        end = found.start() - 1
        if (start := _start_before(text, end)) < end:
            yield start, end


def uncased_name_after(text: str, start: int, known: Callable[[str], bool], *, sure: bool = False) -> int:
    """Where the name of up to four words ends that begins here, in a script without capitals; `start` when none does.

    Each word must be `known`, or begin with the Arabic article behind the first; `sure` takes the first two whatever
    they are, unless they are listed as no name. A single word is none unless `sure`.
    """
    place, end, count = start, start, 0
    while count < _MOST_WORDS and (found := _UNCASED_WORD.match(text, place, place + 40)):
        word = found[0]
        if word in _NO_UNCASED_NAME or word[0].isupper() or (not sure and word[0].islower()):
            break
        if count and word in _ARABIC_JOINTS:  # they join two words of a name
            place = found.end() + 1
            continue
        if not (known(word) or (sure and count < 2) or (count and word.startswith(_ARABIC_ARTICLE))):
            break
        end, count = found.end(), count + 1
        if text[end : end + 1] != " ":
            break
        place = end + 1
    return end if sure or count > 1 else start


def _start_before(text: str, end: int) -> int:
    """Where the up to three capitalised words begin that stand before a title: `Ayşe Yılmaz Hanım`, `राजेश कुमार जी`."""
    start = end
    for word in reversed(text[max(0, end - 80) : end].split(" ")[-3:]):
        if not (
            is_listed(word) if _is_uncased(word) else NAME_WORD.fullmatch(word) and _is_name_word(word, word.lower())
        ):
            break
        start -= len(word) + (start < end)
    return start


def _is_uncased(word: str) -> bool:
    return word[:1].lower() == word[:1].upper()


def _announced(folded: Folded) -> Iterator[TextPassage]:
    text = folded.text
    for phrases, fewest in ((_INTRODUCED, 1), (_LABELLED, 2)):
        for found in phrases.find(folded):
            end = name_after(text, found.end())
            known = text[found.end() : end].split()
            # "This is Windows", "This is Great", "Customer: Contoso"
            if len(known) >= (2 if found[0].startswith("this is") else fewest):
                yield found.end(), end
    for phrases, after in ((_GREETED, _AFTER_GREETING), (_CLOSED, _AFTER_CLOSING)):
        for found in phrases.find(folded):
            end = name_after(text, found.end())
            begins = phrases is _CLOSED or _LINE_BEGINS.search(text[max(0, found.start() - 10) : found.start()])
            if end > found.end() and begins and after.match(text, end):
                yield found.end(), end


RULES = (
    MaskingRule("titled_name", "PERSON", _titled, lambda _: True, RuleScope.TEXT),
    MaskingRule("name", "PERSON", _announced, lambda _: True, RuleScope.TEXT),
)
