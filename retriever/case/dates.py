"""Dates of a case: the one form that they are kept in, and the other spellings that people and programs give them."""

import re
from datetime import UTC, date, datetime

from retriever.case.mentions import shown
from retriever.case.tidy import tidy_line
from retriever.case.times import utc_stamp

LONGEST_DATE = 100
"""Characters of a date that is spelled anew: many spaces within it would take the pattern their square in time."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# Year first, so that no day can be taken for a month.
_YEAR_FIRST = re.compile(
    r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?\s*"
)


def normalise_date(value: object) -> str:
    """`YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM:SSZ` for a point in time (to the second; UTC when no offset is given).

    Takes RFC 3339 text, a date or a datetime. Raises ValueError.
    """
    if isinstance(value, datetime):
        try:
            return utc_stamp(value if value.tzinfo else value.replace(tzinfo=UTC))
        except OverflowError as error:
            raise ValueError(f"expected a date between the years 1 and 9999, got {shown(value)}") from error
    if isinstance(value, date):
        return value.isoformat()
    text = tidy_line(value) if isinstance(value, str) else ""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if _DATE.match(text):
            return normalise_date(datetime.fromisoformat(text))
    except ValueError:
        pass
    raise ValueError(f"expected YYYY-MM-DD or a time such as 2026-03-02T08:15:00Z, got {shown(value)}")


def iso_spelling(text: str) -> str:
    """`2026/3/2 8:15` or `2026年3月2日` as ISO 8601 spells it; other text, such as 03/02/2026, as it stands."""
    found = _YEAR_FIRST.fullmatch(text) if len(text) <= LONGEST_DATE else None
    if not found:
        return text
    year, month, day, hour, minute, second, offset = found.groups()
    spelled = f"{year}-{int(month):02d}-{int(day):02d}"
    if hour is None:
        return spelled
    return f"{spelled}T{int(hour):02d}:{minute}:{second or '00'}{_with_colon(offset or '')}"


def find_date(value: object) -> str:
    """The date in the form of a case, however it is spelled; empty for one that is not understood."""
    try:
        return normalise_date(iso_spelling(value) if isinstance(value, str) else value)
    except ValueError:
        return ""


def minutes_between(opened: str, resolved: str) -> int | None:
    """Whole minutes from opening to resolving, when both are points in time and in this order."""
    if len(opened) < 20 or len(resolved) < 20:
        return None
    minutes = (datetime.fromisoformat(resolved) - datetime.fromisoformat(opened)).total_seconds() / 60
    return int(minutes) if minutes >= 0 else None


def _with_colon(offset: str) -> str:
    return f"{offset[:3]}:{offset[3:]}" if len(offset) == 5 else offset
