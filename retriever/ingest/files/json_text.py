"""One JSON text from outside, its integers exact; and what is wrong with it in words that repeat nothing of it."""

import json
import math
import re

import orjson

from retriever.ingest.files.encodings import CUT_OFF
from retriever.ingest.files.hazards import BEYOND, Hazards

# The fast parser makes floats of integers from 2⁶⁴ on, which have 20 digits.
_LONG_INTEGER = re.compile(rb"[0-9]{19}")

_CUT_OFF = ("unexpected end of data", "incomplete multibyte sequence", "truncated data")


def exact_json(data: bytes) -> object:
    """The value, integers of any length exact, of what must be JSON to the letter, as programs send it.

    Raises ValueError, mostly orjson's, which says where; also for a long integer in what is nested too deeply.
    """
    value = orjson.loads(data)
    return parsed_json(data.decode()) if _LONG_INTEGER.search(data) else value


def parsed_json(text: str) -> object:
    """The value, integers of any length exact, of a text that may hold control characters in its strings.

    Raises ValueError, also for what is nested too deeply and for numbers that are none (NaN) or beyond all floats.
    """
    text = text.replace("\x00", "")  # first of all: behind a backslash one would hide the end of a string
    hazards = Hazards()
    if hazard := hazards.find_in(text):
        raise ValueError(hazard)
    if not hazards.has_long_integer:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    # More lenient: control characters inside strings, lone surrogates, integers of any length.
    return json.loads(text, strict=False, parse_float=_finite, parse_constant=_no_number)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(BEYOND)
    return number


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def json_fault(error: Exception) -> str:
    """What is wrong and where, without the text around it."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        if error.reason in _CUT_OFF:
            return CUT_OFF
        return f"byte {error.start + 1} is no valid {error.encoding}"
    return str(error).strip().partition("\n")[0].rstrip(". ")[:80]
