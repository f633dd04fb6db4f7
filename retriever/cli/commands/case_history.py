"""`similar-cases case history|diff|restore|revise|merge|unmerge|retire|reinstate`, and `similar-cases retire`."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.commands.case import cases_app, read_case
from retriever.cli.commands.review import Id, RoleOf, TeamOf, Who, actor_named, opened_lifecycle, print_changes, tell
from retriever.cli.context import DryRun, Json, opened_store
from retriever.cli.output import err, out, print_json, print_table
from retriever.errors import CaseNotFound

IfVersion = Annotated[int | None, typer.Option(help="Refuse unless this is the stored version.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the case.")]


@cases_app.command()
def history(context: typer.Context, id: Id, json_: Json = False) -> None:
    """Every step in the life of a case, oldest first: who submitted, approved, rejected why, retired."""
    with opened_store(context, read_only=True) as store:
        steps = store.reviews.steps(id)
    if json_:
        print_json(steps)
        return
    columns = ("at", "step", "actor", "role", "version", "note")
    print_table(columns, [[getattr(step, name) for name in columns] for step in steps], figures=("at",))


@cases_app.command()
def diff(
    context: typer.Context,
    id: Id,
    older: Annotated[int, typer.Argument(help="Version to compare.")],
    newer: Annotated[int, typer.Argument(help="Version to compare it with.")],
    json_: Json = False,
) -> None:
    """What differs between two versions of a case."""
    from retriever.lifecycle.history import diff_cases  # noqa: PLC0415  see retriever/cli/__init__.py

    with opened_store(context, read_only=True) as store:
        texts = {version.version: version.case for version in store.cases.versions(id)}
    for number in (older, newer):
        if number not in texts:
            raise CaseNotFound(f"case {id} has no version {number}; `similar-cases case versions {id}` lists them.")
    changes = diff_cases(texts[older], texts[newer])
    print_json(changes) if json_ else print_changes(changes)


@cases_app.command()
def restore(
    context: typer.Context,
    *,
    id: Id,
    version: Annotated[int, typer.Argument(help="Version whose text comes back.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfVersion = None,
    dry_run: DryRun = False,
) -> None:
    """Bring back the text of an older version: at once if it was published before, else as a draft or revision."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        written = lifecycle.writing.restore(id, version, who, if_version=if_version)
        tell(written.state, lifecycle, dry_run=dry_run)


@cases_app.command()
def revise(
    context: typer.Context,
    *,
    id: Id,
    file: Annotated[Path, typer.Argument(help="JSON file with the case's new text; - reads standard input.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: Annotated[str | None, typer.Option(help="Refuse unless this is replaced: 3 of the case, r2.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Propose a new text for a published case; the live version answers until the new one is approved."""
    case, who = read_case(file, id=id), actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.writing.revise(id, case, who, if_version=if_version), lifecycle, dry_run=dry_run)


@cases_app.command()
def draft(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="JSON file with one case; - reads standard input.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Write a case as a contributor does: a new one is a draft, a change of a published one waits for its reviews."""
    case, who = read_case(file), actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.writing.write(case, who).state, lifecycle, dry_run=dry_run)


@cases_app.command()
def merge(
    context: typer.Context,
    *,
    keep: Annotated[str, typer.Argument(help="Id of the case that is kept.")],
    duplicates: Annotated[list[str], typer.Argument(help="Ids of its duplicates.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Make duplicates historical in favour of one case, which takes over their counts; `case unmerge` undoes it."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.merging.merge(keep, duplicates, who), lifecycle, dry_run=dry_run)
    for id in duplicates:
        out.print(f"{id}: {'would be ' if dry_run else ''}historical, superseded by {keep}", markup=False)


@cases_app.command()
def unmerge(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Give a merged duplicate back its state and its counts."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.merging.unmerge(id, who), lifecycle, dry_run=dry_run)


@cases_app.command("retire")
def retire_case(
    context: typer.Context,
    *,
    id: Id,
    reason: Reason,
    superseded_by: Annotated[str, typer.Option(help="Id of the case to use instead.")] = "",
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Make a published case historical: it is found on request only."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        standing = lifecycle.ageing.retire(id, who, reason, superseded_by=superseded_by)
        tell(standing, lifecycle, dry_run=dry_run)


@cases_app.command()
def reinstate(
    context: typer.Context,
    *,
    id: Id,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Publish a historical case again, unless it was merged or its validity is over."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context, dry_run=dry_run) as lifecycle:
        tell(lifecycle.ageing.reinstate(id, who), lifecycle, dry_run=dry_run)


def retire(
    context: typer.Context,
    *,
    product: Annotated[str, typer.Option(help="Name of the product, as cases have it.")],
    version_prefix: Annotated[
        str, typer.Option(help="Only cases of these versions: 3. for 3 and 3.2, not 30. Empty for all.")
    ] = "",
    reason: Reason = "the product is retired",
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    json_: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Make all published cases of a product, or of old versions of it, historical; --dry-run shows which."""
    who = actor_named(context, actor, role, team)
    with opened_lifecycle(context) as lifecycle:
        done = lifecycle.ageing.retire_product(product, version_prefix, who, reason, dry_run=dry_run)
    if json_:
        print_json(
            {"dry_run": dry_run, "retired": done.retired, "left": [{"id": i, "reason": r} for i, r in done.left]}
        )
        return
    print_table(
        ("id", "would be" if dry_run else "is now", "why not"),
        [*((id, "historical", "") for id in done.retired), *((id, "published", why) for id, why in done.left)],
    )
    err.print(f"{len(done.retired)} cases {'would be' if dry_run else 'are'} historical, {len(done.left)} stay")
