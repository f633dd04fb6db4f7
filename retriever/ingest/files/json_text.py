"""One JSON text, leniently; and what is wrong with it in words that repeat nothing of it."""

import json

import orjson

from retriever.ingest.files.hazards import Hazards


def parsed_json(text: str) -> object:
    """The value, integers of any length exact. Raises ValueError, also for what is nested too deeply."""
    hazards = Hazards()
    if hazard := hazards.find_in(text):
        raise ValueError(hazard)
    # The fast parser makes floats of integers above 2⁶⁴.
    if not hazards.has_long_integer:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    # More lenient: control characters inside strings, lone surrogates, very large numbers.
    return json.loads(text.replace("\x00", ""), strict=False)


def json_fault(error: Exception) -> str:
    """What is wrong and where, without the text around it."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is no valid {error.encoding}"
    return str(error).strip().partition("\n")[0].rstrip(". ")[:80]
