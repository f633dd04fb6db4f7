"""The quote that keeps spreadsheets from running a cell as a formula: put before its text, and taken away again."""

import re

_GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_GUARD_NEEDED = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: `=1+1` becomes `'=1+1`. `unguarded` takes it back."""
    return f"'{text}" if _GUARD_NEEDED.match(text) else text


def unguarded(text: str) -> str:
    """The text without the quote that `guarded` (or another careful program) put before a formula sign."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
