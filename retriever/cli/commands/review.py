"""`similar-cases review …`: what waits for approval, and the steps from draft to published and beyond."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retriever.cli.context import DryRun, Json, check_library, opened_store, settings_of
from retriever.cli.output import err, out, print_json, print_table
from retriever.domain import OPERATOR, Actor, Role, Status
from retriever.errors import InvalidInput

if TYPE_CHECKING:
    from retriever.lifecycle import CaseState, Lifecycle, Screening
    from retriever.lifecycle.history import FieldChange

reviews_app = typer.Typer(help="Reviews of drafts and revisions, and what is due.")

RoleName = Literal["viewer", "contributor", "reviewer", "knowledge_manager", "admin"]
Id = Annotated[str, typer.Argument(help="Id of a case.")]
Who = Annotated[str, typer.Option("--actor", help="In whose name; without it the operator's, who is an admin.")]
RoleOf = Annotated[RoleName | None, typer.Option("--role", help="Role of --actor; without it that of their API key.")]
TeamOf = Annotated[
    str, typer.Option("--team", help="Team of --actor; without --role and --team that of their API key.")
]
IfTag = Annotated[str | None, typer.Option("--if-version", help="Refuse unless this is under review: 3, or r2.")]
Scope = Annotated[Literal["general", "special"], typer.Option(help="Helps with many problems, or is a special one.")]
Effective = Annotated[bool, typer.Option("--effective/--not-effective", help="Is the solution known to have worked?")]
Quantified = Annotated[bool, typer.Option("--quantified/--not-quantified", help="Does a figure show the outcome?")]
Checked = Annotated[
    list[str] | None, typer.Option(help="Item of the checklist that is fulfilled, or all; may be repeated.")
]
Note = Annotated[str, typer.Option(help="Anything to add; kept with the case.")]


def actor_named(context: typer.Context, name: str, role: str | None, team: str) -> Actor:
    """The operator, or the person in whose name the operator acts: as --role says, else as their API key says.

    Raises InvalidInput when neither says it.
    """
    if not name:
        if role or team:
            raise InvalidInput("--role and --team say who --actor is: name somebody.")
        return OPERATOR
    if role is not None:
        return Actor(name, Role[role.upper()], team, OPERATOR.audience)
    holder = _holder_of_key(context, name)
    if holder is None:
        raise InvalidInput(f"say with --role what {name[:60]} may do: no API key in use has this name.")
    return replace(holder, team=team or holder.team)


def _holder_of_key(context: typer.Context, name: str) -> Actor | None:
    """Who has a key that is alive under this name, with the rights of that key."""
    from retriever.case.times import utc_stamp  # noqa: PLC0415  see retriever/cli/__init__.py

    now = utc_stamp()
    check_library(settings_of(context).database_path)
    with opened_store(context, read_only=True) as store:
        found = [key.actor for key in store.keys.all() if key.actor.id == name and key.is_alive(now)]
    return found[-1] if found else None


@contextmanager
def opened_lifecycle(context: typer.Context, *, dry_run: bool = False, reading: bool = False) -> Iterator["Lifecycle"]:
    """The lifecycle of a library that exists; no model is loaded, a running server sees each step within a second."""
    from retriever.wiring.library import open_library  # noqa: PLC0415
    from retriever.wiring.lifecycle import lifecycle_of  # noqa: PLC0415  see retriever/cli/__init__.py

    settings = settings_of(context)
    check_library(settings.database_path)
    with open_library(settings, read_only=reading) as store:
        yield lifecycle_of(settings, store, via="command line", dry_run=dry_run)


def tell(standing: "CaseState", lifecycle: "Lifecycle", *, dry_run: bool) -> None:
    """Where a case stands now, in one line."""
    case, review = standing.stored.case, standing.review
    said = f"{case.id}: {'would be ' if dry_run else ''}{case.status} (version {standing.stored.version})"
    if review is not None:
        what = "a revision" if review.pending else "it"
        waits = lifecycle.reviewing.stage(review)
        for_whom = "its author" if waits == "author" else f"the {waits} approval"
        said += f"; {what} waits for {for_whom} (version {review.tag})"
    out.print(said, markup=False)


def screening(scope: str, effective: bool, quantified: bool, checked: list[str] | None, note: str) -> "Screening":
    """A reviewer's answers; an item that was not named counts as answered with no."""
    from retriever.lifecycle.screening import CHECKLIST, Scope, Screening  # noqa: PLC0415

    named = list(checked or ())
    unknown = [name for name in named if name not in (*CHECKLIST, "all")]
    if unknown:
        raise InvalidInput(f"--checked {unknown[0][:60]!r} is not on the checklist; it has {', '.join(CHECKLIST)}.")
    answers = {name: "all" in named or name in named for name in CHECKLIST}
    return Screening(Scope(scope), effective, quantified, answers, note)


@reviews_app.command("list")
def list_(
    context: typer.Context,
    *,
    state: Annotated[Literal["draft", "in_review"] | None, typer.Option(help="Only what is in this state.")] = None,
    waiting_for: Annotated[Literal["first", "second"] | None, typer.Option(help="Only what waits for it.")] = None,
    team: Annotated[str, typer.Option(help="Only what this team submitted.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most entries shown.")] = 50,
    json_: Json = False,
) -> None:
    """What waits for approval, longest first."""
    from retriever.store import QueueFilter  # noqa: PLC0415

    which = QueueFilter(states=(Status(state),) if state else (), stage=waiting_for or "", team=team)
    with opened_lifecycle(context, reading=True) as lifecycle:
        found, last = lifecycle.reviewing.page(which, OPERATOR, limit=limit)
        entries = [summary(standing, lifecycle) for standing in found]
    if json_:
        print_json(entries)
        return
    columns = ("id", "state", "version", "waiting_for", "team", "authors", "first_by", "title")
    print_table(columns, [[_cell(entry[name]) for name in columns] for entry in entries])
    if last is not None:
        err.print(f"… and more; --limit shows more than {limit}")


@reviews_app.command()
def show(context: typer.Context, id: Id, json_: Json = False) -> None:
    """What of a case waits for approval: who wrote it, who approved, and how it differs from what is live."""
    from retriever.lifecycle.history import diff_cases  # noqa: PLC0415

    with opened_lifecycle(context, reading=True) as lifecycle:
        standing = lifecycle.reviewing.find(id, OPERATOR)
        told = summary(standing, lifecycle)
    review = standing.review
    changes = diff_cases(standing.stored.case, review.pending) if review and review.pending else ()
    if json_:
        print_json({**told, "changes": changes})
        return
    print_table(("field", "value"), [(name, _cell(value)) for name, value in told.items() if value])
    print_changes(changes)


@reviews_app.command()
def submit(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Hand a draft, or a pending revision, in; reviewers of the actor's team come first."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.reviewing.submit(id, who, if_version=if_version), lifecycle, dry_run=dry_run)


@reviews_app.command()
def approve(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    scope: Scope = "general",
    effective: Effective = False,
    quantified: Quantified = False,
    checked: Checked = None,
    note: Note = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Give the approval that is missing; the last one publishes. --effective and --checked are needed."""
    who, answers = actor_named(context, actor, role, team), screening(scope, effective, quantified, checked, note)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.reviewing.approve(id, who, answers, if_version=if_version), lifecycle, dry_run=dry_run)


@reviews_app.command()
def reject(
    context: typer.Context,
    *,
    id: Id,
    reason: Annotated[str, typer.Option(help="What should be changed.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Send it back to its author; it is a draft again."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.reviewing.reject(id, who, reason, if_version=if_version), lifecycle, dry_run=dry_run)


@reviews_app.command()
def withdraw(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Take it back from review; approvals are void."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.reviewing.withdraw(id, who, if_version=if_version), lifecycle, dry_run=dry_run)


@reviews_app.command()
def discard(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Drop a pending revision; the live version stays."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.reviewing.discard(id, who, if_version=if_version), lifecycle, dry_run=dry_run)


@reviews_app.command()
def confirm(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    scope: Scope = "general",
    effective: Effective = False,
    quantified: Quantified = False,
    checked: Checked = None,
    note: Note = "",
    dry_run: DryRun = False,
) -> None:
    """Say after a look at a published case that it still holds: its next review moves on."""
    who, answers = actor_named(context, actor, role, team), screening(scope, effective, quantified, checked, note)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.ageing.confirm(id, who, answers), lifecycle, dry_run=dry_run)


@reviews_app.command()
def due(
    context: typer.Context,
    within_days: Annotated[int, typer.Option(min=0, max=3650, help="Also what is due in so many days.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most cases shown.")] = 50,
    notify: Annotated[bool, typer.Option("--notify", help="Send the list where the settings say, too.")] = False,
    json_: Json = False,
) -> None:
    """Published cases whose next review is due, most overdue first."""
    with opened_lifecycle(context, reading=not notify) as lifecycle:
        found, _ = lifecycle.ageing.due(OPERATOR, within_days=within_days, limit=limit)
        sent = lifecycle.reminding.send() if notify else None
    rows = [(s.case.id, s.case.review_due_on[:10], s.case.category, s.case.title) for s in found]
    if json_:
        names = ("id", "review_due_on", "category", "title")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(("id", "due", "category", "title"), rows)
    if sent is not None:
        err.print("the list was sent" if sent else "nothing was sent: nothing is due, or no setting says where to")


@reviews_app.command()
def age(context: typer.Context, json_: Json = False, dry_run: DryRun = False) -> None:
    """Make every case historical whose valid_until is past; a server does so every day by itself."""
    with opened_lifecycle(context) as lifecycle:
        expired = lifecycle.ageing.expire(dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "expired": expired})
        return
    for id in expired:
        out.print(f"{id}: {'would be ' if dry_run else ''}historical", markup=False)
    err.print(f"{len(expired)} cases {'would be' if dry_run else 'are'} historical now")


def summary(standing: "CaseState", lifecycle: "Lifecycle") -> dict[str, object]:
    """Where a case stands, flat."""
    case, review = standing.stored.case, standing.review
    told: dict[str, object] = {"id": case.id, "title": case.title, "status": case.status}
    told["live_version"] = None if case.status in (Status.DRAFT, Status.IN_REVIEW) else standing.stored.version
    if review is None:
        return told
    return told | {
        "state": review.state,
        "version": review.tag,
        "kind": "revision" if review.pending else "new",
        "waiting_for": lifecycle.reviewing.stage(review),
        "team": review.team,
        "authors": review.authors,
        "submitted_by": review.submitted_by,
        "submitted_at": review.submitted_at,
        "first_by": review.first_by,
    }


def print_changes(changes: "tuple[FieldChange, ...]") -> None:
    """Every field that differs, as a diff."""
    for change in changes:
        out.print(change.field, style="bold", markup=False)
        for line in change.lines:
            style = {"+": "green", "-": "red"}.get(line[:1], "dim")
            out.print(f"  {line}", style=style, markup=False)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
