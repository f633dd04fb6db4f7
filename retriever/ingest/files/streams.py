"""The bytes of a file, of a pipe, or of a stream that somebody else keeps open; looked at before they are read."""

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from retriever.errors import InvalidInput

CHUNK = 1 << 20
"""Bytes read at a time, and looked at to find out what a file is."""
STDIN = Path("-")
"""Stands for the standard input wherever a path is expected."""


@contextmanager
def open_bytes(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """The bytes of a file, closed afterwards; an open stream is left open. Raises InvalidInput."""
    if not isinstance(source, Path):
        yield source
    elif source == STDIN:
        yield sys.stdin.buffer
    else:
        try:
            stream = source.open("rb")
        except OSError as error:
            raise InvalidInput(f"{source} cannot be read: {error.strerror}.") from error
        with stream:
            yield stream


@contextmanager
def naming(source: Path | BinaryIO) -> Iterator[None]:
    """Why a file is refused begins with its name."""
    try:
        yield
    except InvalidInput as error:
        if not isinstance(source, Path) or source == STDIN:
            raise
        raise InvalidInput(f"{source.name}: {error}") from error


def suffix_of(source: Path | BinaryIO) -> str:
    """The ending of a file's name in lower case, empty for a stream."""
    return source.suffix.lower() if isinstance(source, Path) else ""


class PeekedStream:
    """A binary stream whose beginning can be looked at before it is read; counts what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        """`stream` is at its beginning."""
        self._stream = stream
        self._head: bytes | None = None
        self.is_long = False
        """Whether more may follow behind what `peek` gave."""
        self.offset = 0
        """Bytes taken so far; all of them once it is read as a whole, which is out of order."""

    def peek(self) -> bytes:
        """The first MiB, or all of a shorter stream, before anything is read."""
        if self._head is None:
            self._head = b""
            while len(self._head) < CHUNK and (part := self._stream.read(CHUNK - len(self._head))):
                self._head += part
            self.is_long = len(self._head) >= CHUNK
        return self._head

    def read(self, size: int = -1) -> bytes:
        """The next bytes: what was looked at first."""
        if self._head:
            part = self._head if size < 0 else self._head[:size]
            self._head = self._head[len(part) :]
            if size < 0:
                part += self._stream.read()
        else:
            part = self._stream.read(size)
        self.offset += len(part)
        return part

    def blocks(self) -> Iterator[bytes]:
        """All that follows, some bytes at a time."""
        while block := self.read(CHUNK):
            yield block

    def whole(self) -> BinaryIO:
        """The stream itself from its beginning, for what must be sought in. Raises InvalidInput for a pipe."""
        if not self._stream.seekable():
            raise InvalidInput("a workbook cannot be read from a pipe; give the file.")
        self.offset = self._stream.seek(0, 2)
        self._stream.seek(0)
        self._head = b""
        return self._stream


class Utf8Stream:
    """A stream in another encoding as UTF-8, converted while it is read."""

    def __init__(self, stream: PeekedStream, encoding: str) -> None:
        """`stream` stands behind its byte order mark."""
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, empty only at the end; some more than `size` where UTF-8 is longer.

        Raises UnicodeDecodeError.
        """
        text = ""
        while size and not text:
            block = self._stream.read(size)
            text = self._decoder.decode(block, not block)
            if not block:
                break
        return text.encode("utf-8", "replace")
