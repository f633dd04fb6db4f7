"""Points in time as the library writes them: RFC 3339 in UTC, to the second."""

from datetime import UTC, date, datetime, timedelta

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def utc_stamp(moment: datetime | None = None) -> str:
    """The moment (an aware datetime; now without one) like `2026-11-28T09:30:00Z`."""
    stamp = (datetime.now(UTC) if moment is None else moment.astimezone(UTC)).strftime(_FORM)
    return stamp.rjust(20, "0")  # not every platform writes the year 987 with four digits


def stamp_after(wait: timedelta) -> str:
    """The stamp of the moment that lies this far ahead; behind for a negative wait."""
    return utc_stamp(datetime.now(UTC) + wait)


def today_utc() -> date:
    """The day in UTC, as all dates of cases are."""
    return datetime.now(UTC).date()
