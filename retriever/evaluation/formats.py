"""Labelled retrieval sets: BEIR folders, and the sample library's own questions. Fails closed, naming file and line."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeAlias

from retriever.errors import InvalidInput

Qrels: TypeAlias = Mapping[str, Mapping[str, int]]
"""Question id -> document id -> grade (0 = judged and not relevant)."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text to be found."""

    id: str
    title: str
    text: str
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One question; without relevant documents it is out of scope and should be abstained from."""

    id: str
    text: str
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


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

    Questions without a judgement are left out, as BEIR does. Raises InvalidInput with file and line.
    """
    documents = tuple(
        Document(row["_id"], str(row.get("title") or ""), str(row.get("text") or ""), _lang(row), _metadata(row))
        for row in _unique(folder / "corpus.jsonl")
    )
    questions = {row["_id"]: _question(row) for row in _unique(folder / "queries.jsonl")}
    qrels = _load_qrels(folder / "qrels" / f"{split}.tsv", questions, {document.id for document in documents})
    extra = folder / "oos_queries.jsonl"
    outside = tuple(_question(row) for row in _unique(extra)) if extra.is_file() else ()
    return LabelledSet(folder.name, documents, tuple(questions[name] for name in qrels), qrels, outside)


def load_sample_questions() -> LabelledSet:
    """The questions of the sample library; without documents, since these are the sample cases themselves."""
    folder = resources.files("retriever.sample") / "questions"
    rows = [row for path in sorted(folder.iterdir(), key=lambda p: p.name) for row in _rows(path)]
    repeated = _repeated([row["id"] for row in rows])
    if repeated:
        raise InvalidInput(f"sample questions: id {repeated!r} stands twice")
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
        yield from _rows(path)


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
    return {name: judged for name, judged in qrels.items() if any(grade > 0 for grade in judged.values())}


def _unique(path: Path) -> list[dict[str, Any]]:
    rows = list(_rows(path))
    repeated = _repeated([row.get("_id") for row in rows])
    if repeated is not None:
        raise InvalidInput(f"{path}: _id {repeated!r} is missing or stands twice")
    return rows


def _rows(path: Path | Traversable) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InvalidInput(f"{path}:{number}: expected an object")
        yield row


def _repeated(ids: list[Any]) -> object | None:
    """The first id that is no text, empty or seen before; None when all are fine."""
    seen: set[str] = set()
    for name in ids:
        if not isinstance(name, str) or not name or name in seen:
            return repr(name)
        seen.add(name)
    return None


def _question(row: Mapping[str, Any]) -> Question:
    return Question(row["_id"], str(row.get("text") or ""), _lang(row), _metadata(row))


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row.get("metadata") or {}


def _lang(row: Mapping[str, Any]) -> str:
    metadata = _metadata(row)
    return str(metadata.get("lang") or metadata.get("language") or "")
