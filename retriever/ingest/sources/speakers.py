"""Who wrote a comment, as far as a help desk tells: a machine, or one of the people who asked.

A machine, an outsider and an internal note never give the solution of a case. Each help desk's own mapping knows its
flags; what they share, names of machines and the comparison of two spellings of a person, stands here.
"""

import re
from collections.abc import Iterable, Sequence

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
# Flags of comments without underscores and case: some help desks' own, others of their exports and of gateways.
_SHOWN_TO_ALL = frozenset(
    ("public", "ispublic", "jsdpublic", "published", "ispublished", "isexternallyvisible", "externallyvisible",
     "customervisible", "iscustomervisible", "visibletocustomer", "visibletocustomers")
)  # fmt: skip
_SHOWN_WITHIN = frozenset(
    ("private", "isprivate", "internal", "isinternal", "internalnote", "isinternalnote", "privatenote", "internalonly",
     "agentonly", "staffonly")
)  # fmt: skip
_WHO_SEES = frozenset(("visibility", "type", "kind", "commenttype", "notetype", "channel", "privacy", "scope"))
_WITHIN = frozenset(
    ("internal", "private", "internalnote", "privatenote", "internalcomment", "privatecomment", "internalusers",
     "internalonly", "agents", "agentsonly", "agentonly", "staff", "staffonly", "worknote", "worknotes", "restricted",
     "sideconversation")
)  # fmt: skip
_MACHINE = re.compile(any_of("machine"))
_JOINTS = re.compile(r"[\s_-]+")
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


def is_internal(comment: Record) -> bool:
    """Does the comment say, by any flag that help desks know, that customers do not see it?"""
    for key, value in comment.items():
        name = _bare(str(key))
        if (name in _SHOWN_TO_ALL and is_false(value)) or (name in _SHOWN_WITHIN and is_true(value)):
            return True
        if name in _WHO_SEES and _bare(text(value)) in _WITHIN:
            return True
    return False


def seen_by_all(comments: Sequence[Record]) -> list[Record]:
    """The comments that customers see: one without a mark is none where others of the ticket are marked as seen."""
    is_told = any(map(_tells_who_sees, comments))
    return [note for note in comments if not is_internal(note) and (not is_told or _tells_who_sees(note))]


def _tells_who_sees(comment: Record) -> bool:
    """Has it a flag that a help desk writes on every comment? A mark of the internal ones alone is none."""
    return any(
        (_bare(str(key)) in _SHOWN_TO_ALL and value not in (None, ""))
        or (_bare(str(key)) in _SHOWN_WITHIN and is_false(value))
        for key, value in comment.items()
    )


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


def _bare(name: str) -> str:
    """`isInternal`, `is_internal` and `Is internal` are one name."""
    return _JOINTS.sub("", name[:LONGEST_NAME]).casefold()


def _folded(name: str) -> str:
    return " ".join(normalise("NFKC", name[:LONGEST_NAME]).casefold().split())
