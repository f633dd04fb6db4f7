"""How any text is tidied before it is kept: one normal form, no invisible characters, no useless space."""

import re

from index.text.normal import normalise

# Invisible characters that hide text from people or break matching: C0/C1 controls (tab and newline excepted), soft
# hyphen, zero-width and bidirectional marks, tag characters, lone surrogates, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    # Joiners are spelling in Arabic and Indic scripts and noise elsewhere.
    "|(?<![\u0600-\u0dff])[\u200c\u200d]+"
)
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85]|[\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n{3,}")


def tidy_text(text: str) -> str:
    """The text in NFC without invisible characters, with `\\n` line breaks and no space around it. Idempotent."""
    if not text.replace("\n", " ").isprintable():  # nearly all texts pass, at a tenth of the patterns' cost
        text = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))
    if "\n" in text:
        # Line by line: a pattern for spaces before a break would look at a long run of spaces from each of them.
        text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip(" \t") for line in text.split("\n")))
    text = text.strip()
    # Last: taking a character out can bring a letter and its accent together.
    return normalise("NFC", text)


def tidy_line(text: str) -> str:
    """`tidy_text` for names and titles: every run of white space is one space."""
    return " ".join(tidy_text(text).split())
