"""One JSON text, leniently; and what is wrong with it in words that repeat nothing of it."""

import json

import orjson


def parsed_json(text: str) -> object:
    """The value. Raises ValueError, or RecursionError when it is nested too deeply."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # More lenient: control characters inside strings, lone surrogates, very large numbers.
        return json.loads(text.replace("\x00", ""), strict=False)


def json_fault(error: Exception) -> str:
    """What is wrong and where, without the text around it."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, character {error.pos + 1}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    first = str(error).strip().partition("\n")[0]
    return (
        first.rstrip(". ")[:80] if not isinstance(error, UnicodeDecodeError) else f"byte {error.start + 1} is no UTF-8"
    )
