"""When a ticket was in a state: any help desk's clock, and which of two states is the older."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from retriever.case.moments import is_older, moment_of


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T08:15:00Z",
        "2026-03-02T08:15:00.000+0000",
        "2026-03-02 08:15:00",
        "2026-03-02T10:15:00+02:00",
        "20260302T081500Z",
        "02.03.2026 08:15:00",
        "2026/3/2 8:15",
        "Mon, 02 Mar 2026 08:15:00 GMT",
        1772439300,
        1772439300000,
        "1772439300",
        1772439300.0,
        datetime(2026, 3, 2, 8, 15, tzinfo=UTC),
        datetime(2026, 3, 2, 10, 15, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_every_clock_tells_the_same_moment(value: object) -> None:
    """Texts of many kinds, seconds and milliseconds since 1970, with and without an offset."""
    assert moment_of(value) == "2026-03-02T08:15:00"


@pytest.mark.parametrize(
    "value", ["", "soon", None, True, 12, [], {}, "03/02/2026", "x" * 1000, float("inf"), "1" * 30]
)
def test_what_is_no_moment_is_none(value: object) -> None:
    """Nothing is guessed, and nothing raised."""
    assert moment_of(value) == ""


@pytest.mark.parametrize(
    ("moment", "than", "older"),
    [
        ("2026-03-02T08:15:00", "2026-03-02T08:15:01", True),
        ("2026-03-02T08:15:01", "2026-03-02T08:15:00", False),
        ("2026-03-02T08:15:00", "2026-03-02T08:15:00", False),
        ("2026-03-02T08:15:00", "2026-03-02T08:15:00.250000", False),
        ("2026-03-02T08:15:00.250000", "2026-03-02T08:15:00.500000", True),
        ("2026-03-02", "2026-03-02T08:15:00", False),
        ("2026-03-02T08:15:00", "2026-03-02", False),
        ("2026-03-01", "2026-03-02T08:15:00", True),
        ("", "2026-03-02", False),
        ("2026-03-02", "", False),
    ],
)
def test_a_moment_is_older_only_when_that_is_sure(moment: str, than: str, *, older: bool) -> None:
    """A day stands for any of its hours, a second for any part of it, and nothing is known of no moment."""
    assert is_older(moment, than) is older


def test_a_day_is_a_moment() -> None:
    """As precise as its source."""
    assert moment_of(date(2026, 3, 2)) == moment_of("2.3.2026") == "2026-03-02"


def test_a_moment_far_ahead_is_none() -> None:
    """A wrong clock must not hold up what comes later; tomorrow may be today elsewhere."""
    now = datetime.now(UTC)

    assert moment_of((now + timedelta(days=3)).isoformat()) == ""
    assert moment_of("2999-01-01") == ""
    assert moment_of((now + timedelta(hours=3)).isoformat()) != ""
