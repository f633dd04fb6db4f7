"""Values and names from outside as messages may show them: masked and cut short, for nobody's text belongs in a log."""

import re
from datetime import date

from retriever.masking import mask_mention

# No row of digits that a date can be: of three groups two have one or two digits, and the year has two or four.
_DATE = re.compile(
    r"(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2(?:\d{2}|\d{4}))(?:[T ,]{1,2}\d{1,2}:\d{2}(?::\d{2})?)?"
)


def shown(value: object) -> str:
    """A value, at most some 40 characters of it, a date as it stands; what is no text or number by its type alone."""
    if not isinstance(value, str | int | float | date):
        return f"{type(value).__name__}" if value is not None else "nothing"
    if isinstance(value, str) and len(value) <= 30 and _DATE.fullmatch(value.strip()):
        return repr(value)
    # Masked before it is cut: half an address would no longer look like one.
    text = repr(mask_mention(value)) if isinstance(value, str) else mask_mention(repr(value))
    return text if len(text) <= 40 else f"{text[:30]}… ({type(value).__name__}, {len(text)} characters)"


def shown_name(name: object) -> str:
    """The name of an unknown field; a shifted column may have put a value in its place."""
    return mask_mention(str(name))[:60]
