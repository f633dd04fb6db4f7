"""`similar-cases case …`: single cases, their versions, and what happens to them outside of a review."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from retriever.case.format import case_to_dict
from retriever.case.reading import case_of
from retriever.case.texts import headline
from retriever.cli.actors import actor_named
from retriever.cli.case_state import print_changes, print_erased, print_state
from retriever.cli.context import settings_of
from retriever.cli.flags import CaseId, DryRun, Json, Reason, RoleOf, TeamOf, Who
from retriever.cli.library import (
    deleted_id_of,
    id_of,
    ids_of,
    open_lifecycle_of,
    open_present_store_of,
    open_service_of,
    open_store_of,
)
from retriever.cli.output import out, print_json, print_table, progress_bars
from retriever.cli.results import print_result, result_dict
from retriever.domain import OPERATOR, Case, Query, Reuse, Status, StoredCase
from retriever.errors import InvalidInput
from retriever.ingest.files.json_text import parsed_json
from retriever.operations.cases import compare_versions, delete_case, list_cases, put_case
from retriever.operations.erase import Erased, erase_case, finish_erasures
from retriever.wiring.library import check_library

app = typer.Typer(help="Single cases.")
IfVersion = Annotated[int | None, typer.Option(help="Refuse unless this is the stored version.")]


@app.command()
def show(context: typer.Context, id: CaseId, json_: Json = False) -> None:
    """One case with all its fields, by its id or the one that its own system gave it."""
    with open_store_of(context, read_only=True) as store:
        found = _stored_dict(store.cases.get(id_of(context, id)))
    if json_:
        print_json(found)
        return
    print_table(("field", "value"), [(name, _shown(value)) for name, value in found.items() if _shown(value)])


@app.command("list")
def list_(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only cases in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most cases shown.")] = 50,
    json_: Json = False,
) -> None:
    """Cases, last updated first."""
    with open_store_of(context, read_only=True) as store:
        found = list_cases(store, status=status, limit=limit)
    if json_:
        print_json([_stored_dict(stored) for stored in found])
        return
    rows = [(s.case.id, s.case.language, s.case.status.value, s.version, headline(s.case)) for s in found]
    print_table(("id", "language", "status", "version", "title"), rows)


@app.command()
def versions(context: typer.Context, id: CaseId, json_: Json = False) -> None:
    """Every version of a case, oldest first."""
    with open_store_of(context, read_only=True) as store:
        found = store.cases.versions(id_of(context, id))
    if json_:
        print_json(found)
        return
    print_table(
        ("version", "revision", "updated_at", "title"),
        [(v.version, v.revision, v.updated_at, headline(v.case)) for v in found],
    )


@app.command()
def similar(
    context: typer.Context,
    id: CaseId,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches shown.")] = 5,
    json_: Json = False,
) -> None:
    """Cases like a stored one, itself excluded."""
    with open_service_of(context) as service:
        result = service.find_similar_to(id_of(context, id), Query(problem="", limit=limit, audience=OPERATOR.audience))
    print_json(result_dict(result)) if json_ else print_result(id, result)


@app.command()
def check(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of a case, a JSON file with one, or - for standard input.")],
    json_: Json = False,
) -> None:
    """What a case lacks, which published cases may be the same, where it belongs. Changes nothing."""
    given = _read_case(Path(id)) if id == "-" or Path(id).is_file() else None
    with open_service_of(context) as service:
        checked = service.arrivals.check(given or service.get_case(id_of(context, id)).case)
    if json_:
        print_json(checked)
        return
    language = checked.language + (f" (says {checked.declared_language})" if checked.declared_language else "")
    out.print(f"{id}: {checked.completeness} of 100 points of the case template, language {language}", markup=False)
    print_table(("missing", "points", "what to write"), [(m.field, m.points, m.advice) for m in checked.missing])
    print_table(
        ("offer", "case", "overlap", "cosine", "title"),
        [(d.offer, d.id, f"{d.overlap:.2f}", f"{d.cosine:.2f}", d.title) for d in checked.duplicates],
    )
    told = [("product", checked.product), ("category", checked.category), *(("tag", tag) for tag in checked.tags)]
    print_table(
        ("suggested", "value", "right in", "from"),
        [(name, vote.value, f"{vote.accuracy:.0%}", ", ".join(vote.from_ids[:3])) for name, vote in told if vote],
    )


@app.command()
def put(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON file with one case; - reads standard input.")],
    if_version: IfVersion = None,
    dry_run: DryRun = False,
) -> None:
    """Create or replace one case."""
    case = _read_case(file)
    if dry_run:
        check_library(settings_of(context))
    with open_store_of(context) as store:
        action = put_case(store, case, if_version=if_version, dry_run=dry_run)
    out.print(f"{case.id}: {'would be ' if dry_run else ''}{action}")


@app.command()
def delete(context: typer.Context, id: CaseId, if_version: IfVersion = None, dry_run: DryRun = False) -> None:
    """Take a case out of the library; `case undelete` brings it back."""
    id = id_of(context, id)
    with open_store_of(context, read_only=dry_run) as store:
        delete_case(store, id, if_version=if_version, dry_run=dry_run)
    out.print(f"{id}: {'would be ' if dry_run else ''}deleted")


@app.command()
def deleted(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most cases shown.")] = 50,
    json_: Json = False,
) -> None:
    """Deleted cases, last deleted first; `case undelete` brings one back. What was erased is not among them."""
    with open_present_store_of(context, read_only=True) as store:
        found = store.deleted.page(limit=limit)
    if json_:
        print_json([_stored_dict(stored) for stored in found])
        return
    rows = [(s.case.id, s.updated_at, s.case.status.value, s.version, headline(s.case)) for s in found]
    print_table(("id", "deleted_at", "status", "version", "title"), rows)


@app.command()
def undelete(
    context: typer.Context,
    *,
    id: CaseId,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Bring a deleted case back as it was; what was under review is a draft again."""
    who = actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.deleting.bring_back(deleted_id_of(context, id), who), lifecycle, dry_run=dry_run)


@app.command()
def erase(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of a case, a deleted one too.")] = "",
    *,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Let id and ticket of an erased case in again.")] = False,
    finish: Annotated[bool, typer.Option("--finish", help="Finish what was interrupted.")] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Take every word of a case out of the library for good, and tell which backups still hold it.

    Its versions, reviews, drafts, deliveries, the questions that showed it, cached vectors and all older snapshots go
    with it. Its id and its ticket stay out until --lift.
    """
    if not id and not finish:
        raise InvalidInput("name a case, or --finish what was interrupted.")
    settings = settings_of(context)
    check_library(settings)
    if lift:
        with open_present_store_of(context) as store:
            store.erasures.lift(id, reason)
        out.print(f"{id}: may come in again; its text does not come back", markup=False)
        return
    with progress_bars() as bars:
        if finish:
            vectors, snapshots = finish_erasures(settings, progress=bars)
            told = Erased("interrupted erasures", {}, vectors, snapshots)
        else:
            told = erase_case(settings, _meant(context, id), reason, dry_run=dry_run, progress=bars)
    print_json(told) if json_ else print_erased(told, dry_run=dry_run)


@app.command()
def erased(context: typer.Context, json_: Json = False) -> None:
    """Cases that were erased, the last one first; their ids and tickets stay out."""
    with open_present_store_of(context, read_only=True) as store:
        found = store.erasures.all()
    if json_:
        print_json(found)
        return
    print_table(("id", "erased_at", "finished"), [(e.case_id, e.at, "yes" if e.finished else "no") for e in found])


@app.command()
def history(context: typer.Context, id: CaseId, json_: Json = False) -> None:
    """Every step in the life of a case, oldest first: who submitted, approved, rejected why, retired."""
    with open_store_of(context, read_only=True) as store:
        steps = store.reviews.steps(id_of(context, id))
    if json_:
        print_json(steps)
        return
    columns = ("at", "step", "actor", "role", "version", "note")
    print_table(columns, [[getattr(step, name) for name in columns] for step in steps], figures=("at",))


@app.command()
def diff(
    context: typer.Context,
    id: CaseId,
    older: Annotated[int, typer.Argument(help="Version to compare.")],
    newer: Annotated[int, typer.Argument(help="Version to compare it with.")],
    json_: Json = False,
) -> None:
    """What differs between two versions of a case."""
    with open_store_of(context, read_only=True) as store:
        changes = compare_versions(store, id_of(context, id), older, newer)
    print_json(changes) if json_ else print_changes(changes)


@app.command()
def restore(
    context: typer.Context,
    *,
    id: CaseId,
    version: Annotated[int, typer.Argument(help="Version whose text comes back.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: IfVersion = None,
    dry_run: DryRun = False,
) -> None:
    """Bring back the text of an older version: at once if it was published before, else as a draft or revision."""
    who = actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        written = lifecycle.writing.restore(id_of(context, id), version, who, if_version=if_version)
        print_state(written.state, lifecycle, dry_run=dry_run)


@app.command()
def revise(
    context: typer.Context,
    *,
    id: CaseId,
    file: Annotated[Path, typer.Argument(help="JSON file with the case's new text; - reads standard input.")],
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    if_version: Annotated[str | None, typer.Option(help="Refuse unless this is replaced: 3 of the case, r2.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Propose a new text for a published case; the live version answers until the new one is approved."""
    id = id_of(context, id)
    case, who = _read_case(file, id=id), actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.writing.revise(id, case, who, if_version=if_version), lifecycle, dry_run=dry_run)


@app.command()
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
    case, who = _read_case(file), actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.writing.write(case, who).state, lifecycle, dry_run=dry_run)


@app.command()
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
    who, keep, duplicates = actor_named(context, actor, role, team), id_of(context, keep), ids_of(context, duplicates)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.merging.merge(keep, duplicates, who), lifecycle, dry_run=dry_run)
    for id in duplicates:
        out.print(f"{id}: {'would be ' if dry_run else ''}historical, superseded by {keep}", markup=False)


@app.command()
def unmerge(
    context: typer.Context,
    *,
    id: CaseId,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Give a merged duplicate back its state and its counts."""
    who = actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.merging.unmerge(id_of(context, id), who), lifecycle, dry_run=dry_run)


@app.command("retire")
def retire(
    context: typer.Context,
    *,
    id: CaseId,
    reason: Reason,
    superseded_by: Annotated[str, typer.Option(help="Id of the case to use instead.")] = "",
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Make a published case historical: it is found on request only."""
    who, instead = actor_named(context, actor, role, team), superseded_by and id_of(context, superseded_by)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        state = lifecycle.ageing.retire(id_of(context, id), who, reason, superseded_by=instead)
        print_state(state, lifecycle, dry_run=dry_run)


@app.command()
def reinstate(
    context: typer.Context,
    *,
    id: CaseId,
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    dry_run: DryRun = False,
) -> None:
    """Publish a historical case again, unless it was merged or its validity is over."""
    who = actor_named(context, actor, role, team)
    with open_lifecycle_of(context, dry_run=dry_run) as lifecycle:
        print_state(lifecycle.ageing.reinstate(id_of(context, id), who), lifecycle, dry_run=dry_run)


def _meant(context: typer.Context, name: str) -> str:
    """The id of a case, of a deleted one where no other is called so."""
    found = ids_of(context, [name])[0]
    return deleted_id_of(context, name) if found == name else found


def _stored_dict(stored: StoredCase) -> dict[str, object]:
    """A stored case as one JSON object."""
    more = {"version": stored.version, "revision": stored.revision, "created_at": stored.created_at}
    return {**case_to_dict(stored.case), **more, "updated_at": stored.updated_at, "reuse": stored.reuse}


def _read_case(file: Path, **more: str) -> Case:
    """The case in a JSON file, - for standard input; `more` are fields it has whatever the file says."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        row: Any = parsed_json(text)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}.") from error
    return case_of({**row, **more} if isinstance(row, dict) else row)


def _shown(value: object) -> str:
    """A field for people: lists line by line, parts of an object by name, nothing for what is empty."""
    if isinstance(value, Reuse):
        value = asdict(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items() if part not in ("", None, 0))
    if isinstance(value, list):
        return (
            "\n".join(f"{number}. {item}" for number, item in enumerate(value, 1)) if len(value) > 1 else "".join(value)
        )
    return "" if value is None else str(value)
