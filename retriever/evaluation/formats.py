"""Labelled retrieval sets: BEIR folders, and the sample library's own questions. Fails closed, naming file and line."""

import csv
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeAlias

from retriever.case.format import normalise_date
from retriever.errors import InvalidInput

Qrels: TypeAlias = Mapping[str, Mapping[str, int]]
"""Question id -> document id -> grade (0 = judged and not relevant)."""

OWN_ID = "id in the set"
"""Where a document that was renamed keeps the id it came with."""
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
class Question:
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
    questions: tuple[Question, ...]
    qrels: Qrels
    out_of_scope: tuple[Question, ...] = ()


def load_beir(folder: Path, *, split: str = "test") -> LabelledSet:
    """A BEIR folder (corpus.jsonl, queries.jsonl, qrels/<split>.tsv; optionally oos_queries.jsonl).

    Questions without a judgement are left out, as BEIR does. A question that is itself a document is never answered by
    it. Raises InvalidInput with file and line.
    """
    documents = tuple(
        Document(row["_id"], str(row.get("title") or ""), str(row.get("text") or ""), _lang(row), _metadata(row))
        for row in _unique(folder / "corpus.jsonl")
    )
    known = {document.id for document in documents}
    questions = {row["_id"]: _question(row, known) for row in _unique(folder / "queries.jsonl")}
    qrels = _load_qrels(folder / "qrels" / f"{split}.tsv", questions, known)
    extra = folder / "oos_queries.jsonl"
    outside = tuple(_question(row, known) for row in _unique(extra)) if extra.is_file() else ()
    for question in outside:
        if question.id in questions:
            raise InvalidInput(f"{extra}: _id {question.id!r} stands in queries.jsonl too")
    return LabelledSet(folder.name, documents, tuple(questions[name] for name in qrels), qrels, outside)


def load_sample_questions() -> LabelledSet:
    """The questions of the sample library; without documents, since these are the sample cases themselves."""
    folder = resources.files("retriever.sample") / "questions"
    rows = [row for path in sorted(folder.iterdir(), key=lambda p: p.name) for row in _unique(path, "id")]
    repeated = _repeated([row["id"] for row in rows])
    if repeated is not None:
        raise InvalidInput(f"sample questions: id {rows[repeated]['id']!r} stands twice")
    questions = [Question(row["id"], row["text"], row["language"], {"kind": row["kind"]}) for row in rows]
    qrels = {row["id"]: dict(row["relevant"]) for row in rows if row["relevant"]}
    return LabelledSet(
        "sample",
        (),
        tuple(question for question in questions if question.id in qrels),
        qrels,
        tuple(question for question in questions if question.id not in qrels),
    )


def iter_sample_cases() -> Iterator[dict[str, Any]]:
    """The cases of the sample library as plain mappings, in the order of their files."""
    folder = resources.files("retriever.sample") / "cases"
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        yield from (row for _, row in iter_rows(path))


def split_by_time(labelled: LabelledSet) -> LabelledSet:
    """The set as it was when each question was asked: newer documents are not there, and answer nothing.

    Questions that nothing answered yet are left out. Raises InvalidInput for a question or an answer without a date.
    """
    dates = {document.id: document.date for document in labelled.documents}
    qrels, questions = {}, []
    for question in (*labelled.questions, *labelled.out_of_scope):
        if not question.date:
            raise InvalidInput(f"{labelled.name}: question {question.id!r} has no date, so there is no split by time.")
    for question in labelled.questions:
        judged = labelled.qrels[question.id]
        undated = next((name for name in judged if not dates.get(name)), None)
        if undated is not None:
            raise InvalidInput(f"{labelled.name}: {undated!r} has no date, so there is no split by time.")
        left = {name: grade for name, grade in judged.items() if not is_newer(dates[name], question.date)}
        if any(grade > 0 for grade in left.values()):
            qrels[question.id] = left
            questions.append(replace(question, until=question.date))
    outside = tuple(replace(question, until=question.date) for question in labelled.out_of_scope)
    return replace(labelled, questions=tuple(questions), qrels=qrels, out_of_scope=outside)


def sample_questions(labelled: LabelledSet, count: int, *, seed: int = 20) -> LabelledSet:
    """The set with at most `count` questions of each kind (answerable, out of scope), drawn with a seed."""
    rng = random.Random(seed)  # noqa: S311  no secret
    parts = []
    for questions in (labelled.questions, labelled.out_of_scope):
        drawn = set(rng.sample(range(len(questions)), min(count, len(questions))))
        parts.append(tuple(question for place, question in enumerate(questions) if place in drawn))
    qrels = {question.id: labelled.qrels[question.id] for question in parts[0]}
    return replace(labelled, questions=parts[0], qrels=qrels, out_of_scope=parts[1])


def is_newer(one: str, other: str) -> bool:
    """Whether a date lies after another; where one of them is a bare day, days are compared."""
    length = min(len(one), len(other))
    return one[:length] > other[:length]


def iter_rows(path: Path | Traversable) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that is not blank. Raises InvalidInput with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InvalidInput(f"{path}:{number}: expected an object")
        yield number, row


def _load_qrels(path: Path, questions: Mapping[str, Question], documents: set[str]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
        if number == 1 and row[-1] == "score":
            continue
        if len(row) != 3 or not row[2].lstrip("-").isdigit():
            raise InvalidInput(f"{path}:{number}: expected query-id, corpus-id and a whole score, got {row}")
        question, document, grade = row[0], row[1], int(row[2])
        for kind, name, known in (("question", question, questions), ("document", document, documents)):
            if name not in known:
                raise InvalidInput(f"{path}:{number}: {kind} {name!r} does not exist")
        if document in qrels.setdefault(question, {}):
            raise InvalidInput(f"{path}:{number}: {question!r} and {document!r} are judged twice")
        qrels[question][document] = grade
    if not qrels:
        raise InvalidInput(f"{path} holds no judgement")
    others = {
        name: {document: grade for document, grade in judged.items() if document not in questions[name].exclude}
        for name, judged in qrels.items()
    }
    return {name: judged for name, judged in others.items() if any(grade > 0 for grade in judged.values())}


def _unique(path: Path | Traversable, key: str = "_id") -> list[dict[str, Any]]:
    numbered = list(iter_rows(path))
    repeated = _repeated([row.get(key) for _, row in numbered])
    if repeated is not None:
        number, row = numbered[repeated]
        raise InvalidInput(f"{path}:{number}: {key} {row.get(key)!r} is missing, no text, or stands twice")
    return [row for _, row in numbered]


def _repeated(ids: list[Any]) -> int | None:
    """Where the first id stands that is no text, empty or seen before; None when all are fine."""
    seen: set[str] = set()
    for position, name in enumerate(ids):
        if not isinstance(name, str) or not name or name in seen:
            return position
        seen.add(name)
    return None


def _question(row: Mapping[str, Any], documents: set[str]) -> Question:
    own = (row["_id"],) if row["_id"] in documents else ()
    return Question(row["_id"], str(row.get("text") or ""), _lang(row), _metadata(row), own)


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row.get("metadata") or {}


def _lang(row: Mapping[str, Any]) -> str:
    metadata = _metadata(row)
    return str(metadata.get("lang") or metadata.get("language") or "")


def _date(metadata: Mapping[str, Any]) -> str:
    """The first date that the metadata hold. Raises InvalidInput when it is none."""
    found = next((metadata[name] for name in _DATES if metadata.get(name)), "")
    try:
        return normalise_date(found) if found else ""
    except ValueError as error:
        raise InvalidInput(f"{str(found)[:40]!r} is no date: write it as 2026-03-31") from error
