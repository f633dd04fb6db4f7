"""Does the library agree with its audit log? A log that is whole in itself may still be another day's, or a new one.

Every case, version and key came in with an entry, so what is there without one was put there past the program, and what
has one and is not there was taken away past it. Of the text of a case the log has the beginning of its hash.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import orjson

from retriever.case.format import document_hash
from retriever.store.key_rows import KEYS, KeyRecord, key_of, key_record_hash
from retriever.store.reviews import Step

AuditRows: TypeAlias = Callable[..., list[Any]]

_PAGE_ROWS = 2_000
_GONE = ("case.delete", "case.erase")
_STEPS = frozenset(f"case.{step}" for step in Step)
_CASES = """
    SELECT c.key, c.id, c.version, c.deleted, c.status, (SELECT count(*) FROM case_versions v WHERE v.key = c.key),
        (SELECT count(*) FROM review_steps s WHERE s.key = c.key), c.content_hash, c.document,
        c.source_system, coalesce(c.external_id, ''), c.language, c.product, c.review_due_on, c.valid_until
    FROM cases c WHERE c.key > ? ORDER BY c.key LIMIT ?
"""
_COPIED = ("id", "source.system", "source.external_id", "language", "product", "review_due_on", "valid_until")
_VERSIONS = """
    SELECT v.rowid, c.id, v.version, v.content_hash, v.document FROM case_versions v JOIN cases c ON c.key = v.key
    WHERE v.rowid > ? ORDER BY v.rowid LIMIT ?
"""
_CONTENT = {
    "cases": "SELECT count(*) FROM cases",
    "older versions": "SELECT count(*) FROM case_versions",
    "steps of reviews": "SELECT count(*) FROM review_steps",
    "keys": "SELECT count(*) FROM api_keys",
}


@dataclass(slots=True)
class _CaseLog:
    """The last that the log says of a case: version 0 is unknown; versions up to `erased` need not be kept.

    `content` is the beginning of the hash of its text, empty when unknown; `steps` how many it has taken.
    """

    version: int = 0
    status: str = ""
    gone: bool = False
    erased: int = 0
    content: str = ""
    steps: int = 0


class _HeldRow(NamedTuple):
    """A case as the library holds it, with how many older versions and steps."""

    version: int
    deleted: bool
    status: str
    versions: int
    steps: int


@dataclass(slots=True)
class LoggedState:
    """What the library must hold by the entries read so far, in their order."""

    cases: dict[str, _CaseLog] = field(default_factory=dict)
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def read(self, entry: Mapping[str, Any]) -> None:
        """One more entry."""
        action, subject, details = str(entry["action"]), str(entry["subject"]), entry.get("details") or {}
        if action == "library.mask":  # texts were masked anew, without an entry for each
            for case in self.cases.values():
                case.content = ""
        elif action.startswith("case."):
            self._read_case(self.cases.setdefault(subject, _CaseLog()), action, entry.get("version"), details)
        elif action in ("key.create", "key.rotate"):
            self.keys[subject.removeprefix("key:")] = details
        elif action == "key.revoke":
            self.revoked.add(subject.removeprefix("key:"))

    @staticmethod
    def _read_case(case: _CaseLog, action: str, version: int | None, details: Mapping[str, Any]) -> None:
        case.version = version or case.version
        case.status = str(details.get("status") or case.status)
        case.gone = action in _GONE
        case.content = str(details.get("content", ""))
        case.steps += action in _STEPS
        if action == "case.erase":
            case.erased, case.steps = case.version, 0


def content_without_log(rows: AuditRows) -> str:
    """What a library holds that has no log at all; empty when it holds nothing, as before its first change."""
    counts = {name: rows(sql)[0][0] for name, sql in _CONTENT.items()}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def find_differences(rows: AuditRows, logged: LoggedState) -> Iterator[tuple[str, str]]:
    """Where the library and the log differ: the subject of the log's entries, and a sentence for a person.

    `rows` runs one SELECT.
    """
    yield from _cases(rows, logged)
    yield from _versions(rows)
    yield from _keys(rows, logged)


def _cases(rows: AuditRows, logged: LoggedState) -> Iterator[tuple[str, str]]:
    left, after = set(logged.cases), 0
    while page := rows(_CASES, (after, _PAGE_ROWS)):
        after = page[-1][0]
        for _, id, version, deleted, status, versions, steps, digest, document, *copied in page:
            left.discard(id)
            said = logged.cases.get(id)
            why = _case_differs(said, _HeldRow(version, bool(deleted), status, versions, steps))
            if said and not deleted:
                why = why or _edited(digest, document, said.content, (id, *copied))
            if why:
                yield id, f"case {id} {why}"
    for id in sorted(left):
        if not logged.cases[id].erased:
            yield id, f"case {id} has entries in the log and is not in the library"


def _versions(rows: AuditRows) -> Iterator[tuple[str, str]]:
    after = 0
    while page := rows(_VERSIONS, (after, _PAGE_ROWS)):
        after = page[-1][0]
        for _, id, version, digest, document in page:
            if why := _edited(digest, document):
                yield id, f"version {version} of case {id} {why}"


def _edited(digest: str, document: bytes | str, content: str = "", copied: Sequence[str] = ()) -> str:
    """What of a text was changed past the program; empty when it is as it was written."""
    raw = document.encode() if isinstance(document, str) else document
    if document_hash(raw) != digest:
        return "has another text than was written: it does not fit its hash"
    if not digest.startswith(content):
        return "has another text than the log knows"
    written = orjson.loads(raw) if copied else {}
    for path, value in zip(_COPIED, copied, strict=False):
        outer, _, inner = path.partition(".")
        if value != (written.get(outer, {}).get(inner, "") if inner else written.get(outer, "")):
            return f"has another {path} in the table than in its text"
    return ""


def _case_differs(said: _CaseLog | None, held: _HeldRow) -> str:
    """What of a row the log does not say; empty when it says all of it."""
    if said is None:
        return "is in the library and has no entry in the log"
    if held.deleted != said.gone:
        is_, says = ("deleted", "") if held.deleted else ("there", "not ")
        return f"is {is_}, and the log says that it is {says}there"
    if said.version and held.version != said.version:
        return f"has version {held.version}, and the log knows version {said.version}"
    if not held.deleted and said.status and held.status != said.status:
        return f"is {held.status}, and the log says {said.status}"
    return _past_differs(said, held)


def _past_differs(said: _CaseLog, held: _HeldRow) -> str:
    kept = (held.version if held.deleted else held.version - 1) - said.erased
    if held.versions < kept or (held.versions > kept and not said.erased):
        return f"has {held.versions} older versions, and the log knows {kept}"
    return f"has taken {held.steps} steps, and the log knows {said.steps}" if held.steps != said.steps else ""


def _keys(rows: AuditRows, logged: LoggedState) -> Iterator[tuple[str, str]]:
    left = set(logged.keys)
    for row in rows(KEYS + " ORDER BY number"):
        left.discard(row[0])
        try:
            known = key_of(row)
        except (TypeError, ValueError):
            yield f"key:{row[0]}", f"key {row[0]} is not as this program writes keys"
            continue
        why = _key_differs(logged.keys.get(known.id), known, revoked=known.id in logged.revoked)
        if why:
            yield f"key:{known.id}", f"key {known.id} of {known.actor.id} {why}"
    for id in sorted(left):
        client = logged.keys[id].get("client", "nobody")
        yield f"key:{id}", f"key {id} of {client} has an entry in the log and is not in the library"


def _key_differs(said: Mapping[str, Any] | None, known: KeyRecord, *, revoked: bool) -> str:
    """What of a key the log does not say; empty when it says all of it."""
    if said is None:
        return "has no entry in the log"
    if bool(known.revoked_at) != revoked:
        return f"{'counts as revoked' if known.revoked_at else 'works'}, and the log says the opposite"
    role, actor = known.actor.role.name.lower(), known.actor
    now = {"client": actor.id, "role": role, "team": actor.team[:100], "groups": len(actor.audience)}
    changed = [name for name, value in now.items() if name in said and said[name] != value]
    if changed:
        return f"has another {changed[0]} than in the log"
    if said.get("record", key_record_hash(known)) != key_record_hash(known):
        return "is not as it was made: its secret, groups, limit or origin was changed"
    until = str(said.get("expires_at", ""))
    # Rotating ends a key sooner, never later.
    if until and (not known.expires_at or known.expires_at > until):
        return f"works until {known.expires_at or 'for ever'}, and the log says {until}"
    return ""
