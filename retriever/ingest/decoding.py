"""Bytes to numbered lines of text: encodings found or given, damaged lines marked instead of raised."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from retriever.errors import InvalidInput

CHUNK = 1 << 20
"""Bytes read at a time, and looked at to find the encoding."""
LINE_LIMIT = 16 << 20
"""Longest physical line in bytes; a case at all its limits, written with `\\u` escapes, is shorter."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_BINARY = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; save the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV (UTF-8)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF"),
)
# Encodings in which the byte of a line feed is a line feed everywhere, so that each line can be decoded by itself.
_BY_LINE = re.compile(
    r"utf-?8|ascii|gb|big5|shift_jis|cp932|euc|cp(?!037|273|424|500|875|1026|1140)|latin|iso8859|koi8"
)
_TOO_LONG = f"is longer than {LINE_LIMIT >> 20} MiB"
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_ASCII_TEXT = re.compile(r"[\t\n\r -~]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class TextLine(NamedTuple):
    """One physical line without its `\\n`; `number` counts from 1. With a `fault`, `text` is what was legible."""

    number: int
    text: str
    fault: str = ""


class LineReader:
    """The lines of a binary stream, read as they are asked for; at most some 16 MiB are held."""

    def __init__(self, stream: BinaryIO, *, encoding: str = "") -> None:
        """Look at the beginning. Raises InvalidInput for an unknown encoding and for what is no text."""
        self._stream = stream
        self._head = _read(stream, CHUNK)
        self.offset = len(self._head)
        self._settled = bool(encoding)
        if encoding:
            self.encoding = _checked_name(encoding)
            marked = _marked(self._head)
            mark = marked[1] if marked and marked[0] == self.encoding else b""
        else:
            _refuse_binary(self._head)
            self.encoding, mark = _marked(self._head) or (_utf16(self._head) or "", b"")
            self._settled = bool(self.encoding)
        self._head = self._head[len(mark) :]
        if not self._settled:
            self.encoding = "utf-8"
            self._settle(self._head, first=True)

    def __iter__(self) -> Iterator[TextLine]:
        lines = self._lines_of_bytes() if _BY_LINE.match(self.encoding) else self._lines_of_text()
        return (TextLine(number, text, fault) for number, (text, fault) in enumerate(lines, start=1))

    def _blocks(self) -> Iterator[bytes]:
        block, self._head = self._head, b""
        while block:
            yield block
            block = _read(self._stream, CHUNK)
            self.offset += len(block)

    def _lines_of_bytes(self) -> Iterator[tuple[str, str]]:
        ending, pending, skipping = b"", b"", False
        for block in self._blocks():
            # Old Macintosh programs end lines with a carriage return alone.
            ending = ending or (b"\r" if b"\r" in block and b"\n" not in block else b"\n")
            complete, found, rest = block.rpartition(ending)
            if not found:
                pending = b"" if skipping else pending + block
            elif skipping:
                yield "", _TOO_LONG
                _, more, complete = complete.partition(ending)
                if more:
                    yield from self._decoded(complete, ending)
                pending, skipping = rest, False
            else:
                yield from self._decoded(pending + complete, ending)
                pending = rest
            if len(pending) > LINE_LIMIT:
                pending, skipping = b"", True
        if skipping:
            yield "", _TOO_LONG
        elif pending:
            yield from self._decoded(pending, ending)

    def _decoded(self, block: bytes, ending: bytes) -> Iterator[tuple[str, str]]:
        if not self._settled:
            self._settle(block, first=False)
        try:
            # All at once is several times faster, and nearly every block is sound.
            for text in block.decode(self.encoding).split(ending.decode()):
                yield text, ""
        except UnicodeDecodeError:
            for line in block.split(ending):
                yield self._decoded_line(line)

    def _decoded_line(self, line: bytes) -> tuple[str, str]:
        try:
            return line.decode(self.encoding), ""
        except UnicodeDecodeError as error:
            fault = f"is not valid {self.encoding} (byte 0x{line[error.start]:02x} at position {error.start + 1})"
            return line.decode(self.encoding, errors="replace"), f"{fault}; convert the file, or name its encoding"

    def _lines_of_text(self) -> Iterator[tuple[str, str]]:
        wide = self.encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))
        decoder = codecs.getincrementaldecoder(self.encoding)("surrogatepass" if wide else "replace")
        damaged = re.compile("[\ud800-\udfff]" if wide else "\ufffd")
        pending, cut_off, skipping = "", False, False
        for block in self._blocks_then_end():
            try:
                pending += decoder.decode(block, not block)
            except UnicodeDecodeError:
                cut_off = True
            *lines, pending = pending.split("\n")
            for text in lines:
                yield ("", _TOO_LONG) if skipping else (text, self._damage(text, damaged))
                skipping = False
            if len(pending) > LINE_LIMIT:
                pending, skipping = "", True
        if pending or cut_off or skipping:
            fault = f"is cut off in the middle of a {self.encoding} character" if cut_off else ""
            yield pending, fault or (_TOO_LONG if skipping else self._damage(pending, damaged))

    def _damage(self, text: str, damaged: re.Pattern[str]) -> str:
        found = damaged.search(text)
        return f"is not valid {self.encoding} (character {found.start() + 1})" if found else ""

    def _blocks_then_end(self) -> Iterator[bytes]:
        yield from self._blocks()
        yield b""

    def _settle(self, block: bytes, *, first: bool) -> None:
        """Choose between UTF-8 and GB18030 as soon as a block holds more than ASCII."""
        if not _BEYOND_ASCII.search(block):
            return
        self._settled = True
        lines = [line for line in block.split(b"\n") if _BEYOND_ASCII.search(line)]
        if first and len(block) >= CHUNK and len(lines) > 1:
            del lines[-1]  # it may end in the middle of a character
        unsound = [line for line in lines if not _decodes(line, "utf-8")]
        if len(unsound) * 2 <= len(lines):
            return
        if _is_chinese(b"\n".join(unsound[:2_000])):
            self.encoding = "gb18030"
        elif first and len(unsound) * 2 > len(block.splitlines()):
            raise InvalidInput(
                "the encoding cannot be told: it is neither UTF-8 nor UTF-16, and read as GB18030 it is no Chinese. "
                "Name it, for example windows-1252, shift_jis, big5 or euc-kr."
            )


def _read(stream: BinaryIO, size: int) -> bytes:
    """Up to `size` bytes; fewer only at the end (a pipe gives what it has)."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _checked_name(encoding: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)  # refuses codecs that do not make text
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise InvalidInput(f"encoding {encoding[:40]!r} is not known; try utf-8, gb18030, utf-16 or big5.") from error
    return "utf-8" if name == "utf-8-sig" else name


def _marked(head: bytes) -> tuple[str, bytes] | None:
    return next(((name, mark) for mark, name in _MARKS if head.startswith(mark)), None)


def _refuse_binary(head: bytes) -> None:
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise InvalidInput(f"this is {what}; JSONL and CSV can be read.")
    if not _marked(head) and not _utf16(head) and len(_CONTROL.findall(head)) * 20 > len(head):
        raise InvalidInput("this is no text; JSONL and CSV can be read.")


def _utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: read rightly, it holds line breaks, delimiters and other ASCII characters."""
    sample = head[:65_536]
    zeros = sample.count(0)
    # UTF-8 may hold stray zero bytes; UTF-16 that happens to be valid UTF-8 is half zeros.
    if not zeros or (zeros * 5 < len(sample) and _decodes(sample, "utf-8", partial=True)):
        return None
    left, right = (_ascii_share(sample, encoding) for encoding in ("utf-16-le", "utf-16-be"))
    if max(left, right) < 0.01 or min(left, right) * 4 > max(left, right):
        return None
    return "utf-16-le" if left > right else "utf-16-be"


def _ascii_share(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, errors="replace")
    return len(_ASCII_TEXT.findall(text)) / len(text)


def _decodes(data: bytes, encoding: str, *, partial: bool = False) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, not partial)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(data: bytes) -> bool:
    """Is this, read as GB18030, mostly common Chinese characters? Other legacy text reads as rare ones."""
    text = data.decode("gb18030", errors="replace")
    pairs = [pair for character in text if (pair := character.encode("gb18030", errors="replace"))[0] >= 0x80]
    # Rows A1 and A3 hold punctuation, B0 to D7 the 3,755 most frequent characters.
    common = sum(
        len(pair) == 2 and pair[1] >= 0xA1 and (0xB0 <= pair[0] <= 0xD7 or pair[0] in (0xA1, 0xA3)) for pair in pairs
    )
    return common * 2 > len(pairs)
