"""Takes a binary file apart, value by value, and never beyond its end."""

import struct
from pathlib import Path

from retriever.errors import ModelUnavailable


class Cursor:
    """Takes values one after the other and says which file ended too early."""

    def __init__(self, path: Path, content: bytes | memoryview) -> None:
        """Begin at the first byte of what was read from `path`."""
        self._path = path
        self._view = memoryview(content)
        self._place = 0

    def damaged(self, what: str) -> ModelUnavailable:
        """The error that names the file."""
        return ModelUnavailable(f"{self._path} is damaged: {what}; install its package again.")

    def require(self, holds: bool, what: str) -> None:
        """Raises ModelUnavailable with what is wrong unless this holds."""
        if not holds:
            raise self.damaged(what)

    def at(self, start: int, size: int) -> memoryview:
        """The bytes at a place; the cursor stays where it is."""
        self.require(start >= 0 and size >= 0 and start + size <= len(self._view), "it ends too early")
        return self._view[start : start + size]

    def take(self, size: int) -> memoryview:
        """The next bytes."""
        found = self.at(self._place, size)
        self._place += size
        return found

    def within(self, size: int) -> "Cursor":
        """A cursor that ends after `size` bytes."""
        return Cursor(self._path, self.take(size))

    def number(self, kind: str) -> int:
        """One whole number, little endian, of a kind that `struct` knows."""
        (found,) = struct.unpack("<" + kind, self.take(struct.calcsize("<" + kind)))
        return int(found)

    def fraction(self) -> float:
        """One float of 4 bytes."""
        (found,) = struct.unpack("<f", self.take(4))
        return float(found)

    def count(self, most: int, what: str) -> int:
        """A number from 1 to `most`."""
        found = self.number("i")
        self.require(1 <= found <= most, f"{what} is {found}")
        return found
