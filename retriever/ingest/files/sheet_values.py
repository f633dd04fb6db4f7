"""What the cells of a worksheet show: texts without escapes, and numbers by their format: dates, leading zeros."""

import re
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from openpyxl.styles.numbers import is_datetime, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

LONGEST_CODE = 1_000
"""Characters of a format; spreadsheets allow 255."""
PRECISE_DIGITS = 15
"""A spreadsheet keeps no more digits of a number; identifiers that are longer were spoiled before they came here."""

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[([^\]]*)\]|(.)', re.DOTALL)
_LONGEST_NUMBER = 400  # characters, and the greatest exponent
_LATEST = 2_958_466  # the day after 9999-12-31


def unescaped(text: str) -> str:
    """The text that stands behind escapes such as `_x000D_` (ECMA-376, ST_Xstring)."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Two escapes may be the halves of one character.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def shown_number(text: str, code: str, *, from_1904: bool) -> str:
    """A number as its format shows it where that matters: dates in ISO 8601, leading zeros, a prefix such as `INC`.

    Other formats, such as two decimals or a currency, leave the number itself. Raises ValueError for what is none.
    """
    number = _number(text)
    shape = _shape(code[:LONGEST_CODE])
    if shape.kind and (found := _moment(float(number), shape.kind, from_1904=from_1904)):
        return found
    whole = number == number.to_integral_value()
    if whole and number >= 0 and shape.pattern:
        return _filled(shape.pattern, str(int(number)))
    if whole:
        return str(int(number))
    return format(Decimal(f"{number:.{PRECISE_DIGITS}g}").normalize(), "f")


class _Shape(NamedTuple):
    """A format: what kind of moment it shows (or none), or the digits and the texts between them."""

    kind: str = ""
    pattern: tuple[tuple[bool, str], ...] = ()


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip()) if len(text) <= _LONGEST_NUMBER else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        raise ValueError("is no number")
    return number


@lru_cache(maxsize=4_096)
def _shape(code: str) -> _Shape:
    if not code or code == "General":
        return _Shape()
    if is_timedelta_format(code):
        return _Shape("duration")
    return _Shape(is_datetime(code) or "") if is_datetime(code) else _Shape("", _pattern(code))


def _pattern(code: str) -> tuple[tuple[bool, str], ...]:
    """The first section as digits and texts; empty unless it pads with zeros or puts letters before the number."""
    parts: list[tuple[bool, str]] = []
    for quoted, sign, bracket, plain in _TOKEN.findall(code):
        if plain == ";":
            break
        if plain and plain in "0#?":
            parts.append((True, plain))
        elif plain in (".", ",", "%", "/", "@", "E", "e") or bracket[:1] in ("<", ">", "="):
            return ()
        elif text := quoted or sign or plain:
            parts.append((False, text))
    digits = [place for place, (is_digit, _) in enumerate(parts) if is_digit]
    if not digits:
        return ()
    zeros = sum(parts[place][1] == "0" for place in digits)
    prefix = "".join(text for _, text in parts[: digits[0]])
    return tuple(parts) if zeros > 1 or any(letter.isalpha() for letter in prefix) else ()


def _filled(pattern: tuple[tuple[bool, str], ...], digits: str) -> str:
    first = next(place for place, (is_digit, _) in enumerate(pattern) if is_digit)
    shown: list[str] = []
    rest = digits if digits != "0" else ""
    for place in range(len(pattern) - 1, -1, -1):
        is_digit, text = pattern[place]
        if not is_digit:
            shown.append(text)
        elif place == first and rest:
            shown.append(rest)
        elif rest:
            shown.append(rest[-1])
            rest = rest[:-1]
        elif text == "0":
            shown.append("0")
    return "".join(reversed(shown)).strip()


def _moment(serial: float, kind: str, *, from_1904: bool) -> str:
    """A date, a time or a duration; empty for a number that stands for none."""
    if kind == "duration":
        seconds = round(serial * 86_400)
        return f"{seconds // 3_600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if 0 <= serial < _LATEST else ""
    # The calendar of 1904 has its last day four years earlier.
    if not 0 <= serial < _LATEST - (1_462 if from_1904 else 0):
        return ""
    moment = from_excel(serial, MAC_EPOCH if from_1904 else WINDOWS_EPOCH)
    if isinstance(moment, time):
        return moment.isoformat(timespec="seconds") if kind != "date" else ""
    if kind == "date" or not isinstance(moment, datetime):
        return str(moment)[:10]
    return moment.isoformat(sep=" ", timespec="seconds")
