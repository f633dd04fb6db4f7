"""`similar-cases review …`: what waits for approval, and the steps from draft to published and beyond."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import typer

from retriever.case.texts import headline
from retriever.cli.actors import actor_named
from retriever.cli.case_state import print_changes, print_state
from retriever.cli.flags import CaseId, DryRun, Json, RoleOf, TeamOf, Who
from retriever.cli.library import id_of, ids_of, open_lifecycle_of
from retriever.cli.output import err, out, print_json, print_table
from retriever.domain import OPERATOR, Status
from retriever.errors import InvalidInput, SimilarCasesError
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.screening import CHECKLIST, Scope, Screening
from retriever.operations.reviews import Choice, list_reviews, show_review, take_step

app = typer.Typer(help="Reviews of drafts and revisions, and what is due.")

IfTag = Annotated[str | None, typer.Option("--if-version", help="Refuse unless this is under review: 3, or r2.")]
ScopeOf = Annotated[Literal["general", "special"], typer.Option(help="Helps with many problems, or is a special one.")]
Effective = Annotated[bool, typer.Option("--effective/--not-effective", help="Is the solution known to have worked?")]
Quantified = Annotated[bool, typer.Option("--quantified/--not-quantified", help="Does a figure show the outcome?")]
Checked = Annotated[
    list[str] | None, typer.Option(help="Item of the checklist that is fulfilled, or all; may be repeated.")
]
Note = Annotated[str, typer.Option(help="Anything to add; kept with the case.")]
CaseIds = Annotated[list[str] | None, typer.Argument(help="Ids of cases; without them the filters choose.")]
WaitingFor = Annotated[Literal["first", "second"] | None, typer.Option(help="Only what waits for this approval.")]
OfTeam = Annotated[str, typer.Option("--of-team", help="Only what this team submitted.")]
FromSource = Annotated[str, typer.Option("--source", help="Only what came from this system, such as zendesk.")]
AtMost = Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most cases that the filters choose.")]


@app.command("list")
def list_(
    context: typer.Context,
    *,
    state: Annotated[Literal["draft", "in_review"] | None, typer.Option(help="Only what is in this state.")] = None,
    waiting_for: WaitingFor = None,
    team: Annotated[str, typer.Option(help="Only what this team submitted.")] = "",
    source: FromSource = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most entries shown.")] = 50,
    json_: Json = False,
) -> None:
    """What waits for approval, longest first."""
    with open_lifecycle_of(context, read_only=True) as lifecycle:
        page = list_reviews(lifecycle, Choice(state, waiting_for, team, source), limit=limit)
        entries = [_summary(state, lifecycle) for state in page.entries]
    if json_:
        print_json(entries)
        return
    columns = ("id", "state", "version", "waiting_for", "team", "authors", "first_by", "title")
    print_table(columns, [[_cell(entry[name]) for name in columns] for entry in entries])
    if page.more:
        err.print(f"… and more; --limit shows more than {limit}")


@app.command()
def show(context: typer.Context, id: CaseId, json_: Json = False) -> None:
    """What of a case waits for approval: who wrote it, who approved, and how it differs from what is live."""
    with open_lifecycle_of(context, read_only=True) as lifecycle:
        found = show_review(lifecycle, id_of(context, id))
        facts = _summary(found.state, lifecycle)
    if json_:
        print_json({**facts, "changes": found.changes})
        return
    print_table(("field", "value"), [(name, _cell(value)) for name, value in facts.items() if value])
    print_changes(found.changes)


@app.command()
def submit(
    context: typer.Context,
    *,
    ids: CaseIds = None,
    of_team: OfTeam = "",
    source: FromSource = "",
    limit: AtMost = 50,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Hand drafts, or pending revisions, in; reviewers of the actor's team come first. Exit 1 when one was refused."""
    who, choice = actor_named(context, actor, role, team), Choice("draft", None, of_team, source)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        step = partial(lifecycle.reviewing.submit, actor=who, if_version=if_version)
        _take(lifecycle, ids_of(context, ids or ()), choice, step, limit=limit, dry_run=dry_run)


@app.command()
def approve(
    context: typer.Context,
    *,
    ids: CaseIds = None,
    waiting_for: WaitingFor = None,
    of_team: OfTeam = "",
    source: FromSource = "",
    limit: AtMost = 50,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    scope: ScopeOf = "general",
    effective: Effective = False,
    quantified: Quantified = False,
    checked: Checked = None,
    note: Note = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Give the approval that is missing; the last one publishes. --effective and --checked are needed.

    Exit 1 when one was refused.
    """
    who, answers = actor_named(context, actor, role, team), _screening(scope, effective, quantified, checked, note)
    choice = Choice("in_review", waiting_for, of_team, source)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        step = partial(lifecycle.reviewing.approve, actor=who, screening=answers, if_version=if_version)
        _take(lifecycle, ids_of(context, ids or ()), choice, step, limit=limit, dry_run=dry_run)


@app.command()
def reject(
    context: typer.Context,
    *,
    ids: CaseIds = None,
    reason: Annotated[str, typer.Option(help="What should be changed.")],
    waiting_for: WaitingFor = None,
    of_team: OfTeam = "",
    source: FromSource = "",
    limit: AtMost = 50,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Send cases back to their authors; they are drafts again. Exit 1 when one was refused."""
    who, choice = actor_named(context, actor, role, team), Choice("in_review", waiting_for, of_team, source)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        step = partial(lifecycle.reviewing.reject, actor=who, reason=reason, if_version=if_version)
        _take(lifecycle, ids_of(context, ids or ()), choice, step, limit=limit, dry_run=dry_run)


@app.command()
def withdraw(
    context: typer.Context,
    *,
    ids: CaseIds = None,
    waiting_for: WaitingFor = None,
    of_team: OfTeam = "",
    source: FromSource = "",
    limit: AtMost = 50,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Take cases back from review; approvals are void. Exit 1 when one was refused."""
    who, choice = actor_named(context, actor, role, team), Choice("in_review", waiting_for, of_team, source)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        step = partial(lifecycle.reviewing.withdraw, actor=who, if_version=if_version)
        _take(lifecycle, ids_of(context, ids or ()), choice, step, limit=limit, dry_run=dry_run)


@app.command()
def discard(
    context: typer.Context,
    *,
    id: CaseId,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfTag = None,
    dry_run: DryRun = False,
) -> None:
    """Drop a pending revision; the live version stays."""
    who = actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(
            lifecycle.reviewing.discard(id_of(context, id), who, if_version=if_version), lifecycle, dry_run=dry_run
        )


@app.command()
def confirm(
    context: typer.Context,
    *,
    id: CaseId,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    scope: ScopeOf = "general",
    effective: Effective = False,
    quantified: Quantified = False,
    checked: Checked = None,
    note: Note = "",
    dry_run: DryRun = False,
) -> None:
    """Say after a look at a published case that it still holds: its next review moves on."""
    who, answers = actor_named(context, actor, role, team), _screening(scope, effective, quantified, checked, note)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.ageing.confirm(id_of(context, id), who, answers), lifecycle, dry_run=dry_run)


@app.command()
def due(
    context: typer.Context,
    within_days: Annotated[int, typer.Option(min=0, max=3650, help="Also what is due in so many days.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most cases shown.")] = 50,
    notify: Annotated[bool, typer.Option("--notify", help="Send the list where the settings say, too.")] = False,
    json_: Json = False,
) -> None:
    """Published cases whose next review is due, or that readers call wrong or outdated, most overdue first."""
    with open_lifecycle_of(context, read_only=not notify) as lifecycle:
        found, _ = lifecycle.ageing.due(OPERATOR, within_days=within_days, limit=limit)
        sent = lifecycle.reminding.send() if notify else None
    rows = [
        (s.case.id, s.case.review_due_on[:10], s.reuse.wrong, s.reuse.outdated, s.case.category, headline(s.case))
        for s in found
    ]
    if json_:
        names = ("id", "review_due_on", "wrong", "outdated", "category", "title")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(("id", "due", "wrong", "outdated", "category", "title"), rows)
    if sent is not None:
        err.print("the list was sent" if sent else "nothing was sent: nothing is due, or no setting says where to")


@app.command()
def age(context: typer.Context, json_: Json = False, dry_run: DryRun = False) -> None:
    """Make every case historical whose valid_until is past; a server does so every day by itself."""
    with open_lifecycle_of(context) as lifecycle:
        expired = lifecycle.ageing.expire(dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "expired": expired})
        return
    for id in expired:
        out.print(f"{id}: {'would be ' if dry_run else ''}historical", markup=False)
    err.print(f"{len(expired)} cases {'would be' if dry_run else 'are'} historical now")


def _take(
    lifecycle: Lifecycle,
    ids: list[str],
    choice: Choice,
    step: Callable[[str], CaseState],
    *,
    limit: int,
    dry_run: bool,
) -> None:
    """One step for many cases, each told as it comes. Exit 1 when one of several was refused."""

    def refused(id: str, error: SimilarCasesError) -> None:
        err.print(f"{id}: refused: {error}", markup=False)

    done = partial(print_state, lifecycle=lifecycle, dry_run=dry_run)
    if take_step(lifecycle, ids, choice, step, done=done, refused=refused, limit=limit):
        raise typer.Exit(1)


def _screening(scope: str, effective: bool, quantified: bool, checked: list[str] | None, note: str) -> Screening:
    """A reviewer's answers; an item that was not named counts as answered with no."""
    named = list(checked or ())
    unknown = [name for name in named if name not in (*CHECKLIST, "all")]
    if unknown:
        raise InvalidInput(f"--checked {unknown[0][:60]!r} is not on the checklist; it has {', '.join(CHECKLIST)}.")
    answers = {name: "all" in named or name in named for name in CHECKLIST}
    return Screening(Scope(scope), effective, quantified, answers, note)


def _summary(state: CaseState, lifecycle: Lifecycle) -> dict[str, object]:
    """Where a case stands, flat."""
    case, review = state.stored.case, state.review
    facts: dict[str, object] = {"id": case.id, "title": headline(case), "status": case.status}
    facts["live_version"] = None if case.status in (Status.DRAFT, Status.IN_REVIEW) else state.stored.version
    if review is None:
        return facts
    return facts | {
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


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
