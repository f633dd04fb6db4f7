"""`similar-cases index …`: rebuild, status, verify, roll back, prune."""

from dataclasses import asdict
from typing import Annotated

import typer

from retriever.cli.context import settings_of, step_back, tell_if_file_is_overruled, warn_if_model_is_overruled
from retriever.cli.flags import DryRun, Json
from retriever.cli.output import err, out, print_json, print_table, progress_bars
from retriever.operations.rebuild import library_revision, rebuild_index
from retriever.operations.snapshots import (
    SnapshotState,
    find_older_snapshot,
    index_state,
    prune_snapshots,
    roll_back,
    verify_snapshot,
)

app = typer.Typer(help="The index: derived from the library, built offline, published atomically.")
COLUMNS = ("name", "current", "cases", "kind", "model", "behind", "mib", "created_at", "damaged")
Name = Annotated[str | None, typer.Argument(help="Name of a snapshot; the current one without it.")]


@app.command()
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
    settings = settings_of(context)
    if dry_run:
        out.print(f"would build a snapshot of revision {library_revision(settings)} in {settings.index_dir}")
        return
    tell_if_file_is_overruled(context, settings)
    step_back()
    with progress_bars() as bars:
        done = rebuild_index(settings, force=force, full=full, progress=bars)
    manifest = done.manifest
    what = "published" if done.fresh else "is up to date:"
    err.print(
        f"snapshot {manifest.name} {what} {manifest.rows} cases, {manifest.kind}, {dict(manifest.labels)['model']}"
    )
    if done.exact_because:
        err.print(
            f"every case is compared with each question, which is exact but slower: {done.exact_because}", markup=False
        )
    if done.vectors_dropped:
        err.print(
            f"{done.vectors_dropped} vectors dropped from the cache to keep it within {settings.vector_cache_mb} MiB"
        )
    out.print(manifest.name)


@app.command()
def status(context: typer.Context, json_: Json = False) -> None:
    """Every snapshot, which one is served, and how far it is behind the library."""
    state = index_state(settings_of(context))
    rows = [_row(snapshot) for snapshot in state.snapshots]
    if json_:
        print_json({"revision": state.revision, "current": state.current, "snapshots": rows})
        return
    columns = [column for column in COLUMNS if any(column in row for row in rows)]
    print_table(
        columns,
        [[row.get(column, "") for column in columns] for row in rows],
        title=f"revision {state.revision}",
        figures=("name", "created_at"),
    )


@app.command()
def verify(context: typer.Context, name: Name = None, json_: Json = False) -> None:
    """Check every byte of a snapshot against its manifest; exit 3 when it is damaged."""
    manifest = verify_snapshot(settings_of(context), name)
    if json_:
        print_json({"name": manifest.name, "files": len(manifest.files), "ok": True})
    else:
        out.print(f"{manifest.name}: {len(manifest.files)} files match their checksums")


@app.command()
def rollback(context: typer.Context, name: Name = None, dry_run: DryRun = False) -> None:
    """Serve another snapshot again, without a name the one served before; later changes stay searchable.

    If another model built it, that is the library's model afterwards, and running servers load it.
    """
    settings = settings_of(context)
    if dry_run:
        older = name or find_older_snapshot(settings)
        out.print(f"would serve {older or 'nothing: no snapshot was served before'}")
        return
    done = roll_back(settings, name)
    out.print(f"{done.snapshot} is served from now on (running servers notice by themselves)")
    forth = f"; `similar-cases index rollback {done.before}` goes forth again" if done.before else ""
    err.print(f"its model is {done.model!r}{forth}", markup=False)
    if done.model != settings.model:
        warn_if_model_is_overruled(context)


@app.command()
def prune(
    context: typer.Context,
    keep: Annotated[int | None, typer.Option(min=1, help="Snapshots kept, the current one included.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Delete old snapshots, never the current one."""
    doomed = prune_snapshots(settings_of(context), keep, dry_run=dry_run)
    out.print(f"{'would delete' if dry_run else 'deleted'}: {', '.join(doomed) or 'nothing'}")


def _row(snapshot: SnapshotState) -> dict[str, object]:
    """What is known of a snapshot, by column."""
    facts = asdict(snapshot)
    unknown = set(facts) - {"name", "current", "damaged"} if snapshot.damaged else {"damaged"}
    return {name: value for name, value in facts.items() if name not in unknown}
