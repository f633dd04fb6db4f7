"""`similar-cases backup`: a copy of the library."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, Json
from retriever.cli.library import open_store_of
from retriever.cli.output import err, print_json
from retriever.errors import InvalidInput
from retriever.operations.backup import write_backup
from retriever.wiring.library import check_library


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of the backup.")],
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave the key of the audit log out; restoring asks for it then.")
    ] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Copy the library, also beside a running server, into a new folder with checksums. The index is not in it."""
    check_library(settings_of(context))
    if folder.exists():
        raise InvalidInput(f"{folder} exists; a backup never writes over anything.")
    if dry_run:
        err.print(f"the library would be copied to {folder}", markup=False)
        return
    with open_store_of(context) as store:
        manifest = write_backup(store, folder, with_key=not without_key)
    if json_:
        print_json(manifest)
        return
    err.print(f"{manifest.case_count} cases at revision {manifest.revision} are in {folder}", markup=False)
    err.print("`similar-cases restore --verify` shows whether it can be used.")
