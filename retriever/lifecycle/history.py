"""What differs between two texts of a case, field by field and line by line."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, fields

from retriever.domain import Case, Outcome, Source


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `lines` is a unified diff without its head: ` ` kept, `-` gone, `+` new."""

    field: str
    before: str
    after: str
    lines: tuple[str, ...]


def diff_cases(before: Case, after: Case) -> tuple[FieldChange, ...]:
    """Every field that differs, in the order of `Case`; parts of source and outcome as `outcome.csat`."""
    old, new = dict(_flat(before)), dict(_flat(after))
    return tuple(
        FieldChange(name, old[name], new[name], _lines(old[name], new[name])) for name in old if old[name] != new[name]
    )


def _flat(case: Case) -> Iterator[tuple[str, str]]:
    for field in fields(Case):
        value = getattr(case, field.name)
        if isinstance(value, Source | Outcome):
            yield from ((f"{field.name}.{part.name}", _shown(getattr(value, part.name))) for part in fields(value))
        else:
            yield field.name, _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _lines(before: str, after: str) -> tuple[str, ...]:
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))
    # The first two lines name files; a line of the text always has a mark before it, so "@@" is never one.
    return tuple(line for line in diff[2:] if not line.startswith("@@"))
