"""Which case a row means: by its own id, by its ticket, or by its text."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from retriever.case.tidy import tidy_text

_NOT_IN_IDS = re.compile(r"[^\w.:@+~-]+")


def content_id(values: Mapping[str, Any], system: str) -> str:
    """An id for a row that has none: its system and a hash of title, problem and solution.

    The same texts always get the same id; a text that is corrected in the file makes a new case.
    """
    texts = (tidy_text(str(values.get(name) or "")) for name in ("title", "problem", "solution"))
    digest = hashlib.sha256("\x1f".join(texts).encode("utf-8", errors="replace")).hexdigest()
    return f"{system}:{digest[:20]}"


def ticket_id(system: str, external_id: str) -> str:
    """The id of a case that comes from a ticket. A help desk may number them with signs that no id can have."""
    return f"{system}:{_NOT_IN_IDS.sub('-', external_id)}"


def with_system(values: dict[str, Any], system: str) -> dict[str, Any]:
    """The values, as of this help desk if they name none themselves; their id is its ticket's number then."""
    named, external_id, id = _origin(values)
    if named or not system:
        return values
    of_source = {**values, "source.system": system}
    if id and not external_id:
        of_source["source.external_id"] = of_source.pop("id")
    return of_source


def identity_of(values: Mapping[str, Any]) -> tuple[str, str]:
    """What the store will know a row by; empty when that is its content."""
    system, external_id, id = _origin(values)
    return (system, external_id) if external_id else ("", id)


def with_id(values: dict[str, Any], system: str) -> tuple[dict[str, Any], bool]:
    """The values with an id, and whether it was made from their content; `system` is for values that name none."""
    named, external_id, id = _origin(values)
    if id:
        return values, False
    if external_id:
        return {**values, "id": ticket_id(named or system, external_id)}, False
    return {**values, "id": content_id(values, named or system)}, True


def _origin(values: Mapping[str, Any]) -> tuple[str, str, str]:
    """System, external id and id as they stand in a row, each empty when it is not there."""
    source = values.get("source")
    nested = source if isinstance(source, Mapping) else {"system": source}
    system = values.get("source.system") or nested.get("system")
    external_id = values.get("source.external_id") or nested.get("external_id")
    return _plain(system), _plain(external_id), _plain(values.get("id"))


def _plain(part: object) -> str:
    return "" if part is None else str(part).strip()
