"""What masking puts in the place of a personal value, and a text without it."""

import re

PLACEHOLDER_KINDS = (
    "SECRET", "QUERY", "EMAIL", "NATIONAL_ID", "IBAN", "CARD", "PHONE", "IP", "MAC", "PLATE", "PASSPORT", "ACCOUNT",
    "CONTACT", "TAX_ID", "PERSON", "COMPANY", "ADDRESS",
)  # fmt: skip
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(PLACEHOLDER_KINDS)})_[1-9][0-9]{{0,5}}\]")
"""What masking puts in the place of a personal value, such as `[EMAIL_1]`."""


def without_placeholders(text: str) -> str:
    """The text with a space where something was masked: nobody searches for `EMAIL`, and every case would match."""
    return PLACEHOLDER.sub(" ", text) if "_" in text and "[" in text else text
