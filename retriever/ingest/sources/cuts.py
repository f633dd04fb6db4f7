"""Long texts of tickets: cut before anything is done to them, and again where a case keeps them; how much is said."""

import re

from retriever.case.format import TEXT_LIMIT

RAW_LIMIT = 4 * TEXT_LIMIT
"""Characters of a text of a record that are read: markup, quotes and signatures among them go later."""

_MARK = "\n[… cut: {count:,} more characters]"
_MARKED = re.compile(r"\n\[… cut: ([\d,]{1,20}) more characters\]$")
# An image within the text may be longer than all that is written.
_EMBEDDED = re.compile(r"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=]{100,}")


def clipped(raw: str) -> str:
    """The beginning of a text as a record holds it."""
    if len(raw) <= RAW_LIMIT:
        return raw
    raw = _EMBEDDED.sub("", raw)
    return raw if len(raw) <= RAW_LIMIT else raw[:RAW_LIMIT] + _MARK.format(count=len(raw) - RAW_LIMIT)


def cut(text: str) -> str:
    """A clean text within the limit of a case's field."""
    if len(text) <= TEXT_LIMIT:
        return text
    before = _MARKED.search(text)
    whole = before.start() + int(before[1].replace(",", "")) if before else len(text)
    kept = text[: TEXT_LIMIT - 60].rstrip()
    return kept + _MARK.format(count=whole - len(kept))
