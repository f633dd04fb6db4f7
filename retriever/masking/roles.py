"""Names beside what a person is to the desk (customer, user, manager, in thirty languages) and behind `Name:`.

Such a word also stands before products and things (`User Account Control`, `Kundin Portal`), so what follows must hold
a name that people bear, or have the ending of a surname.
"""

import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.names import is_listed, is_person
from retriever.masking.rules import MaskingRule, Phrases, RuleScope, TextPassage
from retriever.masking.titled import NAME_WORD, name_after, uncased_name_after
from retriever.masking.wordlists import any_of, names, words

_NO_VALUE = frozenset(words("no_secret"))
_LINK = rf"(?:(?:{any_of('role_links')})[ :] ?)?"
_ROLES = Phrases(words("roles"), lambda roles: rf"(?<![\w@./-])(?:{roles})(?: ?[:,(\"«„“–-] ?| ){_LINK}[\"«„“]?")
_BEHIND = Phrases(words("roles"), lambda roles: rf"(?<![\w@./-])(?:{roles})(?![\w-])")
_LINKS_BEHIND = words("role_links_behind")
_ROLES_BEHIND = frozenset(words("roles_behind"))
_LABEL_BEGINS = r"(?:(?<=[\n\t,;|>(\[{*•·\"'/])|(?<=[,;|>*•·/-] )|(?<=  )|(?<![\s\S]))"
_LABELLED = Phrases(
    (*words("name_labels"), *words("person_labels")),
    lambda labels: rf"{_LABEL_BEGINS}(?:{labels})[\"*]{{0,2}} ?[:：=] {{0,2}}[\"*]{{0,2}}",
)
_PART_LABELLED = Phrases(
    words("name_part_labels"), lambda labels: rf"(?<!\w)(?:{labels})[\"*]{{0,2}} ?[:：=] {{0,2}}[\"*]{{0,2}}"
)

_THAI = "[\u0e01-\u0e4e]"
_THAI_LED = re.compile(
    rf"(?P<lead>{any_of('thai_leads')})[ :：]{{0,2}}(?P<run>{_THAI}{{2,40}})(?: {{1,2}}(?P<next>{_THAI}{{2,40}}))?"
)
_THAI_NAMES = names("thai_names")
_THAI_SURE = frozenset(words("thai_sure_leads"))
_NO_THAI = words("no_thai_name")
_LONGEST_THAI = 16  # signs of a first name or surname; a longer run is a sentence


def _beside_roles(folded: Folded) -> Iterator[TextPassage]:
    text = folded.text
    for found in _ROLES.find(folded):
        if (end := _name_end(text, found.end())) > found.end():
            yield found.end(), end
    for found in _BEHIND.find(folded):
        if (place := _name_before(text, found.start(), found[0])) is not None:
            yield place


def _name_end(text: str, start: int) -> int:
    """Where a name ends that begins here and is one without doubt; `start` when none does."""
    end = name_after(text, start)
    if end > start and not text.startswith((" &", " +", "&"), end) and is_person(text[start:end]):
        return end
    return uncased_name_after(text, start, is_listed)


def _name_before(text: str, role: int, word: str) -> TextPassage | None:
    """The name of two words or more that stands before a role: `Petra Schmidt (Kundin)`, `Ayşe Demir adlı müşteri`."""
    before = text[max(0, role - 8) : role]
    link = next((link for link in _LINKS_BEHIND if before.endswith(link)), None)
    if link is None and not (word in _ROLES_BEHIND and before.endswith(" ")):
        return None
    end = role - len(link or " ")
    start = end
    kept = 0
    for part in reversed(text[max(0, end - 80) : end].split(" ")[-4:]):
        if not NAME_WORD.fullmatch(part) or not part[0].isupper():
            break
        start -= len(part) + (start < end)
        kept += 1
    return (start, end) if kept > 1 and name_after(text, start) == end and is_person(text[start:end]) else None


def _labelled(folded: Folded) -> Iterator[TextPassage]:
    text = folded.text
    for found in _LABELLED.find(folded):
        end = _name_end(text, found.end())
        surname = name_after(text, found.end())
        first = name_after(text, surname + 2) if text.startswith(", ", surname) else surname
        if first > surname + 2 and is_person(text[found.end() : first]):  # Berg, Anna
            end = first
        if end > found.end():
            yield found.end(), end
    for found in _PART_LABELLED.find(folded):
        end = name_after(text, found.end())
        if end > found.end() and text[found.end() : end].lower() not in _NO_VALUE:
            yield found.end(), end


def _thai(folded: Folded) -> Iterator[TextPassage]:
    for found in _THAI_LED.finditer(folded.text):
        run, after = found["run"], found["next"]
        length = _thai_length(run)
        whole = len(run) <= _LONGEST_THAI and not run.startswith(_NO_THAI)
        surname = after is not None and len(after) <= _LONGEST_THAI and not after.startswith(_NO_THAI)
        if surname and whole and (length == len(run) or found["lead"] in _THAI_SURE):
            yield found.start("run"), found.end("next")
        elif length:
            yield found.start("run"), found.start("run") + length


def _thai_length(run: str) -> int:
    """How many of the first signs are a listed first name."""
    return next((length for length in range(min(len(run), _LONGEST_THAI), 3, -1) if run[:length] in _THAI_NAMES), 0)


def _with_thai(folded: Folded) -> bool:
    return not folded.text.isascii() and re.search(_THAI, folded.text) is not None


RULES = (
    MaskingRule("name_beside_role", "PERSON", _beside_roles, lambda _: True, RuleScope.TEXT),
    MaskingRule("labelled_name", "PERSON", _labelled, lambda _: True, RuleScope.TEXT),
    MaskingRule("thai_name", "PERSON", _thai, _with_thai, RuleScope.TEXT),
)
