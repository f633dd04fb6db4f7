"""The sample library that comes with the program: cases of seven trades, and labelled questions about them."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from typing import Any

from retriever.case.format import case_from_dict
from retriever.case.texts import embedded_text
from retriever.domain import Case
from retriever.evaluation.cases import case_document
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.evaluation.lines import iter_rows


def load_sample_cases() -> list[Case]:
    """The cases, in the order of their files."""
    return [case_from_dict(row) for row in _rows("cases")]


def load_sample_questions() -> LabelledSet:
    """The questions; without documents, since these are the sample cases themselves."""
    rows = list(_rows("questions"))
    questions = [LabelledQuestion(row["id"], row["text"], row["language"], {"kind": row["kind"]}) for row in rows]
    qrels = {row["id"]: dict(row["relevant"]) for row in rows if row["relevant"]}
    answered = tuple(question for question in questions if question.id in qrels)
    return LabelledSet("sample", (), answered, qrels, tuple(one for one in questions if one.id not in qrels))


def load_sample_set() -> tuple[LabelledSet, list[Case]]:
    """The questions, with the cases as documents and as cases."""
    cases = load_sample_cases()
    documents = tuple(replace(case_document(case), text=embedded_text(case)) for case in cases)
    return replace(load_sample_questions(), documents=documents), cases


def _rows(kind: str) -> Iterator[dict[str, Any]]:
    folder = resources.files(__package__) / kind
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        yield from (row for _, row in iter_rows(file))
