"""Who wrote a comment, as far as a help desk tells: a machine, or one of the people who asked.

A machine, an outsider and an internal note never give the solution of a case. Each help desk's own mapping knows its
flags; what they share, names of machines and the comparison of two spellings of a person, stands here.
"""

import re
from collections.abc import Iterable

from index.text.normal import normalise
from retriever.ingest.sources.record import Record, is_true, text
from retriever.ingest.words import any_of

LONGEST_NAME = 200
"""Characters of a name that are looked at."""

_MACHINE_TYPES = frozenset(
    (
        *("bot", "app", "system", "automation", "automatedprocess", "cloudintegrationuser", "virtualagent"),
        *("trigger", "workflow", "mannequin"),
    )
)
_TYPE_KEYS = ("type", "__typename", "accountType", "account_type", "UserType", "user_type", "kind")
_NAME_KEYS = (
    "login",
    "name",
    "Name",
    "displayName",
    "display_name",
    "display_value",
    "username",
    "emailAddress",
    "email",
)
_MACHINE = re.compile(any_of("machine"))
_SUFFIX = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]|[（【][^（）【】]{0,60}[）】]")


def is_machine(author: object) -> bool:
    """Is the author, an object or a name, a bot, an automation or the help desk itself?"""
    if isinstance(author, str):
        return bool(_MACHINE.fullmatch(_folded(author)))
    if not isinstance(author, dict):
        return False
    if is_true(author.get("is_bot")) or is_true(author.get("bot")):
        return True
    if any(_folded(text(author.get(key))) in _MACHINE_TYPES for key in _TYPE_KEYS):
        return True
    return any(_MACHINE.fullmatch(_folded(text(author.get(key)))) for key in _NAME_KEYS)


def is_false(value: object) -> bool:
    """Falsehood as JSON and as tables write it; what is missing says nothing."""
    return value is False or (isinstance(value, str | int) and str(value).strip().lower() in ("false", "0", "no"))


def same_person(name: str) -> str:
    """One spelling for `User, Ann`, `ann user` and `Ann User (ext)`; empty for no name."""
    words = re.findall(r"[\w.@+-]+", _SUFFIX.sub(" ", _folded(name)))
    return " ".join(sorted(words))


def ids_of(record: Record, *keys: str) -> set[str]:
    """The ids of people under these keys: numbers, texts, objects with an `id`, or lists of these."""
    found: set[str] = set()
    for key in keys:
        value = record.get(key)
        for entry in value if isinstance(value, list | tuple) else [value]:
            plain = text(entry.get("id")) if isinstance(entry, dict) else text(entry)
            found.add(plain)
    return found - {""}


def people_named(names: Iterable[str]) -> set[str]:
    """The names in one spelling; see `same_person`."""
    return {key for name in names if (key := same_person(name))}


def _folded(name: str) -> str:
    return " ".join(normalise("NFKC", name[:LONGEST_NAME]).casefold().split())
