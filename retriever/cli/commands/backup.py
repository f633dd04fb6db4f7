"""`similar-cases backup` and `restore`: copies of the library, and the drill that shows that they work."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.cli.context import DryRun, Json, check_library, opened_store, settings_of
from retriever.cli.output import err, out, print_json, print_table
from retriever.errors import InvalidInput, SimilarCasesError

if TYPE_CHECKING:
    from retriever.config import Settings
    from retriever.operations.backup import Manifest

Folder = Annotated[Path, typer.Argument(help="Folder of the backup.")]


def backup(
    context: typer.Context,
    folder: Folder,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave the key of the audit log out; restoring asks for it then.")
    ] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Copy the library, also beside a running server, into a new folder with checksums. The index is not in it."""
    from retriever.operations.backup import write_backup  # noqa: PLC0415  see retriever/cli/__init__.py

    check_library(settings_of(context).database_path)
    if folder.exists():
        raise InvalidInput(f"{folder} exists; a backup never writes over anything.")
    if dry_run:
        err.print(f"the library would be copied to {folder}", markup=False)
        return
    with opened_store(context) as store:
        manifest = write_backup(store, folder, with_key=not without_key)
    if json_:
        print_json(manifest)
        return
    err.print(f"{sum(manifest.cases.values())} cases at revision {manifest.revision} are in {folder}", markup=False)
    err.print("`similar-cases restore --verify` shows whether it can be used.")


def restore(
    context: typer.Context,
    folder: Folder,
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
    from retriever.operations.backup import KEY, move_aside, read_manifest, restore_backup  # noqa: PLC0415
    from retriever.wiring.library import audit_files  # noqa: PLC0415

    settings = settings_of(context)
    manifest = read_manifest(folder)
    library, files = settings.database_path, audit_files(settings)
    if audit_key is None and KEY not in manifest.files and files.key.exists():
        audit_key = files.key
    if verify:
        _tell_drill(drill(settings, folder, audit_key), json_)
        return
    if library.exists() and not replace:
        raise InvalidInput(f"there is a library at {library}; --replace moves it aside.")
    if dry_run:
        err.print(f"{sum(manifest.cases.values())} cases of {manifest.created_at} would be restored", markup=False)
        return
    # A backup that is damaged must be found out before the present library is touched.
    drill(settings, folder, audit_key, questions=False)
    keep_key = audit_key == files.key
    moved = move_aside(library, settings.index_dir, files, keep_key=keep_key) if library.exists() else []
    try:
        restore_backup(folder, library, files, key=audit_key)
    except SimilarCasesError:
        for path in moved:
            path.rename(path.with_name(path.name.rpartition(".replaced-")[0]))
        raise
    _note_restored(settings, manifest)
    for path in moved:
        err.print(f"the library before is kept as {path}", markup=False)
    err.print(f"{sum(manifest.cases.values())} cases restored; `similar-cases index rebuild` makes the index.")


def drill(
    settings: "Settings", folder: Path, audit_key: Path | None, *, questions: bool = True
) -> list[tuple[str, str, float]]:
    """Restore into a throw-away folder; what was done, what came out, and the seconds it took.

    Raises BackupDamaged or InvalidInput at the first thing that is wrong.
    """
    from retriever.operations.backup import read_manifest, restore_backup  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.store import AuditFiles  # noqa: PLC0415

    steps: list[tuple[str, str, float]] = []
    begin = time.perf_counter()

    def done(step: str, found: str) -> None:
        nonlocal begin
        now = time.perf_counter()
        steps.append((step, found, round(now - begin, 2)))
        begin = now

    manifest = read_manifest(folder)
    done("checksums", f"{len(manifest.files)} files as they were on {manifest.created_at}")
    with tempfile.TemporaryDirectory() as place:
        own = settings.model_copy(update={"data_dir": Path(place), "audit_key": None, "audit_anchor": None})
        files = AuditFiles.beside(own.database_path)
        restore_backup(folder, own.database_path, files, key=audit_key)
        done(
            "library",
            f"{sum(manifest.cases.values())} cases at revision {manifest.revision}; pages, references, audit log",
        )
        if questions:
            done("index and a question", _ask(own))
    return steps


def _ask(settings: "Settings") -> str:
    """Build an index and ask for a case by its own text."""
    from retriever.domain import OPERATOR, Query, Status  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.indexing.rebuild import rebuild  # noqa: PLC0415
    from retriever.store import CaseFilter  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415
    from retriever.wiring.service import open_encoder, open_service  # noqa: PLC0415

    with open_library(settings) as store:
        rebuild(store, open_encoder(settings), settings.index_dir, threads=settings.threads)
        first = next(store.cases.iter(CaseFilter(statuses=(Status.PUBLISHED,)), batch=1), None)
    if first is None:
        return "no published case to ask for"
    query = Query(problem=first.case.problem[:8_000], limit=5, min_confidence=0, audience=OPERATOR.audience)
    with open_service(settings) as service:
        found = [match.stored.case.id for match in service.find_similar(query).matches]
    if first.case.id not in found:
        raise InvalidInput(f"the restored library does not find case {first.case.id} by its own text.")
    return f"{first.case.id} is found by its own text"


def _note_restored(settings: "Settings", manifest: "Manifest") -> None:
    from retriever.domain import OPERATOR  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.store import AuditNote  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415

    details: dict[str, str | int] = {"backup_of": manifest.created_at, "revision": manifest.revision}
    with open_library(settings) as store:
        store.audit.append(OPERATOR, AuditNote("library.restore", "library", details=details))


def _tell_drill(steps: list[tuple[str, str, float]], json_: bool) -> None:
    if json_:
        print_json([{"step": step, "found": found, "seconds": seconds} for step, found, seconds in steps])
        return
    print_table(("step", "found", "seconds"), steps)
    out.print("The backup can be used; nothing was changed here.")
