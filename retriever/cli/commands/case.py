"""`similar-cases case …`: show, list, versions, similar, put, delete."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.commands.search import answer
from retriever.cli.context import DryRun, Json, check_library, opened_service, opened_store, settings_of
from retriever.cli.output import out, print_json, print_result, print_table
from retriever.domain import OPERATOR, Case, Query, Reuse, Status, StoredCase
from retriever.errors import InvalidInput, VersionMismatch

cases_app = typer.Typer(help="Single cases.")
Id = Annotated[str, typer.Argument(help="Id of a case.")]
IfVersion = Annotated[int | None, typer.Option(help="Refuse unless this is the stored version.")]


def stored_dict(stored: StoredCase) -> dict[str, object]:
    """A stored case as one JSON object."""
    from retriever.case.format import case_to_dict  # noqa: PLC0415  see retriever/cli/__init__.py

    more = {"version": stored.version, "revision": stored.revision, "created_at": stored.created_at}
    return {**case_to_dict(stored.case), **more, "updated_at": stored.updated_at, "reuse": stored.reuse}


def read_case(file: Path, **more: str) -> Case:
    """The case in a JSON file, - for standard input; `more` are fields it has whatever the file says."""
    from retriever.case.format import case_from_dict  # noqa: PLC0415  see retriever/cli/__init__.py

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        row = json.loads(text)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}.") from error
    return case_from_dict({**row, **more} if isinstance(row, dict) else row)


@cases_app.command()
def show(context: typer.Context, id: Id, json_: Json = False) -> None:
    """One case with all its fields."""
    with opened_store(context, read_only=True) as store:
        found = stored_dict(store.cases.get(id))
    if json_:
        print_json(found)
        return
    print_table(("field", "value"), [(name, _shown(value)) for name, value in found.items() if _shown(value)])


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


@cases_app.command("list")
def list_(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only cases in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most cases shown.")] = 50,
    json_: Json = False,
) -> None:
    """Cases, last updated first."""
    from retriever.store import CaseFilter  # noqa: PLC0415

    which = CaseFilter(statuses=(status,)) if status else CaseFilter()
    with opened_store(context, read_only=True) as store:
        found = store.cases.page(which, limit=limit)
    if json_:
        print_json([stored_dict(stored) for stored in found])
        return
    rows = [(s.case.id, s.case.language, s.case.status.value, s.version, s.case.title) for s in found]
    print_table(("id", "language", "status", "version", "title"), rows)


@cases_app.command()
def versions(context: typer.Context, id: Id, json_: Json = False) -> None:
    """Every version of a case, oldest first."""
    with opened_store(context, read_only=True) as store:
        found = store.cases.versions(id)
    if json_:
        print_json(found)
        return
    print_table(
        ("version", "revision", "updated_at", "title"),
        [(v.version, v.revision, v.updated_at, v.case.title) for v in found],
    )


@cases_app.command()
def similar(
    context: typer.Context,
    id: Id,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches shown.")] = 5,
    json_: Json = False,
) -> None:
    """Cases like a stored one, itself excluded."""
    with opened_service(context) as service:
        result = service.find_similar_to(id, Query(problem="", limit=limit, audience=OPERATOR.audience))
    print_json(answer(result)) if json_ else print_result(id, result)


@cases_app.command()
def check(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of a case, a JSON file with one, or - for standard input.")],
    json_: Json = False,
) -> None:
    """What a case lacks, which published cases may be the same, where it belongs. Changes nothing."""
    given = read_case(Path(id)) if id == "-" or Path(id).is_file() else None
    with opened_service(context) as service:
        checked = service.arrivals.check(given or service.get_case(id).case)
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
        ("suggested", "value", "confidence", "from"),
        [(name, vote.value, f"{vote.confidence:.2f}", ", ".join(vote.from_ids[:3])) for name, vote in told if vote],
    )


@cases_app.command()
def put(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON file with one case; - reads standard input.")],
    if_version: IfVersion = None,
    dry_run: DryRun = False,
) -> None:
    """Create or replace one case."""
    case = read_case(file)
    if dry_run:
        check_library(settings_of(context).database_path)
    with opened_store(context) as store:
        (outcome,) = store.cases.upsert([case], if_version=if_version, dry_run=dry_run)
    if outcome.action == "refused":
        raise InvalidInput(f"{case.id}: {outcome.reason}")
    out.print(f"{case.id}: {'would be ' if dry_run else ''}{outcome.action}")


@cases_app.command()
def delete(context: typer.Context, id: Id, if_version: IfVersion = None, dry_run: DryRun = False) -> None:
    """Take a case out of the library; its versions are kept."""
    with opened_store(context, read_only=dry_run) as store:
        stored = store.cases.get(id)
        if if_version is not None and stored.version != if_version:
            raise VersionMismatch(f"{id} is at version {stored.version}, not {if_version}; look at it again first.")
        if not dry_run:
            store.cases.delete(id, if_version=stored.version)
    out.print(f"{id}: {'would be ' if dry_run else ''}deleted")
