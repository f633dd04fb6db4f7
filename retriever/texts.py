"""Which text of a case is embedded and which is matched by words; and how any text is tidied before it is kept."""

import hashlib
import re
import unicodedata

from retriever.domain import Case, Query

TEXT_VERSION = 2
"""Grows when the functions below give another text for the same case: an index holds texts of one version only."""

PLACEHOLDER_KINDS = (
    "SECRET", "QUERY", "EMAIL", "NATIONAL_ID", "IBAN", "CARD", "PHONE", "IP", "MAC", "PLATE", "PASSPORT", "ACCOUNT",
    "CONTACT", "TAX_ID", "PERSON", "COMPANY", "ADDRESS",
)  # fmt: skip
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(PLACEHOLDER_KINDS)})_[1-9][0-9]{{0,5}}\]")
"""What masking puts in the place of a personal value, such as `[EMAIL_1]`."""

# Invisible characters that hide text from people or break matching: C0/C1 controls (tab and newline excepted), soft
# hyphen, zero-width and bidirectional marks, tag characters, lone surrogates, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    # Joiners are spelling in Arabic and Indic scripts and noise elsewhere.
    "|(?<![\u0600-\u0dff])[\u200c\u200d]+"
)
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85]|[\u2028\u2029]")
_SPACE_BEFORE_BREAK = re.compile(r"[ \t]+(?=\n)")
_BLANK_LINES = re.compile(r"\n{3,}")


def tidy_text(text: str) -> str:
    """The text in NFC without invisible characters, with `\\n` line breaks and no space around it. Idempotent."""
    if not text.replace("\n", " ").isprintable():  # nearly all texts pass, at a tenth of the patterns' cost
        text = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))
    if "\n" in text:
        text = _BLANK_LINES.sub("\n\n", _SPACE_BEFORE_BREAK.sub("", text))
    text = text.strip()
    # Last: taking a character out can bring a letter and its accent together.
    return unicodedata.normalize("NFC", text)


def tidy_line(text: str) -> str:
    """`tidy_text` for names and titles: every run of white space is one space."""
    return " ".join(tidy_text(text).split())


def without_placeholders(text: str) -> str:
    """The text with a space where something was masked: nobody searches for `EMAIL`, and every case would match."""
    return PLACEHOLDER.sub(" ", text) if "_" in text and "[" in text else text


def embedded_text(case: Case) -> str:
    """What the vector of a case stands for: title, problem and error codes, one per line; no placeholders."""
    return _join(case.title, case.problem, " ".join(case.error_codes))


def matched_text(case: Case) -> str:
    """What the words of a question are compared with: everything that tells this case from others."""
    return _join(
        case.title,
        case.problem,
        case.diagnosis,
        case.solution,
        case.product,
        " ".join(case.error_codes),
        " ".join(case.tags),
    )


def query_text(query: Query) -> str:
    """What is embedded of a question, in the order of `embedded_text`."""
    return _join(query.title, query.problem, " ".join(query.error_codes))


def query_words_text(query: Query) -> str:
    """What is compared by words of a question: its text and the product, which stands in `matched_text` too."""
    return _join(query_text(query), query.product)


def vector_key(text: str) -> str:
    """Name of an embedded text in the vector cache: SHA-256 of its UTF-8, 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _join(*parts: str) -> str:
    return without_placeholders("\n".join(part for part in parts if part))
