"""When a ticket was in the state that is at hand, as far as its help desk says, and which of two states is the older.

A moment is text: `2026-03-02`, `2026-03-02T08:15:00` or `2026-03-02T08:15:00.250000`, in UTC, as precise as its source.
Of two moments the shorter may stand for any time within it, so that a day is never older than an hour of it.
"""

from datetime import UTC, date, datetime, timedelta

from retriever.case.dates import LONGEST_DATE, find_date
from retriever.case.tidy import tidy_line
from retriever.case.times import today_utc

_EPOCHS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (1e8, 1.0))
"""From which size on a number counts nanoseconds, microseconds, milliseconds, seconds since 1970."""


def moment_of(value: object) -> str:
    """The moment that a value names, in any spelling of a help desk; empty for none that is understood.

    Nor is one that lies further ahead than zones of time explain: by a wrong clock no later state would ever count.
    """
    moment = _moment_of(value)
    return moment if moment[:10] <= (today_utc() + timedelta(days=1)).isoformat() else ""


def _moment_of(value: object) -> str:
    if isinstance(value, datetime):
        return _written(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        text = tidy_line(value[: LONGEST_DATE + 1])
        plain = text.replace(".", "", 1).isdecimal() and len(text) > 8
        return _of_number(float(text)) if plain else _of_text(text)
    return _of_number(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def is_older(moment: str, than: str) -> bool:
    """Is the first moment surely before the second? Never when one of them is unknown (empty)."""
    return bool(moment and than) and moment < than and not than.startswith(moment)


def _of_text(text: str) -> str:
    day = find_date(text)
    if len(day) == len("2026-03-02"):
        return day
    try:
        return _written(datetime.fromisoformat(text))  # with the fraction of a second, which cases do not keep
    except ValueError:
        return day.removesuffix("Z")


def _of_number(number: float) -> str:
    unit = next((unit for least, unit in _EPOCHS if number >= least), 0.0)
    try:
        return _written(datetime.fromtimestamp(number / unit, UTC)) if unit else ""
    except (OverflowError, ValueError, OSError):
        return ""


def _written(moment: datetime) -> str:
    try:
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return ""
    return utc.replace(tzinfo=None).isoformat()
