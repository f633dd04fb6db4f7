"""The sample library that comes with the program: cases of seven trades, and labelled questions about them.

Its files were written on one day. A library that is looked at later should not be a heap of overdue reviews, so all
dates move along with the day, and reviews fall due as they would had they been done in time.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from typing import Any

from retriever.case.format import case_from_dict
from retriever.case.texts import embedded_text
from retriever.case.times import today_utc
from retriever.domain import Case
from retriever.evaluation.cases import case_document
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.evaluation.lines import iter_rows

YEAR = timedelta(days=365)
LATE = timedelta(days=14)


def load_sample_cases(as_of: date | None = None) -> list[Case]:
    """The cases, in the order of their files, as they would stand on a day, today without one."""
    today = as_of or today_utc()
    cases = [case_from_dict(row) for row in _rows("cases")]
    newest = max(date.fromisoformat(case.resolved_at[:10]) for case in cases)
    # Whole weeks: what came in on a Monday still does.
    later = timedelta(weeks=(today - newest).days // 7)
    return [_moved(case, later, today) for case in cases]


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


def _moved(case: Case, later: timedelta, today: date) -> Case:
    """The case with all its dates so much later; its review is due within a year, or has been for two weeks at most."""
    due = date.fromisoformat(case.review_due_on) + later
    late = (today - LATE - due).days
    return replace(
        case,
        opened_at=_day_moved(case.opened_at, later),
        resolved_at=_day_moved(case.resolved_at, later),
        valid_until=_day_moved(case.valid_until, later),
        review_due_on=(due + YEAR * max(0, -(-late // YEAR.days))).isoformat(),
    )


def _day_moved(stamp: str, later: timedelta) -> str:
    """A day or a moment so many days later; nothing stays nothing."""
    return stamp and (date.fromisoformat(stamp[:10]) + later).isoformat() + stamp[10:]


def _rows(kind: str) -> Iterator[dict[str, Any]]:
    folder = resources.files(__package__) / kind
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        yield from (row for _, row in iter_rows(file))
