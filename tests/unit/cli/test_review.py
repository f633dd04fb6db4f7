"""review: who does what, what is said, and what a dry run leaves alone."""

import json
from pathlib import Path

import pytest

from tests.support.cli import ANN, KIM, LEE, YES, Run, publish, status


def test_a_draft_is_published_by_two_reviews(run: Run, drafted: Path) -> None:
    """Each step says where the case stands and for whom it waits; the last one publishes."""
    submitted = run("review", "submit", "D-1", *ANN)
    first = run("review", "approve", "D-1", *LEE, *YES)
    second = run("review", "approve", "D-1", *KIM, *YES)

    assert submitted.out == "D-1: in_review (version 2); it waits for the first approval (version 2)\n"
    assert first.out == "D-1: in_review (version 3); it waits for the second approval (version 3)\n"
    assert second.out == "D-1: published (version 4)\n"


@pytest.mark.parametrize(
    "command",
    [
        ("review", "submit", "D-1"),
        ("case", "retire", "K-1", "--reason", "old"),
        ("case", "merge", "K-1", "K-2"),
        ("case", "revise", "K-1", "draft.json"),
        ("retire", "--product", "LX"),
        ("review", "age"),
    ],
)
def test_a_dry_run_changes_nothing(run: Run, drafted: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Every writing command tells what would happen and leaves cases, history and audit log as they are."""
    row = '{"id": "%s", "problem": "p %s", "solution": "s", "product": "LX", "valid_until": "2020-01-01"}\n'
    (tmp_path / "k.jsonl").write_text(row % ("K-1", 1) + row % ("K-2", 2))
    run("ingest", "k.jsonl")
    before = run("export", "--format", "jsonl").out

    done = run(*command, "--dry-run")

    assert done.code == 0
    assert "would be" in done.out
    assert run("export", "--format", "jsonl").out == before
    assert run("case", "history", "K-1", "--json").out.strip() == "[]"


def test_the_queue_names_who_has_to_act(run: Run, drafted: Path) -> None:
    """`review list` shows drafts and reviews with the version to name, narrowed by state and stage."""
    run("review", "submit", "D-1", *ANN)

    (entry,) = json.loads(run("review", "list", "--waiting-for", "first", "--json").out)
    none = json.loads(run("review", "list", "--state", "draft", "--json").out)

    assert (entry["id"], entry["version"], entry["waiting_for"]) == ("D-1", "2", "first")
    assert (entry["authors"], entry["team"]) == (["ann"], "red")
    assert none == []
    assert "D-1" in run("review", "list").out


def test_the_wrong_people_are_refused(run: Run, drafted: Path) -> None:
    """An author, another team and a missing role are refused with exit 1 and a sentence that says who may."""
    run("review", "submit", "D-1", *ANN)

    own = run("review", "approve", "D-1", "--actor", "ann", "--role", "reviewer", "--team", "red", *YES)
    stranger = run("review", "approve", "D-1", "--actor", "leo", "--role", "reviewer", "--team", "blue", *YES)
    nobody = run("review", "approve", "D-1", "--actor", "lee", *YES)

    assert [own.code, stranger.code, nobody.code] == [1, 1, 1]
    assert "somebody else must review" in own.err
    assert "submitter's team (red)" in stranger.err
    assert "--role" in nobody.err


def test_an_approval_needs_its_answers(run: Run, drafted: Path) -> None:
    """Without a complete checklist, or with an item that does not exist, nothing is approved."""
    run("review", "submit", "D-1", *ANN)

    partly = run("review", "approve", "D-1", *LEE, "--effective", "--checked", "problem_clear")
    unknown = run("review", "approve", "D-1", *LEE, "--effective", "--checked", "spelling")

    assert (partly.code, unknown.code) == (1, 1)
    assert "cause_stated" in partly.err
    assert "not on the checklist" in unknown.err


def test_a_revision_waits_beside_the_live_case(run: Run, drafted: Path) -> None:
    """`review show` gives the difference; the case itself is as before until the last approval."""
    publish(run)
    drafted.write_text('{"problem": "the printer jams", "solution": "clean it twice"}')

    revised = run("case", "revise", "D-1", drafted, *ANN)
    shown = json.loads(run("review", "show", "D-1", "--json").out)
    live = json.loads(run("case", "show", "D-1", "--json").out)

    assert "a revision waits for its author (version r" in revised.out
    assert {change["field"] for change in shown["changes"]} == {"title", "solution"}
    assert "+clean it twice" in run("review", "show", "D-1").out
    assert live["solution"] == "clean it"
    assert run("review", "discard", "D-1", *ANN).code == 0
    assert run("review", "show", "D-1").code == 0


def test_what_is_due_and_what_is_over(run: Run, tmp_path: Path) -> None:
    """`review due` lists what to look at again, `review confirm` moves the date, `review age` ends what is over."""
    (tmp_path / "t.jsonl").write_text(
        '{"id": "T-1", "problem": "p", "solution": "s", "review_due_on": "2020-01-01"}\n'
        '{"id": "T-2", "problem": "p", "solution": "s", "valid_until": "2020-01-01"}\n'
    )
    run("ingest", "t.jsonl")

    due = json.loads(run("review", "due", "--json").out)
    confirmed = run("review", "confirm", "T-1", *KIM, *YES)
    over = run("review", "age")

    assert [entry["id"] for entry in due] == ["T-1"]
    assert confirmed.code == 0
    assert json.loads(run("review", "due", "--json").out) == []
    assert over.out == "T-2: historical\n"
    assert status(run, "T-2") == "historical"


def test_no_library_is_made_by_looking(run: Run, tmp_path: Path) -> None:
    """A misspelt folder is an error, not an empty library."""
    done = run("review", "list")

    assert done.code == 3
    assert not (tmp_path / "lib").exists()


def test_whoever_has_a_key_is_known_by_it(run: Run, drafted: Path) -> None:
    """Role, team and groups are the key's; a revoked key says nothing, and --role still goes before."""
    del drafted
    made = json.loads(run("key", "create", "mia", "--role", "contributor", "--team", "blue", "--json").out)

    refused = run("review", "approve", "D-1", "--actor", "mia", *YES)
    assert (refused.code, run("review", "submit", "D-1", *ANN).code) == (1, 0)
    assert run("review", "approve", "D-1", "--actor", "mia", *YES).code == 1
    assert run("review", "approve", "D-1", "--actor", "mia", "--role", "reviewer", "--team", "red", *YES).code == 0

    assert run("key", "revoke", made["id"]).code == 0
    nobody = run("review", "submit", "D-1", "--actor", "mia")
    assert nobody.code == 1
    assert "no API key" in nobody.err


def test_a_key_holder_acts_with_the_rights_of_the_key(run: Run, drafted: Path) -> None:
    """The first approval by the lead of the submitter's team, as the key says."""
    del drafted
    run("key", "create", "lea", "--role", "reviewer", "--team", "red", "--audience", "*")
    run("review", "submit", "D-1", *ANN)

    assert run("review", "approve", "D-1", "--actor", "lea", *YES).code == 0
    (step,) = [s for s in json.loads(run("case", "history", "D-1", "--json").out) if s["step"] == "approve"]
    assert (step["actor"], step["role"]) == ("lea", "reviewer")


def test_many_are_reviewed_at_once(run: Run, drafted: Path, tmp_path: Path) -> None:
    """Ids one after the other, or chosen by source and stage; one that is refused is told and holds up no other."""
    for number in (2, 3):
        (tmp_path / "more.json").write_text(
            f'{{"id": "D-{number}", "problem": "p{number}", "solution": "s", "source": {{"system": "zendesk"}}}}'
        )
        run("case", "draft", "more.json", *ANN)

    unnamed = run("review", "submit", *ANN)
    chosen = run("review", "submit", "--source", "zendesk", *ANN)
    mixed = run("review", "submit", "D-1", "D-2", *ANN)
    waiting = run("review", "approve", "--waiting-for", "first", "--source", "zendesk", *LEE, *YES)

    assert (unnamed.code, "--source" in unnamed.err) == (1, True)
    assert (chosen.code, [line[:3] for line in chosen.out.splitlines()]) == (0, ["D-2", "D-3"])
    assert (mixed.code, mixed.out[:3], "D-2: refused: case D-2 is in review" in mixed.err) == (1, "D-1", True)
    assert (waiting.code, [line[:3] for line in waiting.out.splitlines()]) == (0, ["D-2", "D-3"])
    assert [entry["id"] for entry in json.loads(run("review", "list", "--source", "zendesk", "--json").out)] == [
        "D-2",
        "D-3",
    ]
