"""Judgements of a library's own questions: from a file, or from what people did with the cases they were shown."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from retriever.case.access import LIVE
from retriever.domain import ALL_GROUPS, Case
from retriever.errors import InvalidInput
from retriever.evaluation.cases import case_document
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet, Qrels
from retriever.evaluation.lines import iter_rows
from retriever.store import Store
from retriever.store.events import EventKind

GRADES: Mapping[EventKind, int] = {EventKind.COPIED: 1, EventKind.LINKED: 2, EventKind.SOLVED: 3}
"""What an event says of a case; that somebody opened it says nothing."""


def load_judgements(path: Path, store: Store) -> LabelledSet:
    """JSON lines {id, text, relevant: {case id: grade} or [case ids], language?, date?, audience?}.

    An empty `relevant` says that no case answers the question; one without an audience sees every case. Raises
    InvalidInput with the line for a repeated id, an unknown field, or a case that no search of this library can find.
    """
    questions: dict[str, LabelledQuestion] = {}
    qrels: dict[str, dict[str, int]] = {}
    find_case = _finder(store)
    for number, row in iter_rows(path):
        try:
            question, judged = _judgement(row)
            if question.id in questions:
                raise InvalidInput(f"question {question.id!r} stands twice")
            missing = next((name for name in judged if find_case(name) is None), None)
            if missing is not None:
                raise InvalidInput(f"there is no published or historical case {missing!r} in the library")
        except InvalidInput as error:
            raise InvalidInput(f"{path}:{number}: {error}") from error
        questions[question.id] = question
        if any(grade > 0 for grade in judged.values()):
            qrels[question.id] = judged
        elif judged:
            raise InvalidInput(f"{path}:{number}: a question that nothing answers has an empty `relevant`")
    return _labelled(path.stem, questions.values(), qrels, find_case)


def judgements_from_feedback(store: Store) -> LabelledSet:
    """Logged questions whose cases were copied (grade 1), linked (2) or solved the problem (3); the best one counts.

    Only cases that were shown can be judged, so this compares rankings of one library; it does not say how good they
    are. The same text asked again is one question. Raises InvalidInput when there is nothing to go by.
    """
    events = [event for event in store.events.iter() if event.query_id and event.kind in GRADES]
    stored = store.cases.get_many(sorted({event.key for event in events}))
    cases = {key: found.case for key, found in stored.items() if found.case.status in LIVE}
    grades: dict[str, dict[str, int]] = {}
    for event in events:
        if event.key in cases:
            judged, name = grades.setdefault(event.query_id, {}), cases[event.key].id
            judged[name] = max(judged.get(name, 0), GRADES[event.kind])
    questions: dict[str, LabelledQuestion] = {}
    qrels: dict[str, dict[str, int]] = {}
    for query in store.events.iter_queries():
        if not query.text or query.query_id not in grades:
            continue
        first = questions.setdefault(
            query.text,
            LabelledQuestion(query.query_id, query.text, query.language, {"date": query.at}, audience=(ALL_GROUPS,)),
        )
        merged = qrels.setdefault(first.id, {})
        for name, grade in grades[query.query_id].items():
            merged[name] = max(merged.get(name, 0), grade)
    if not questions:
        raise InvalidInput(
            f"{len(grades)} logged questions have feedback, none of them was kept with its text; set log_questions = "
            "true to keep the text of questions from now on."
        )
    by_id = {case.id: case for case in cases.values()}
    return _labelled("feedback", questions.values(), qrels, by_id.get)


def _judgement(row: Mapping[str, Any]) -> tuple[LabelledQuestion, dict[str, int]]:
    unknown = sorted(set(row) - {"id", "text", "relevant", "language", "date", "audience", "kind"})
    if unknown:
        raise InvalidInput(f"unknown field {unknown[0]!r}")
    for name in ("id", "text"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise InvalidInput(f"{name} must be a text, got {row.get(name)!r}")
    judged = _relevant(row.get("relevant"))
    known = {"date": row["date"]} if row.get("date") else {}
    language, audience = str(row.get("language") or ""), tuple(row.get("audience") or (ALL_GROUPS,))
    return LabelledQuestion(row["id"], row["text"], language, known, audience=audience), judged


def _relevant(value: object) -> dict[str, int]:
    """Grades by case id. Raises InvalidInput."""
    judged = dict.fromkeys(value, 1) if isinstance(value, list) else value
    if not isinstance(judged, dict) or not all(isinstance(name, str) for name in judged):
        raise InvalidInput(f"relevant must be a list of case ids or a mapping of ids to grades, got {value!r}")
    wrong = next((grade for grade in judged.values() if type(grade) is not int or grade < 0), None)
    if wrong is not None:
        raise InvalidInput(f"a grade must be a whole number from 0 on, got {wrong!r}")
    return judged


def _labelled(
    name: str, questions: Iterable[LabelledQuestion], qrels: Qrels, find_case: Callable[[str], Case | None]
) -> LabelledSet:
    answered: list[LabelledQuestion] = []
    outside: list[LabelledQuestion] = []
    for question in questions:
        (answered if question.id in qrels else outside).append(question)
    if not answered:
        raise InvalidInput(f"{name} holds no question that a case answers")
    judged = dict.fromkeys(case for one in answered for case in qrels[one.id])
    documents = tuple(case_document(case) for id in judged if (case := find_case(id)) is not None)
    return LabelledSet(name, documents, tuple(answered), qrels, tuple(outside))


def _finder(store: Store) -> Callable[[str], Case | None]:
    def find_case(id: str) -> Case | None:
        stored = store.cases.find(id)
        return stored.case if stored is not None and stored.case.status in LIVE else None

    return find_case
