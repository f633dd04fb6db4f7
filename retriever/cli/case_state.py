"""Where a case stands in its life, for people."""

from retriever.cli.output import out
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.history import FieldChange
from retriever.operations.erase import Erased


def print_state(state: CaseState, lifecycle: Lifecycle, *, dry_run: bool) -> None:
    """Where a case stands now, in one line."""
    case, review = state.stored.case, state.review
    line = f"{case.id}: {'would be ' if dry_run else ''}{case.status} (version {state.stored.version})"
    if review is not None:
        what = "a revision" if review.pending else "it"
        waits = lifecycle.reviewing.stage(review)
        for_whom = "its author" if waits == "author" else f"the {waits} approval"
        line += f"; {what} waits for {for_whom} (version {review.tag})"
    out.print(line, markup=False)


def print_changes(changes: tuple[FieldChange, ...]) -> None:
    """Every field that differs, as a diff."""
    for change in changes:
        out.print(change.field, style="bold", markup=False)
        for line in change.lines:
            style = {"+": "green", "-": "red"}.get(line[:1], "dim")
            out.print(f"  {line}", style=style, markup=False)


def print_erased(told: Erased, *, dry_run: bool) -> None:
    """What went, and what still holds the case."""
    rows = ", ".join(f"{count} {name}" for name, count in told.rows.items())
    out.print(f"{told.id}: {'would be erased' if dry_run else 'erased'}" + (f" ({rows})" if rows else ""), markup=False)
    if not dry_run:
        out.print(f"{told.vectors} cached vectors and {len(told.snapshots)} older snapshots went with it")
    for backup in told.backups:
        where = backup.folder or "a folder that nobody noted"
        gone = "" if backup.there or not backup.folder else " (not found now)"
        out.print(f"still holds it: backup of {backup.at} in {where}{gone}", markup=False)
    for name in told.beside:
        out.print(f"may hold it: {name}, a library that a restore moved aside", markup=False)
