"""Which encoding a text is in, by its mark, its zero bytes or what it would mean; and what is no text at all."""

import codecs
import io
import re

from retriever.errors import InvalidInput
from retriever.ingest.files.legacy import ANNOUNCED, guess_legacy, seven_bit

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
ZIP = b"PK\x03\x04"
"""How an archive begins, and so a workbook."""
_BINARY = (
    (ZIP, "a ZIP archive or an Excel workbook; save the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV (UTF-8)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF"),
)
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_ASCII_TEXT = re.compile(r"[\t\n\r -~]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
CUT_OFF = "the file ends in the middle of a character"
"""Said of an export that somebody or a full disk stopped."""
IN_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""What a character beyond ASCII looks like."""
_CUT_IN_UTF8 = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


_NO_TEXTS = frozenset(("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"))


def checked_encoding(name: str) -> str:
    """The usual name of an encoding that somebody gave. Raises InvalidInput for an unknown one."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses codecs that do not make text
        known = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise InvalidInput(f"encoding {name[:40]!r} is not known; try utf-8, gb18030, utf-16 or big5.") from error
    if known.replace("-", "_") in _NO_TEXTS:
        raise InvalidInput(f"encoding {name[:40]!r} is none that texts come in; try utf-8, gb18030, utf-16 or big5.")
    return "utf-8" if known == "utf-8-sig" else known


def find_mark(head: bytes) -> tuple[str, bytes] | None:
    """The encoding whose byte order mark the file begins with, and the mark."""
    return next(((name, mark) for mark, name in _MARKS if head.startswith(mark)), None)


def find_encoding(head: bytes, named: str = "", *, is_long: bool = False) -> tuple[str, bytes]:
    """The encoding of a text by its beginning, empty while that is ASCII only; and the mark that it begins with.

    `named` is what somebody says it is. Raises InvalidInput for an unknown encoding, for what is no text, and for a
    text whose encoding cannot be told.
    """
    marked = find_mark(head)
    if named:
        encoding = checked_encoding(named)
        return encoding, marked[1] if marked and marked[0] == encoding else b""
    refuse_binary(head)
    if marked:
        return marked
    found = wide_without_mark(head)
    return found or ("" if is_ascii(head) else found_encoding(head, first=True, cut=is_long)), b""


def beginning(head: bytes, named: str = "") -> str:
    """The first bytes of a file as text, without its mark. Raises InvalidInput like `find_encoding`."""
    encoding, mark = find_encoding(head, named, is_long=True)
    return head[len(mark) :].decode(encoding or "utf-8", errors="ignore")


def refuse_binary(head: bytes) -> None:
    """Raises InvalidInput, saying what it is, for a file that is no text."""
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise InvalidInput(f"this is {what}; JSONL and CSV can be read.")
    if not find_mark(head) and not wide_without_mark(head) and _is_binary(head):
        raise InvalidInput("this is no text; JSONL and CSV can be read.")


def _is_binary(head: bytes) -> bool:
    return not ANNOUNCED.search(head) and len(_CONTROL.findall(head)) * 20 > len(head)


def wide_without_mark(head: bytes) -> str:
    """The form of UTF-16 or UTF-32 that, read rightly, holds line breaks, delimiters and other ASCII; else empty."""
    sample = head[:65_536]
    zeros = sample.count(0)
    # UTF-8 may hold stray zero bytes; UTF-16 that happens to be valid UTF-8 is full of zeros and other controls.
    controls = zeros + len(_CONTROL.findall(sample))
    if not zeros or (controls * 5 < len(sample) and decodes(sample, "utf-8", partial=True)):
        return ""
    for encoding in ("utf-32-le", "utf-32-be"):
        if zeros * 2 >= len(sample) and decodes(sample, encoding, partial=True):
            return encoding
    left, right = (_ascii_share(sample, encoding) for encoding in ("utf-16-le", "utf-16-be"))
    if max(left, right) < 0.01 or min(left, right) * 4 > max(left, right):
        return ""
    return "utf-16-le" if left > right else "utf-16-be"


def is_ascii(block: bytes) -> bool:
    """Would the bytes say the same in every encoding that builds on ASCII?"""
    return not _BEYOND_ASCII.search(block) and not ANNOUNCED.search(block)


def found_encoding(block: bytes, *, first: bool, cut: bool) -> str:
    """The encoding of the first block of a file that holds more than ASCII.

    A block may be the `first` of its file at all, and may be `cut` off within a character. Raises InvalidInput for a
    first block that cannot be told.
    """
    if not _BEYOND_ASCII.search(block):
        return seven_bit(block) or "utf-8"
    lines = [line for line in block.split(b"\n") if _BEYOND_ASCII.search(line)]
    if cut and len(lines) > 1:
        del lines[-1]
    elif IN_UTF8.search(block) and ends_in_character(block):
        # A letter of one byte at the very end looks like that, too, but not behind others in UTF-8.
        lines[-1] = _CUT_IN_UTF8.sub(b"", lines[-1])
    unsound = [line for line in lines if not decodes(line, "utf-8")]
    if len(unsound) * 2 <= len(lines):
        return "utf-8"
    guess = guess_legacy(unsound)
    if guess.encoding or not first or len(unsound) * 2 <= len(block.splitlines()):
        return codecs.lookup(guess.encoding or "utf-8").name
    could = f", and could be {' or '.join(guess.candidates[:3])}" if len(guess.candidates) > 1 else ""
    raise InvalidInput(
        f"the encoding cannot be told: it is neither UTF-8 nor UTF-16{could}. "
        "Name it with --encoding, for example windows-1252, shift_jis, big5 or euc-kr."
    )


def ends_in_character(data: bytes) -> bool:
    """Do the bytes of UTF-8 end in the middle of a sign?"""
    return bool(_CUT_IN_UTF8.search(data[-4:]))


def _ascii_share(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, errors="replace")
    return len(_ASCII_TEXT.findall(text)) / len(text)


def decodes(data: bytes, encoding: str, *, partial: bool = False) -> bool:
    """Are the bytes valid in this encoding? `partial` ones may end within a sign."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, not partial)
    except UnicodeDecodeError:
        return False
    return True
