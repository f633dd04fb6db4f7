"""The seals of the audit log: a key, an HMAC chain, and the anchor file that remembers how long the chain was.

Entry n is stored with `seal` = HMAC(key, entry n) and `link` = HMAC(key, link n-1 + seal n). Whoever has the database
but not the key can make neither. What the chain cannot show is that its end is missing, so its length is written down
twice: in the database with each entry, and after each commit in a file that may lie on another disk.
"""

import hmac
import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from retriever.errors import StoreDamaged, Unavailable

log = structlog.get_logger()

KEY_BYTES = 32
GENESIS = bytes(32)
"""The link before the first entry."""


@dataclass(frozen=True, slots=True)
class AuditFiles:
    """Where the key and the anchor of a library's audit log lie."""

    key: Path
    anchor: Path

    @classmethod
    def beside(cls, library: Path) -> Self:
        """The places without a setting: beside the library."""
        return cls(library.with_name(f"{library.stem}-audit.key"), library.with_name(f"{library.stem}-audit.anchor"))


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many entries it has and the link of the last."""

    count: int
    link: bytes

    def __str__(self) -> str:
        return f"{self.count}:{self.link.hex()}"


START = Head(0, GENESIS)


def parse_head(text: str) -> Head:
    """The head that `str(head)` wrote. Raises ValueError."""
    count, colon, link = text.strip().partition(":")
    if not (colon and count.isascii() and count.isdigit() and len(link) == 64):
        raise ValueError("expected COUNT:LINK, as `similar-cases audit verify` prints it")
    return Head(int(count), bytes.fromhex(link))


class Sealer:
    """Makes and checks the seals with one key. Safe to share between threads."""

    def __init__(self, key: bytes) -> None:
        """`key` is secret and at least 32 bytes."""
        self._key = key

    def seal(self, entry: bytes) -> bytes:
        """Seal of one entry, 32 bytes. The word in front keeps one kind of seal from passing as another."""
        return hmac.digest(self._key, b"entry\0" + entry, "sha256")

    def link(self, before: bytes, seal: bytes) -> bytes:
        """Link of the entry with this seal behind the entry with the link `before`, 32 bytes."""
        return hmac.digest(self._key, b"link\0" + before + seal, "sha256")

    def seal_head(self, head: Head) -> bytes:
        """Seal of the end of the chain, 32 bytes."""
        return hmac.digest(self._key, b"head\0" + str(head).encode(), "sha256")


def load_key(path: Path, *, create: bool) -> bytes:
    """The key in this file; made on first use if `create`. Raises StoreDamaged when it is missing or no key."""
    if create and not path.exists():
        _create_key(path)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        raise StoreDamaged(
            f"the key of the audit log is missing ({path.name}); put it back from a backup or name it in the setting "
            "audit_key."
        ) from error
    except (OSError, ValueError) as error:
        raise StoreDamaged(f"the key of the audit log cannot be read ({path.name}): {type(error).__name__}.") from error
    if len(key) < KEY_BYTES:
        raise StoreDamaged(f"{path.name} holds {len(key)} bytes; the key of an audit log has at least {KEY_BYTES}.")
    return key


def is_private(path: Path) -> bool:
    """May nobody but the owner read the file?"""
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def read_anchor(path: Path, sealer: Sealer) -> Head | None:
    """The head in the anchor file, None without a file. Raises ValueError when it was not written with this key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return read_sealed_head(text, sealer, "the anchor file")


def sealed_head(head: Head, sealer: Sealer, **more: str) -> str:
    """A head with its seal as one line of JSON."""
    return json.dumps({**more, "head": str(head), "seal": sealer.seal_head(head).hex()})


def read_sealed_head(text: str, sealer: Sealer, where: str) -> Head:
    """The head in a line that `sealed_head` made; `where` it stands is for the error. Raises ValueError."""
    try:
        content = json.loads(text)
        head = parse_head(content["head"])
        seal = bytes.fromhex(content["seal"])
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ValueError(f"{where} is not readable") from error
    if not hmac.compare_digest(seal, sealer.seal_head(head)):
        raise ValueError(f"{where} was not written with this key")
    return head


@dataclass(frozen=True, slots=True)
class Anchors:
    """Heads that were written elsewhere, one a line: the log must still contain each of them."""

    name: str
    lines: tuple[str, ...]

    def checked(self, sealer: Sealer) -> tuple[list[tuple[str, Head]], list[str]]:
        """Those that were written with this key, each with where it stands, and what is wrong with the others."""
        heads: list[tuple[str, Head]] = []
        wrong: list[str] = []
        for number, line in enumerate(self.lines, 1):
            where = f"line {number} of {self.name}"
            try:
                heads.append((where, read_sealed_head(line, sealer, where)))
            except ValueError as error:
                wrong.append(str(error))
        return heads, wrong

    def unchecked(self) -> list[tuple[str, Head]]:
        """Those that can be read, where the key is gone that could tell who wrote them."""
        heads = []
        for number, line in enumerate(self.lines, 1):
            with suppress(TypeError, KeyError, ValueError, AttributeError):
                heads.append((f"line {number} of {self.name}", parse_head(json.loads(line)["head"])))
        return heads


def write_anchor(path: Path, head: Head, sealer: Sealer, *, only_forward: bool = True) -> None:
    """Remember this head. A failure is logged, not raised: the entries are committed, the anchor is only older.

    `only_forward` never replaces a longer head: of two processes the slower one must not undo the other's.
    """
    try:
        known = read_anchor(path, sealer) if only_forward else None
    except ValueError:
        # It stays for `audit verify` to report: overwriting it would hide that somebody changed it.
        log.warning("audit_anchor_damaged", file=path.name)
        return
    if known is not None and known.count >= head.count:
        return
    content = sealed_head(head, sealer)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(content + "\n", encoding="utf-8")
        temporary.chmod(0o600)
        temporary.replace(path)
    except OSError as error:
        log.warning("audit_anchor_not_written", file=path.name, error=error.strerror)


def _create_key(path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(KEY_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        # A link fails where a file is: of two processes that start at once, one key stays and both read it.
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    except OSError as error:
        raise Unavailable(f"the key of the audit log cannot be written to {path}: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
