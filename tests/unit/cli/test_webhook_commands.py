"""webhook list, show, retry, prune: what help desks sent, and another try."""

import json
from pathlib import Path

import pytest

from retriever.store import open_store
from tests.support.builders import make_case
from tests.support.cli import Run


@pytest.fixture
def desk(run: Run, tmp_path: Path) -> Run:
    """A library with one delivery of no use and one that was given up."""
    with open_store(tmp_path / "lib" / "library.sqlite3") as store:
        store.deliveries.receive("desk", "d-1", "1", case=None, reason="unresolved")
        store.deliveries.receive("desk", "d-2", "2", case=make_case("desk:2", status="draft"))
        for _ in range(5):
            store.deliveries.fail(2, "locked")
    return run


def told(run: Run, *flags: str) -> list[tuple[int, str]]:
    """Numbers and states as `list` has them."""
    return [(row["number"], row["state"]) for row in json.loads(run("webhook", "list", "--json", *flags).out)]


def test_list_tells_what_became_of_each(desk: Run) -> None:
    """The newest first; without any text of theirs."""
    assert told(desk) == [(2, "failed"), (1, "skipped")]
    assert told(desk, "--state", "skipped") == [(1, "skipped")]
    assert desk("webhook", "list", "--state", "lost").code == 1
    assert "the printer jams" not in desk("webhook", "list").out


def test_show_prints_the_draft_that_waits(desk: Run) -> None:
    """As JSON, too; an unknown number is refused."""
    assert json.loads(desk("webhook", "show", "2", "--json").out)["case"]["problem"] == "the printer jams"
    assert "the printer jams" in desk("webhook", "show", "2").out
    assert desk("webhook", "show", "9").code == 1


def test_retry_queues_what_was_given_up(desk: Run) -> None:
    """A dry run only says so; what is done or of no use is refused."""
    assert json.loads(desk("webhook", "retry", "2", "--dry-run", "--json").out)["queued"] == [2]
    assert told(desk)[0] == (2, "failed")
    assert desk("webhook", "retry", "1").code == 1
    assert desk("webhook", "retry").code == 2

    assert desk("webhook", "retry", "--all").code == 0
    assert told(desk)[0] == (2, "queued")


def test_prune_forgets_by_age(desk: Run, tmp_path: Path) -> None:
    """As many days as the settings or the flag say."""
    assert json.loads(desk("webhook", "prune", "--json").out) == {"dry_run": False, "days": 90, "forgotten": 0}
    with open_store(tmp_path / "lib" / "library.sqlite3") as store, store._connections.writing() as db:
        db.conn.execute("UPDATE deliveries SET received_at = '2020-01-01T00:00:00Z'")

    assert "2 deliveries would be forgotten" in desk("webhook", "prune", "--days", "7", "--dry-run").err
    assert "2 deliveries are forgotten" in desk("webhook", "prune", "--days", "7").err
    assert told(desk) == []


def test_the_doctor_tells_of_what_was_given_up(desk: Run) -> None:
    """With the command that mends it."""
    findings = json.loads(desk("doctor", "--json").out)["findings"]

    (found,) = [finding for finding in findings if finding["what"] == "deliveries"]
    assert (found["state"], found["found"]) == ("warn", "1 given up")
