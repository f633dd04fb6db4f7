"""`similar-cases index …`: rebuild, status, verify, roll back, prune."""

from collections.abc import Mapping
from typing import Annotated

import typer

from retriever.cli.context import DryRun, Json, check_library, opened_store, settings_of
from retriever.cli.output import err, out, print_json, print_table, progress_bars
from retriever.errors import Locked, SnapshotDamaged, SnapshotNotFound

index_app = typer.Typer(help="The index: derived from the library, built offline, published atomically.")
COLUMNS = ("name", "current", "cases", "kind", "model", "behind", "mib", "created_at", "damaged")
Name = Annotated[str | None, typer.Argument(help="Name of a snapshot; the current one without it.")]


@index_app.command()
def rebuild(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Build even if the current snapshot is up to date.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Build from nothing: read every case, look at no snapshot; implies --force.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Build a new snapshot beside a running server, check it, and publish it. Goes on where it was interrupted.

    What the last snapshot says of unchanged cases is taken over, so that only changed cases are read.
    """
    from retriever.indexing.rebuild import rebuild as build  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.wiring.service import open_encoder  # noqa: PLC0415

    settings = settings_of(context)
    check_library(settings.database_path)
    with opened_store(context, read_only=dry_run) as store:
        if dry_run:
            out.print(f"would build a snapshot of revision {store.cases.revision()} in {settings.index_dir}")
            return
        encoder = open_encoder(settings)
        with progress_bars() as bars:
            done = build(
                store,
                encoder,
                settings.index_dir,
                threads=settings.threads,
                keep=settings.keep_snapshots,
                force=force,
                full=full,
                progress=bars,
            )
        pruned = store.vectors.prune(settings.vector_cache_mb << 20, keep_fingerprint=encoder.fingerprint)
    manifest = done.manifest
    what = "published" if done.fresh else "is up to date:"
    err.print(
        f"snapshot {manifest.name} {what} {manifest.rows} cases, {manifest.kind}, {dict(manifest.labels)['model']}"
    )
    if pruned:
        err.print(f"{pruned} vectors dropped from the cache to keep it within {settings.vector_cache_mb} MiB")
    out.print(manifest.name)


@index_app.command()
def status(context: typer.Context, json_: Json = False) -> None:
    """Every snapshot, which one is served, and how far it is behind the library."""
    from index.manifest import read_manifest  # noqa: PLC0415
    from index.snapshots import Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415

    snapshots = Snapshots(settings_of(context).index_dir)
    with opened_store(context, read_only=True) as store:
        revision = store.cases.revision()
    current = snapshots.current_name()
    rows: list[Mapping[str, object]] = []
    for name in snapshots.names():
        try:
            manifest = read_manifest(snapshots.path(name))
        except IndexDamaged as error:
            rows.append({"name": name, "current": name == current, "damaged": str(error)})
            continue
        size = sum(entry.bytes for entry in manifest.files.values())
        rows.append(
            {
                "name": name,
                "current": name == current,
                "cases": manifest.rows,
                "kind": manifest.kind,
                "model": manifest.labels["model"],
                "behind": revision - int(manifest.labels["revision"]),
                "mib": round(size / 2**20, 1),
                "created_at": manifest.created_at,
            }
        )
    if json_:
        print_json({"revision": revision, "current": current, "snapshots": rows})
        return
    columns = [column for column in COLUMNS if any(column in row for row in rows)]
    print_table(
        columns,
        [[row.get(column, "") for column in columns] for row in rows],
        title=f"revision {revision}",
        figures=("name", "created_at"),
    )


@index_app.command()
def verify(context: typer.Context, name: Name = None, json_: Json = False) -> None:
    """Check every byte of a snapshot against its manifest; exit 3 when it is damaged."""
    from index.snapshots import Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415

    snapshots = Snapshots(settings_of(context).index_dir)
    try:
        wanted = name or snapshots.current_name()
        if wanted is None:
            raise SnapshotNotFound("nothing is published yet; run `similar-cases index rebuild`.")
        manifest = snapshots.verify(wanted)
    except IndexDamaged as error:
        raise SnapshotDamaged(f"{error}; run `similar-cases index rebuild --force`.") from error
    except KeyError as error:
        raise _unknown(error, snapshots.names()) from error
    if json_:
        print_json({"name": manifest.name, "files": len(manifest.files), "ok": True})
    else:
        out.print(f"{manifest.name}: {len(manifest.files)} files match their checksums")


@index_app.command()
def rollback(context: typer.Context, name: Name = None, dry_run: DryRun = False) -> None:
    """Serve an older snapshot again (the one before the current by default); later changes stay searchable.

    If another model built it, the settings file names that model afterwards and running servers load it.
    """
    from index.snapshots import BuildLocked, Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415
    from retriever.cli.commands.model_use import follow_rollback  # noqa: PLC0415

    snapshots = Snapshots(settings_of(context).index_dir)
    try:
        if dry_run:
            current = snapshots.current_name()
            older = [other for other in snapshots.names() if name is None and current and other < current]
            out.print(f"would serve {name or (older[-1] if older else 'nothing: there is no older snapshot')}")
            return
        with snapshots.build_lock():
            manifest = snapshots.rollback(name)
    except BuildLocked as error:
        raise Locked(f"{error}; wait for it.") from error
    except IndexDamaged as error:
        raise SnapshotDamaged(str(error)) from error
    except KeyError as error:
        raise _unknown(error, snapshots.names()) from error
    follow_rollback(context, manifest)
    out.print(f"{manifest.name} is served from now on (running servers notice by themselves)")


@index_app.command()
def prune(
    context: typer.Context,
    keep: Annotated[int | None, typer.Option(min=1, help="Snapshots kept, the current one included.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Delete old snapshots, never the current one."""
    from index.snapshots import BuildLocked, Snapshots  # noqa: PLC0415

    settings = settings_of(context)
    snapshots = Snapshots(settings.index_dir)
    try:
        with snapshots.build_lock():
            doomed = snapshots.prune(keep or settings.keep_snapshots, dry_run=dry_run)
    except BuildLocked as error:
        raise Locked(f"{error}; wait for it.") from error
    out.print(f"{'would delete' if dry_run else 'deleted'}: {', '.join(doomed) or 'nothing'}")


def _unknown(error: KeyError, names: list[str]) -> SnapshotNotFound:
    if error.args[0] == "older":
        return SnapshotNotFound("there is no older snapshot to go back to.")
    return SnapshotNotFound(f"there is no snapshot {error.args[0]!r}; there are: {', '.join(names) or 'none'}.")
