"""Reads labelled sets in the layout of BEIR, the field's common one. Fails closed, naming file and line."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retriever.errors import InvalidInput
from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet, answered
from retriever.evaluation.lines import load_rows


def beir_folders(folder: Path) -> list[Path]:
    """The BEIR folders that lie in a folder, by name. Raises OSError."""
    return [path for path in sorted(folder.iterdir()) if (path / "corpus.jsonl").is_file()]


def load_beir(folder: Path, *, split: str = "test") -> LabelledSet:
    """A BEIR folder (corpus.jsonl, queries.jsonl, qrels/<split>.tsv; optionally oos_queries.jsonl).

    Questions without a judgement are left out, as BEIR does. A question that is itself a document is never answered by
    it. Raises InvalidInput with file and line.
    """
    documents = tuple(
        Document(row["_id"], str(row.get("title") or ""), str(row.get("text") or ""), _lang(row), _metadata(row))
        for row in load_rows(folder / "corpus.jsonl", "_id")
    )
    known = {document.id for document in documents}
    questions = {row["_id"]: _question(row, known) for row in load_rows(folder / "queries.jsonl", "_id")}
    qrels = _load_qrels(folder / "qrels" / f"{split}.tsv", questions, known)
    extra = folder / "oos_queries.jsonl"
    outside = tuple(_question(row, known) for row in load_rows(extra, "_id")) if extra.is_file() else ()
    for question in outside:
        if question.id in questions:
            raise InvalidInput(f"{extra}: _id {question.id!r} stands in queries.jsonl too")
    return LabelledSet(folder.name, documents, tuple(questions[name] for name in qrels), qrels, outside)


def _load_qrels(
    path: Path, questions: Mapping[str, LabelledQuestion], documents: set[str]
) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
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
    return answered(qrels, lambda name: questions[name].exclude)


def _question(row: Mapping[str, Any], documents: set[str]) -> LabelledQuestion:
    own = (row["_id"],) if row["_id"] in documents else ()
    return LabelledQuestion(row["_id"], str(row.get("text") or ""), _lang(row), _metadata(row), own)


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row.get("metadata") or {}


def _lang(row: Mapping[str, Any]) -> str:
    metadata = _metadata(row)
    return str(metadata.get("lang") or metadata.get("language") or "")
