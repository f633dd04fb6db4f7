"""`similar-cases model …`, what changes something: use, download, prune; and the settings file kept in step."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.cli.commands.model import Name, load, load_checked
from retriever.cli.context import DryRun, Json, check_library, flags_of, opened_store, settings_of
from retriever.cli.output import err, out, print_json, progress_bars
from retriever.errors import Locked, ModelUnavailable

if TYPE_CHECKING:
    from index.manifest import Manifest
    from retriever.config import Settings
    from retriever.domain import Encoder
    from retriever.store import Store


def use(
    context: typer.Context,
    name: Name,
    dry_run: DryRun = False,
) -> None:
    """Serve with another model: check it, build its snapshot beside the old one, write it into the settings file.

    Running servers load the model beside the present one and change without failing a question. A snapshot that this
    model has built before is taken again, so that the way back costs seconds.
    """
    from retriever.cli.config_file import check_writable, set_model  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.config import config_file  # noqa: PLC0415
    from retriever.embedding.loading import pinned_name  # noqa: PLC0415

    before = settings_of(context)
    check_library(before.database_path)
    file = config_file()
    check_writable(file)
    pinned = pinned_name(name)
    settings = before.model_copy(update={"model": pinned, "model_revision": "", "dims": None})
    encoder, _ = load_checked(pinned, settings)
    with opened_store(context, read_only=dry_run) as store:
        older = _find_snapshot(settings, encoder)
        if dry_run:
            how = f"snapshot {older} would be served again" if older else "a new snapshot would be built"
            out.print(f"{how}, and {file} would say model = {pinned!r}", markup=False)
            return
        served = _serve_again(settings, older) if older else _build(settings, store, encoder)
        if not older:
            store.vectors.prune(settings.vector_cache_mb << 20, keep_fingerprint=encoder.fingerprint)
    set_model(file, pinned)
    out.print(served)
    err.print(
        f"{file} says model = {pinned!r}. Running servers change to snapshot {served} by themselves; "
        "`similar-cases index rollback` goes back.",
        markup=False,
    )
    _warn_if_overruled(context)


def download(
    name: Name,
    revision: Annotated[str, typer.Option(help="Commit, tag or branch of the hub; the newest without it.")] = "",
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Fetch a hub model, weights as safetensors only, and print its name pinned to the commit that came."""
    from retriever.embedding.loading import HUB_FILES, download_model  # noqa: PLC0415

    if dry_run:
        at = f" at {revision}" if revision else ""
        out.print(f"would fetch {', '.join(HUB_FILES)} of {name}{at} into the cache of the hub's library", markup=False)
        return
    pinned = download_model(name, revision=revision or None)
    if json_:
        print_json({"model": pinned})
    else:
        out.print(pinned, markup=False)


def prune(
    context: typer.Context,
    max_mb: Annotated[
        int | None, typer.Option(min=0, help="Size to keep; the setting vector_cache_mb without it.")
    ] = None,
    others: Annotated[bool, typer.Option("--others", help="Drop all vectors of models that are not in use.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Drop cached vectors: other models first, then those used longest ago. What is needed again is encoded again."""
    settings = settings_of(context)
    check_library(settings.database_path)
    encoder = load(settings.model, settings)
    with opened_store(context) as store:
        before = store.vectors.stats()
        limit = (settings.vector_cache_mb if max_mb is None else max_mb) << 20
        if others:
            limit = min(limit, before.bytes.get(encoder.fingerprint, 0))
        if dry_run:
            excess = max(0, sum(before.bytes.values()) - limit)
            out.print(f"would drop {excess / 2**20:.1f} MiB of {sum(before.bytes.values()) / 2**20:.1f} MiB of vectors")
            return
        dropped = store.vectors.prune(limit, keep_fingerprint=encoder.fingerprint)
        left = store.vectors.stats()
    out.print(
        f"{dropped} vectors dropped, {sum(left.vectors.values())} kept ({left.file_bytes / 2**20:.1f} MiB on disk)"
    )


def follow_rollback(context: typer.Context, manifest: "Manifest") -> None:
    """After a rollback to a snapshot of another model: let the settings file name it, so that a restart serves it."""
    from retriever.cli.config_file import set_model  # noqa: PLC0415
    from retriever.config import config_file  # noqa: PLC0415

    settings, model = settings_of(context), manifest.labels["model"]
    if model in _names_of(settings) and settings.dims in (None, manifest.dim):
        return
    file = config_file()
    set_model(file, model, dims=manifest.dim)
    err.print(f"this snapshot was built by another model: {file} says model = {model!r} from now on", markup=False)
    _warn_if_overruled(context)


def _names_of(settings: "Settings") -> set[str]:
    """How a snapshot may call the model that the settings name."""
    from retriever.embedding.loading import pinned_name  # noqa: PLC0415

    try:
        return {settings.model, pinned_name(settings.model, revision=settings.model_revision or None)}
    except ModelUnavailable:
        return {settings.model}


def _warn_if_overruled(context: typer.Context) -> None:
    """A variable or flag beats the file: the next start would name the old model and be refused."""
    from retriever.config import ENV_PREFIX  # noqa: PLC0415

    variable = ENV_PREFIX + "MODEL"
    if variable in os.environ or "model" in flags_of(context):
        where = variable if variable in os.environ else "--model"
        err.print(f"warning: {where} is set and wins over the file; change it before the next start.", markup=False)


def _find_snapshot(settings: "Settings", encoder: "Encoder") -> str | None:
    """The newest snapshot that this very model has built."""
    from index.manifest import read_manifest  # noqa: PLC0415
    from index.snapshots import Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415
    from retriever.errors import ModelMismatch  # noqa: PLC0415
    from retriever.indexing.labels import check_labels  # noqa: PLC0415

    snapshots = Snapshots(settings.index_dir)
    for name in reversed(snapshots.names()):
        try:
            check_labels(read_manifest(snapshots.path(name)), encoder)
            return snapshots.verify(name).name
        except (IndexDamaged, ModelMismatch):
            continue
    return None


def _serve_again(settings: "Settings", name: str) -> str:
    from index.snapshots import BuildLocked, Snapshots  # noqa: PLC0415

    snapshots = Snapshots(settings.index_dir)
    try:
        with snapshots.build_lock():
            return snapshots.rollback(name).name
    except BuildLocked as error:
        raise Locked(f"{error}; wait for it.") from error


def _build(settings: "Settings", store: "Store", encoder: "Encoder") -> str:
    from retriever.indexing.rebuild import rebuild  # noqa: PLC0415

    with progress_bars() as bars:
        done = rebuild(
            store,
            encoder,
            settings.index_dir,
            threads=settings.threads,
            # The snapshot of the model before stays: it is the way back.
            keep=max(2, settings.keep_snapshots),
            progress=bars,
        )
    return done.manifest.name
