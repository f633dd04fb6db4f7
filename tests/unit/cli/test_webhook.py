"""webhook list, show, retry, prune: what help desks sent, and another try."""

import json
from pathlib import Path

from retriever.store import open_store
from tests.support.cli import Run


def told(run: Run, *flags: str) -> list[tuple[int, str]]:
    """Numbers and states as `list` has them."""
    return [(row["number"], row["state"]) for row in json.loads(run("webhook", "list", "--json", *flags).out)]


def test_list_tells_what_became_of_each(deliveries: Run) -> None:
    """The newest first; without any text of theirs."""
    assert told(deliveries) == [(2, "failed"), (1, "skipped")]
    assert told(deliveries, "--state", "skipped") == [(1, "skipped")]
    assert deliveries("webhook", "list", "--state", "lost").code == 1
    assert "the printer jams" not in deliveries("webhook", "list").out


def test_show_prints_the_draft_that_waits(deliveries: Run) -> None:
    """As JSON, too; an unknown number is refused."""
    assert json.loads(deliveries("webhook", "show", "2", "--json").out)["case"]["problem"] == "the printer jams"
    assert "the printer jams" in deliveries("webhook", "show", "2").out
    assert deliveries("webhook", "show", "9").code == 1


def test_retry_queues_what_was_given_up(deliveries: Run) -> None:
    """A dry run only says so; what is done or of no use is refused."""
    assert json.loads(deliveries("webhook", "retry", "2", "--dry-run", "--json").out)["queued"] == [2]
    assert told(deliveries)[0] == (2, "failed")
    assert deliveries("webhook", "retry", "1").code == 1
    assert deliveries("webhook", "retry").code == 2

    assert deliveries("webhook", "retry", "--all").code == 0
    assert told(deliveries)[0] == (2, "queued")


def test_prune_forgets_by_age(deliveries: Run, tmp_path: Path) -> None:
    """As many days as the settings or the flag say."""
    assert json.loads(deliveries("webhook", "prune", "--json").out) == {"dry_run": False, "days": 90, "forgotten": 0}
    with open_store(tmp_path / "lib" / "library.sqlite3") as store, store._connections.writing() as db:
        db.conn.execute("UPDATE deliveries SET received_at = '2020-01-01T00:00:00Z'")

    assert "2 deliveries would be forgotten" in deliveries("webhook", "prune", "--days", "7", "--dry-run").err
    assert "2 deliveries are forgotten" in deliveries("webhook", "prune", "--days", "7").err
    assert told(deliveries) == []
