"""The parts of a workbook, which is a ZIP archive of XML: read piece by piece, however large they unpack."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, BinaryIO
from xml.parsers import expat

from retriever.errors import InvalidInput

UNPACKED_LIMIT = 4 << 30
"""Most bytes of one part, unpacked."""
RATIO_LIMIT = 150
"""Most times that a part of more than `_SMALL` may be larger unpacked than packed."""
TOKEN_LIMIT = 1 << 20
"""Most bytes of one tag, which the parser has to hold whole."""

_SMALL = 16 << 20
_PIECE = 1 << 16
_OTHER_KINDS = (
    (re.compile(r"^word/", re.IGNORECASE), "a Word document"),
    (re.compile(r"^ppt/", re.IGNORECASE), "a PowerPoint presentation"),
    (re.compile(r"\.numbers$|^index/.*\.iwa$", re.IGNORECASE), "an Apple Numbers document"),
    (re.compile(r"^content\.xml$"), "an OpenDocument file"),
    (re.compile(r"^xl/workbook\.bin$", re.IGNORECASE), "a binary workbook (XLSB)"),
)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, expat.ExpatError)

Start = Callable[[str, Mapping[str, str]], None]
"""Told of an element that begins: its name without prefix, and its attributes."""
End = Callable[[str], None]
Text = Callable[[str], None]


class BrokenPart(Exception):
    """A part cannot be read, or not any further; the message says why without repeating anything of it."""


class Parts:
    """The parts of an open archive, by their names in lower case."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Look at the directory of the archive."""
        self._archive = archive
        self._infos = {info.filename.replace("\\", "/").lower(): info for info in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._infos

    def kind(self) -> str:
        """What the archive is, where it is no workbook but something that people take for one; else empty."""
        return next((what for pattern, what in _OTHER_KINDS if any(map(pattern.search, self._infos))), "")

    def read(self, name: str, *, start: Start, end: End | None = None, text: Text | None = None) -> Iterator[None]:
        """Tell of every element of a part, halting after each piece. Raises BrokenPart."""
        info = self._infos.get(name.lower())
        if info is None:
            raise BrokenPart(f"has no part {name[:60]!r}")
        if info.file_size > UNPACKED_LIMIT or info.file_size > max(_SMALL, RATIO_LIMIT * info.compress_size):
            raise BrokenPart("is too large when unpacked")
        try:
            with self._archive.open(info) as stream:
                yield from _parsed(stream, start, end, text)
        except _UNREADABLE as error:
            raise BrokenPart(f"is damaged ({type(error).__name__})") from error

    def read_all(self, name: str, *, start: Start, end: End | None = None, text: Text | None = None) -> None:
        """The same at one go. Raises BrokenPart."""
        for _ in self.read(name, start=start, end=end, text=text):
            pass


@contextmanager
def open_parts(stream: BinaryIO) -> Iterator[Parts]:
    """The parts of a workbook. Raises InvalidInput for what is no archive."""
    try:
        archive = zipfile.ZipFile(stream)
    except _UNREADABLE as error:
        raise InvalidInput("this workbook is damaged; save it again as XLSX.") from error
    with archive:
        yield Parts(archive)


def _parsed(stream: IO[bytes], start: Start, end: End | None, text: Text | None) -> Iterator[None]:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    # Prefixes are the writer's choice, and the names of the few elements that matter stand only once.
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    if end:
        ended = end
        parser.EndElementHandler = lambda name: ended(name.rpartition(":")[2])
    if text:
        parser.CharacterDataHandler = text
    fed = 0
    while piece := stream.read(_PIECE):
        parser.Parse(piece, False)
        fed += len(piece)
        if fed - parser.CurrentByteIndex > TOKEN_LIMIT + _PIECE:
            raise BrokenPart("holds a tag of more than 1 MiB")
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: object) -> None:
    """No workbook has one, and entities that it defines can grow without end."""
    raise BrokenPart("holds a document type definition, which no workbook has")
