"""`similar-cases restore`: a backup in the place of the library, and the drill that shows that it can be used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, Json
from retriever.cli.output import err, out, print_json, print_table
from retriever.operations.restore import DrillStep, drill, restore_backup


def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of the backup.")],
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only a drill: restore into a throw-away folder, check, rebuild and ask.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Where there is a library, move it aside under another name first.")
    ] = False,
    audit_key: Annotated[Path | None, typer.Option(help="Key of the audit log, if it is not in the backup.")] = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Put a backup in the place of the library; stop the server first. Nothing counts before all checks have passed."""
    settings = settings_of(context)
    if verify:
        _print_drill(drill(settings, folder, audit_key=audit_key), json_)
        return
    done = restore_backup(settings, folder, replace=replace, audit_key=audit_key, dry_run=dry_run)
    cases = done.manifest.case_count
    if dry_run:
        err.print(f"{cases} cases of {done.manifest.created_at} would be restored", markup=False)
        return
    for path in done.moved:
        err.print(f"the library before is kept as {path}", markup=False)
    for id in done.erased:
        err.print(f"{id} had been erased: it was erased again", markup=False)
    err.print(f"{cases} cases restored; `similar-cases index rebuild` makes the index.")


def _print_drill(steps: Sequence[DrillStep], json_: bool) -> None:
    if json_:
        print_json(steps)
        return
    print_table(("step", "found", "seconds"), [(step.step, step.found, step.seconds) for step in steps])
    out.print("The backup can be used; nothing was changed here.")
