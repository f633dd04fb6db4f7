"""Dates of a case: the one form that they are kept in, and the other spellings that people and programs give them."""

import re
from datetime import UTC, date, datetime

from retriever.case.mentions import shown
from retriever.case.tidy import tidy_line
from retriever.case.times import utc_stamp

LONGEST_DATE = 100
"""Characters of a date that is spelled anew; longer text is none."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene gen янв sty oca ينا",
            "feb fév fev фев lut şub فبر",
            "mar mär maa mrt мар مار",
            "apr avr abr апр kwi nis أبر ابر",
            "may mai maj mei mag май мая ماي",
            "jun juin giu июн cze haz يون",
            "jul juil lug июл lip tem يول",
            "aug aoû aou ago авг sie ağu أغس اغس",
            "sep set сен wrz eyl سبت",
            "oct okt out ott окт paź eki أكت اكت",
            "nov ноя lis kas نوف",
            "dec dez déc dic дек gru ara ديس",
        ),
        start=1,
    )
    for name in names.split()
}
"""Beginnings of the names of months in sixteen languages; four letters where three are not enough."""
_HALF = r"[ap]\.?\s?m\.?|上午|下午|午前|午後|오전|오후|ص|م"
_TIME = (
    rf"(?:(?:[T,\s]|um|at|à|a las|às|alle|в|kl\.?){{1,8}}(?P<early>{_HALF})?\s?(?P<hour>\d{{1,2}})[:.h時时]"
    rf"(?P<minute>\d{{2}})(?:[:.分](?P<second>\d{{2}})秒?(?:\.\d{{1,9}})?)?分?\s?(?P<half>{_HALF})?(?:\s?Uhr)?\s?"
    r"(?P<offset>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
_NAME = r"(?P<name>[^\W\d_]{3,12})\.?"
_FORMS = tuple(
    re.compile(rf"\s{{0,9}}{form}{_TIME}\s{{0,9}}", re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})\s?[-/.年년]\s?(?P<month>\d{1,2})\s?[-/.月월]\s?(?P<day>\d{1,2})[日일.]?",
        # With dots the day always comes first; with strokes only a number above 12 tells which one is the day.
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})\.?",
        r"(?P<day>1[3-9]|2\d|3[01])[/-](?P<month>\d{1,2})[/-](?P<year>\d{4})",
        r"(?P<month>\d{1,2})[/-](?P<day>1[3-9]|2\d|3[01])[/-](?P<year>\d{4})",
        rf"(?:\w{{2,12}}\.?,?\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|[º°.])?[\s/-]{{0,3}}(?:de\s|of\s)?{_NAME},?[\s/-]{{0,3}}"
        r"(?:del?\s)?(?P<year>\d{4})(?:\s?г(?:ода|\.)?)?",
        rf"(?:\w{{2,12}}\.?,\s)?{_NAME}\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>\d{{4}})",
    )
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
    """`2026/3/2 8:15`, `2.3.2026`, `March 2, 2026 8:15 PM` or `2026年3月2日` as ISO 8601 spells it.

    Other text, such as 03/02/2026, which may be of March or of February, as it stands.
    """
    if len(text) > LONGEST_DATE:
        return text
    return next((spelled for form in _FORMS if (spelled := _spelled(form.fullmatch(text)))), text)


def _spelled(found: re.Match[str] | None) -> str:
    """A date that was found as ISO 8601 spells it, empty for none."""
    if not found:
        return ""
    part = found.groupdict()
    name = (part.get("name") or "").casefold()
    month = _MONTHS.get(name[:4]) or _MONTHS.get(name[:3]) if name else int(part["month"])
    if not month:
        return ""
    try:
        spelled = date(int(part["year"]), month, int(part["day"])).isoformat()
    except ValueError:
        return ""
    if part["hour"] is None:
        return spelled
    hour = _of_day(int(part["hour"]), (part["early"] or part["half"] or "").casefold())
    offset = {"utc": "Z", "gmt": "Z"}.get((part["offset"] or "").casefold(), part["offset"] or "")
    return f"{spelled}T{hour:02d}:{int(part['minute']):02d}:{int(part['second'] or 0):02d}{_with_colon(offset)}"


def _of_day(hour: int, half: str) -> int:
    """The hour of the day from one of its half, named in any of the main languages; without a half as it is."""
    if not half or hour > 12:
        return hour
    return hour % 12 + (12 if half.startswith(("p", "下午", "午後", "오후", "م")) else 0)


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
