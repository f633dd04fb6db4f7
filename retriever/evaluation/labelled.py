"""Labelled sets: questions, the documents that could answer them, and which ones do."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

from retriever.case.dates import normalise_date
from retriever.errors import InvalidInput

Qrels: TypeAlias = Mapping[str, Mapping[str, int]]
"""Question id -> document id -> grade (0 = judged and not relevant)."""

_DATES = ("date", "resolved_at", "opened_at", "created_at")


@dataclass(frozen=True, slots=True)
class Document:
    """One text to be found. Without a text it only says language and product of a case that lies in a library."""

    id: str
    title: str
    text: str
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def date(self) -> str:
        """When it came to be, YYYY-MM-DD or RFC 3339; empty when nothing says it."""
        return _date(self.metadata)


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """One question; without relevant documents it is out of scope and should be abstained from.

    `exclude` holds documents that it must not find, since they are itself; `until` the last date it may see, if any.
    """

    id: str
    text: str
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    until: str = ""
    audience: tuple[str, ...] = ()

    @property
    def date(self) -> str:
        """When it was asked, YYYY-MM-DD or RFC 3339; empty when nothing says it."""
        return _date(self.metadata)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Documents, questions and which answers which. Every judged id exists, and no id stands twice."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[LabelledQuestion, ...]
    qrels: Qrels
    out_of_scope: tuple[LabelledQuestion, ...] = ()

    def only(self, keep: Callable[[LabelledQuestion], bool]) -> Self:
        """The set with some of its questions, of both kinds."""
        asked, outside = (tuple(filter(keep, part)) for part in (self.questions, self.out_of_scope))
        return replace(self, questions=asked, qrels={one.id: self.qrels[one.id] for one in asked}, out_of_scope=outside)


def answered(qrels: Qrels, excluded: Callable[[str], Collection[str]]) -> dict[str, dict[str, int]]:
    """Judgements without what each question must not find, by its id; without questions that nothing answers then."""
    others = {
        name: {document: grade for document, grade in judged.items() if document not in excluded(name)}
        for name, judged in qrels.items()
    }
    return {name: judged for name, judged in others.items() if any(grade > 0 for grade in judged.values())}


def _date(metadata: Mapping[str, Any]) -> str:
    """The first date that the metadata hold. Raises InvalidInput when it is none."""
    found = next((metadata[name] for name in _DATES if metadata.get(name)), "")
    try:
        return normalise_date(found) if found else ""
    except ValueError as error:
        raise InvalidInput(f"{str(found)[:40]!r} is no date: write it as 2026-03-31") from error
