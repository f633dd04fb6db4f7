"""What a cell of a table means for a field: lists, dates and states as people write them."""

import re
from collections.abc import Sequence

from retriever.case.dates import iso_spelling
from retriever.case.fields import LISTS
from retriever.ingest.columns import LONG_TEXTS
from retriever.ingest.files.json_text import exact_json
from retriever.ingest.states import status_of

_PATH_SIGN = re.compile("[>›→]")
DATES = frozenset(("opened_at", "resolved_at", "review_due_on", "valid_until"))
_SPECIAL = LISTS | DATES | {"status", "category"}


def field_value(field: str, text: str) -> object:
    """What a text means in this field: a list for lists, normal forms of dates and states, else itself."""
    if field not in _SPECIAL:
        return text
    if field in LISTS:
        return split_list(field, text)
    if field in DATES:
        return iso_spelling(text)
    if field == "status":
        return status_of(text)
    return text if "/" in text else "/".join(part.strip() for part in _PATH_SIGN.split(text))


def joined_value(field: str, texts: Sequence[str]) -> object:
    """What several cells mean in one field: lists follow each other, long texts stand below each other, else the first
    that is not blank."""
    filled = [text for text in dict.fromkeys(texts) if text and not text.isspace()]
    if not filled:
        return ""
    if field in LISTS:
        return [item for text in filled for item in split_list(field, text)]
    return field_value(field, "\n".join(filled) if field in LONG_TEXTS else filled[0])


def split_list(field: str, text: str) -> list[object]:
    """The entries of a list cell: a JSON array, or text split at the first of these that occurs: line break, `|`, and
    (not for steps, which are sentences) `;` `、` or, failing these, a comma."""
    stripped = text.strip()
    if stripped.startswith("[") and stripped.endswith("]"):
        try:
            entries = exact_json(stripped.encode())
        except ValueError:
            entries = None
        if isinstance(entries, list):
            return entries
    separators = ("\n", "|") if field == "steps" else ("\n|;；、", ",，")
    for separator in separators:
        parts = re.split(f"[{re.escape(separator)}]", stripped)
        if len(parts) > 1:
            return [part for part in parts if part.strip()]
    return [stripped]
