"""Judgements of a library's own questions, from a file and from feedback."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retriever.domain import ALL_GROUPS
from retriever.errors import InvalidInput
from retriever.evaluation.judgements import judgements_from_feedback, load_judgements
from retriever.store import EventKind, LoggedQuery, Store, open_store
from tests.support.builders import make_case


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two published cases and a draft."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert([make_case("a", product="P"), make_case("b", "no sound"), make_case("d", status="draft")])
        yield opened


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    """A judgements file."""
    file = folder / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_a_file_gives_graded_answers_and_questions_out_of_scope(store: Store, tmp_path: Path) -> None:
    """A list of ids is grade 1 each; an empty one says that nothing answers."""
    file = written(
        tmp_path,
        {"id": "q1", "text": "jam", "relevant": {"a": 2}, "language": "en", "date": "2026-01-01"},
        {"id": "q2", "text": "mute", "relevant": ["b"], "audience": ["lab"]},
        {"id": "q3", "text": "who won", "relevant": []},
    )

    found = load_judgements(file, store)

    assert found.qrels == {"q1": {"a": 2}, "q2": {"b": 1}}
    assert [question.id for question in found.out_of_scope] == ["q3"]
    assert {d.id: (d.language, d.metadata["product"]) for d in found.documents} == {"a": ("en", "P"), "b": ("en", "")}
    assert (found.questions[0].date, found.questions[1].audience) == ("2026-01-01", ("lab",))
    assert found.questions[0].audience == (ALL_GROUPS,)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"id": "q1", "text": "x", "relevant": ["a"]}, "'q1' stands twice"),
        ({"id": "q2", "text": "x", "relevant": ["gone"]}, "no published or historical case 'gone'"),
        ({"id": "q2", "text": "x", "relevant": ["d"]}, "no published or historical case 'd'"),
        ({"id": "q2", "text": " ", "relevant": ["a"]}, "text must be a text"),
        ({"id": "q2", "text": "x", "relevant": "a"}, "relevant must be"),
        ({"id": "q2", "text": "x"}, "relevant must be"),
        ({"id": "q2", "text": "x", "relevant": {"a": 0.5}}, "whole number"),
        ({"id": "q2", "text": "x", "relevant": {"a": 0}}, "empty `relevant`"),
        ({"id": "q2", "text": "x", "relevent": ["a"]}, "unknown field 'relevent'"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_its_line(
    store: Store, tmp_path: Path, second: dict[str, Any], message: str
) -> None:
    """Repeated questions, cases that no search finds, and malformed rows."""
    file = written(tmp_path, {"id": "q1", "text": "jam", "relevant": ["a"]}, second)

    with pytest.raises(InvalidInput) as refused:
        load_judgements(file, store)

    assert message in str(refused.value)
    assert f"{file}:2: " in str(refused.value)


def log(store: Store, query_id: str, text: str, *events: tuple[EventKind, str]) -> None:
    """One question asked and what was done with its cases."""
    store.events.log_queries([LoggedQuery(query_id, "2026-01-01T00:00:00Z", "en", text=text)])
    for kind, case in events:
        store.events.log(kind, case, query_id=query_id)


def test_feedback_grades_what_people_did(store: Store) -> None:
    """Copied, linked, solved are 1, 2, 3; the best counts; opened says nothing."""
    log(store, "one", "jam", (EventKind.COPIED, "a"), (EventKind.SOLVED, "a"), (EventKind.LINKED, "b"))
    log(store, "two", "mute", (EventKind.OPENED, "b"))

    found = judgements_from_feedback(store)

    assert found.qrels == {"one": {"a": 3, "b": 2}}
    assert [question.text for question in found.questions] == ["jam"]


def test_the_same_text_asked_again_is_one_question(store: Store) -> None:
    """Judgements of both are joined under the first."""
    log(store, "one", "jam", (EventKind.COPIED, "a"))
    log(store, "two", "jam", (EventKind.SOLVED, "a"), (EventKind.COPIED, "b"))

    assert judgements_from_feedback(store).qrels == {"one": {"a": 3, "b": 1}}


def test_feedback_without_texts_says_what_to_set(store: Store) -> None:
    """Questions are kept only when the setting says so."""
    log(store, "one", "", (EventKind.SOLVED, "a"))

    with pytest.raises(InvalidInput, match=r"1 logged questions .* log_questions"):
        judgements_from_feedback(store)


def test_feedback_on_a_case_that_is_gone_is_left_out(store: Store) -> None:
    """A deleted case answers nothing any more."""
    log(store, "one", "jam", (EventKind.SOLVED, "a"), (EventKind.COPIED, "b"))
    store.cases.delete("a")

    assert judgements_from_feedback(store).qrels == {"one": {"b": 1}}
