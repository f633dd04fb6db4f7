"""Where a case stands in its life, for people."""

from retriever.cli.output import out
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.history import FieldChange


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
