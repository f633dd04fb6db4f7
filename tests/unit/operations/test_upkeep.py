"""What a server does by itself: forget what is older than its retention, and look at kept deliveries again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retriever.config import Settings
from retriever.operations.upkeep import daily_round, days_before, forget
from retriever.store import LoggedQuery, Store, open_store
from retriever.wiring.lifecycle import lifecycle_of
from tests.support.builders import make_case

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library with questions of 10 and of 400 days ago and two deliveries of today."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        ages = {"young": 10, "old": 400}
        opened.events.log_queries([LoggedQuery(id, days_before(days, NOW)) for id, days in ages.items()])
        for id, case in (("skipped", None), ("kept", make_case(status="draft"))):
            opened.deliveries.receive("desk", id, id, case=case, reason="unresolved")
        opened.deliveries.keep(2, "kept")
        yield opened


def questions(store: Store) -> list[str]:
    """Those that are still there."""
    return [query.query_id for query in store.events.iter_queries()]


def test_old_questions_are_forgotten(store: Store) -> None:
    """By the setting, in days."""
    forget(Settings(log_retention_days=30), store, now=NOW)

    assert questions(store) == ["young"]


def test_zero_days_keep_for_ever(store: Store) -> None:
    """Questions and deliveries alike."""
    forget(
        Settings(log_retention_days=0, webhook_retention_days=0), store, now=datetime.now(UTC) + timedelta(days=9_999)
    )

    assert questions(store) == ["young", "old"]
    assert len(store.deliveries.last()) == 2


def test_old_deliveries_are_forgotten(store: Store) -> None:
    """Also those that could still have been tried again."""
    forget(Settings(webhook_retention_days=7), store, now=datetime.now(UTC) + timedelta(days=8))

    assert store.deliveries.last() == []


def test_forgetting_goes_on_until_all_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In steps, so that nobody waits long for the lock."""
    monkeypatch.setattr("retriever.store.events._FORGOTTEN_AT_ONCE", 2)
    old = LoggedQuery("", days_before(400, NOW))
    store.events.log_queries([replace(old, query_id=f"q{number}") for number in range(7)])

    assert store.events.delete_before(days_before(30, NOW)) == 8
    assert questions(store) == ["young"]


def test_the_round_forgets_and_queues_what_was_kept(store: Store) -> None:
    """With the settings' own days."""
    settings = Settings()

    daily_round(settings, store, lifecycle_of(settings, store))

    assert questions(store) == ["young"]
    assert [delivery.state for delivery in store.deliveries.last()] == ["queued", "skipped"]
