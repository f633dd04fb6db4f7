"""Dates of cases have one form, and come in many spellings; what may mean two days is not understood."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.case.dates import find_date, iso_spelling, minutes_between, normalise_date


@given(st.datetimes(timezones=st.timezones()))
def test_points_in_time_keep_their_instant(moment: datetime) -> None:
    """A time in any zone is written in UTC as the same second."""
    try:
        expected = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return
    written = normalise_date(moment)
    assert datetime.fromisoformat(written) == expected
    assert normalise_date(written) == written


def test_dates_are_taken_as_texts_and_as_objects() -> None:
    """Text, date and datetime give the same; a time without offset counts as UTC."""
    assert normalise_date(date(2026, 3, 2)) == normalise_date(" 2026-03-02 ") == "2026-03-02"
    east = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=8)))
    assert normalise_date(east) == normalise_date("2026-03-02 01:00:00+08:00") == "2026-03-01T17:00:00Z"
    assert normalise_date("2026-03-02T01:00") == "2026-03-02T01:00:00Z"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026/3/2 8:15", "2026-03-02T08:15:00"),
        ("2026年3月2日", "2026-03-02"),
        ("2024-01-02T03:04:05.000+0000", "2024-01-02T03:04:05+00:00"),
        ("2024/01/02 03:04:05 +02", "2024-01-02T03:04:05+02"),
        ("03/02/2026", "03/02/2026"),
        ("last week", "last week"),
    ],
)
def test_dates_with_the_year_first_are_spelled_anew(given: str, expected: str) -> None:
    """Whatever stands between its parts; 03/02 may be March or February and stays as it is."""
    assert iso_spelling(given) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026/03/02 10:00:00+02:00", "2026-03-02T08:00:00Z"),
        (" 2026年3月2日 ", "2026-03-02"),
        (date(2026, 3, 2), "2026-03-02"),
        ("03/02/2026", ""),
        ("2026-02-30", ""),
        (None, ""),
        (20260302, ""),
    ],
)
def test_a_date_is_found_or_not(value: object, expected: str) -> None:
    """No ticket is lost for a date that nobody understands."""
    assert find_date(value) == expected


@pytest.mark.parametrize(
    ("opened", "resolved", "minutes"),
    [
        ("2026-03-02T08:00:00Z", "2026-03-02T09:30:59Z", 90),
        ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z", 0),
        ("2026-03-02T08:00:00Z", "2026-03-02T07:59:00Z", None),
        ("2026-03-02", "2026-03-03T08:00:00Z", None),
        ("", "2026-03-03T08:00:00Z", None),
    ],
)
def test_minutes_need_two_points_in_time_in_their_order(opened: str, resolved: str, minutes: int | None) -> None:
    """A day has no minute, and nothing is resolved before it was opened."""
    assert minutes_between(opened, resolved) == minutes


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2.3.2026", "2026-03-02"),
        ("02.03.2026 08:15", "2026-03-02T08:15:00"),
        ("02.03.2026, 08:15:30 Uhr", "2026-03-02T08:15:30"),
        ("2. März 2026", "2026-03-02"),
        ("2 mars 2026 à 08:15", "2026-03-02T08:15:00"),
        ("2 juillet 2026", "2026-07-02"),
        ("2 juin 2026", "2026-06-02"),
        ("2 de marzo de 2026", "2026-03-02"),
        ("2 de março de 2026 às 20:15", "2026-03-02T20:15:00"),
        ("2 марта 2026 г.", "2026-03-02"),
        ("2 marzo 2026", "2026-03-02"),
        ("2 مارس 2026", "2026-03-02"),
        ("March 2nd, 2026 8:15 PM", "2026-03-02T20:15:00"),
        ("Mon, 02 Mar 2026 08:15:00 GMT", "2026-03-02T08:15:00Z"),
        ("02-Mar-2026", "2026-03-02"),
        ("2026. 3. 2. 오후 8:15", "2026-03-02T20:15:00"),
        ("2026年3月2日 下午8时15分", "2026-03-02T20:15:00"),
        ("23/03/2026", "2026-03-23"),
        ("03/23/2026 12:05 AM", "2026-03-23T00:05:00"),
        ("2 marca 2026", "2026-03-02"),
        ("2 Mart 2026", "2026-03-02"),
    ],
)
def test_dates_are_read_as_many_countries_write_them(text: str, iso: str) -> None:
    """With dots the day comes first; a month may be named."""
    assert iso_spelling(text) == iso


@pytest.mark.parametrize(
    "text", ["03/02/2026", "02.03.26", "31.02.2026", "2 Foo 2026", "soon", "2026-13-01", "9" * 500]
)
def test_what_may_mean_two_days_or_none_stays_as_it_is(text: str) -> None:
    """No date is better than a wrong one."""
    assert iso_spelling(text) == text
    assert find_date(text) == ""
