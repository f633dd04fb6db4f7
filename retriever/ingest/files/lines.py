"""A stream of bytes as numbered lines of text: encodings found or given, damaged lines marked instead of raised."""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from retriever.ingest.files.encodings import IN_UTF8, decodes, find_encoding, found_encoding, is_ascii
from retriever.ingest.files.streams import PeekedStream

LINE_LIMIT = 16 << 20
"""Longest physical line in bytes; a case at all its limits, written with `\\u` escapes, is shorter."""

# Encodings in which the byte of a line feed is a line feed everywhere, so that each line can be decoded by itself.
_BY_LINE = re.compile(
    r"utf-?8|ascii|gb|big5|shift_jis|cp932|euc|cp(?!037|273|424|500|875|1026|1140)|latin|iso8859|koi8|mac|kz|ptcp"
)
_OF_ONE_BYTE = ("cp12", "cp4", "cp7", "cp85", "cp86", "iso8859", "koi8", "mac")
_TOO_LONG = f"is longer than {LINE_LIMIT >> 20} MiB"


class TextLine(NamedTuple):
    """One physical line without its `\\n`; `number` counts from 1. With a `fault`, `text` is what was legible."""

    number: int
    text: str
    fault: str = ""


class LineReader:
    """The lines of a binary stream, read as they are asked for; at most some 16 MiB are held."""

    def __init__(self, stream: PeekedStream, *, encoding: str = "") -> None:
        """Look at the beginning. Raises InvalidInput for an unknown encoding and for what is no text."""
        self._stream = stream
        found, mark = find_encoding(stream.peek(), encoding, is_long=stream.is_long)
        stream.read(len(mark))
        self._settled = bool(found)
        self.encoding = found or "utf-8"
        self._guessed = not encoding and self.encoding.startswith(_OF_ONE_BYTE)
        """Every byte means something there, so that lines in UTF-8 would pass as others."""

    def __iter__(self) -> Iterator[TextLine]:
        lines = self._lines_of_bytes() if _BY_LINE.match(self.encoding) else self._lines_of_text()
        # A mark in the middle is left from files that were put one below the other.
        return (
            TextLine(number, text.removeprefix("\ufeff"), fault) for number, (text, fault) in enumerate(lines, start=1)
        )

    def _lines_of_bytes(self) -> Iterator[tuple[str, str]]:
        ending, pending, skipping = b"", b"", False
        for block in self._stream.blocks():
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
            for text, fault in self._decoded(pending, ending):
                yield text, self._fault_at_end(pending, fault)

    def _decoded(self, block: bytes, ending: bytes) -> Iterator[tuple[str, str]]:
        if not self._settled:
            self._settle(block)
        if self._guessed and IN_UTF8.search(block):
            for line in block.split(ending):
                yield self._decoded_line(
                    line, "utf-8" if IN_UTF8.search(line) and decodes(line, "utf-8") else self.encoding
                )
            return
        try:
            # All at once is several times faster, and nearly every block is sound.
            for text in block.decode(self.encoding).split(ending.decode()):
                yield text, ""
        except UnicodeDecodeError:
            for line in block.split(ending):
                yield self._decoded_line(line)

    def _decoded_line(self, line: bytes, encoding: str = "") -> tuple[str, str]:
        try:
            return line.decode(encoding or self.encoding), ""
        except UnicodeDecodeError as error:
            fault = f"is not valid {self.encoding} (byte 0x{line[error.start]:02x} at position {error.start + 1})"
            return line.decode(self.encoding, errors="replace"), f"{fault}; convert the file, or name its encoding"

    def _fault_at_end(self, line: bytes, fault: str) -> str:
        """What is said of the last line, if there was anything to say."""
        if not fault or not decodes(line, self.encoding, partial=True):
            return fault
        # Without another such character it may as well be a letter of an encoding of one byte.
        return _cut_off(self.encoding) + ("" if IN_UTF8.search(line) else f", or {fault}")

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
            fault = _cut_off(self.encoding) if cut_off else ""
            yield pending, fault or (_TOO_LONG if skipping else self._damage(pending, damaged))

    def _damage(self, text: str, damaged: re.Pattern[str]) -> str:
        found = damaged.search(text)
        return f"is not valid {self.encoding} (character {found.start() + 1})" if found else ""

    def _blocks_then_end(self) -> Iterator[bytes]:
        yield from self._stream.blocks()
        yield b""

    def _settle(self, block: bytes) -> None:
        """Choose the encoding as soon as a block holds more than ASCII."""
        if not is_ascii(block):
            self._settled = True
            self.encoding = found_encoding(block, first=False, cut=False)
            self._guessed = self.encoding.startswith(_OF_ONE_BYTE)


def _cut_off(encoding: str) -> str:
    return f"is cut off in the middle of a {encoding} character"
