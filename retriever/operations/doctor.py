"""Is everything in order with system, library, index and model, and if not, what to do?"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from index.snapshots import Snapshots
from index.types import IndexDamaged
from retriever.config import Settings
from retriever.embedding.canaries import canary_vectors
from retriever.errors import SimilarCasesError
from retriever.indexing.live import load_view
from retriever.store.audit_chain import is_private
from retriever.store.deliveries import DeliveryState
from retriever.store.sqlite import engine_version, safe_journal
from retriever.wiring.encoder import open_encoder
from retriever.wiring.library import open_library

Health: TypeAlias = Literal["ok", "warn", "fail"]
OPTIONAL = {
    "uvloop": "a faster event loop; install the package again on this system",
    "httptools": "a faster HTTP parser; install the package again on this system",
    "onnxruntime": "runs transformer models faster: pip install 'similar-cases[onnx]'",
    "openvino": "runs transformer models faster on Intel: pip install 'similar-cases[openvino]'",
}
LITTLE_SPACE = 1 << 30


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at: what was found, and what to do unless it is `ok`."""

    what: str
    state: Health
    found: str
    mend: str = ""


def diagnose(settings: Settings) -> Iterator[Diagnosis]:
    """Look at one thing after the other; changes nothing."""
    for what, check in CHECKS.items():
        try:
            found = list(check(settings))
        except (SimilarCasesError, OSError) as error:
            found = [Diagnosis(what, "fail", str(error))]
        yield from found


def _system(_: Settings) -> Iterator[Diagnosis]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    yield Diagnosis("python", "ok" if good else "fail", version, "" if good else "use Python 3.11 or newer")
    engine = engine_version()
    journal = safe_journal(engine)
    name = ".".join(map(str, engine))
    slower = (
        "this version may corrupt a WAL database; readers wait for commits instead. SQLite 3.51.3 or newer is better"
    )
    yield Diagnosis("sqlite", "ok", f"{name}, journal {journal}", "" if journal == "wal" else slower)


def _folder(settings: Settings) -> Iterator[Diagnosis]:
    folder = settings.data_dir
    place = folder if folder.exists() else _nearest(folder)
    if not os.access(place, os.W_OK | os.X_OK):
        yield Diagnosis("data folder", "fail", f"{folder} cannot be written", "give it to this user, or set data_dir")
        return
    free = shutil.disk_usage(place).free
    little = free < LITTLE_SPACE
    mend = "make room: a rebuild needs place for a second index" if little else ""
    yield Diagnosis("data folder", "warn" if little else "ok", f"{folder}, {free / 2**30:.1f} GiB free", mend)


def _library(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.database_path.exists():
        yield Diagnosis("library", "warn", "none yet", "`similar-cases ingest FILE` or `similar-cases serve --sample`")
        return
    with open_library(settings, read_only=True) as store:
        wrong = store.check()
        counts = {str(status): count for status, count in store.cases.count_by_status().items() if count}
        revision = store.cases.revision()
    if wrong:
        yield Diagnosis("library", "fail", f"damaged: {wrong[0]}", "restore it from a backup or an export")
        return
    cases = ", ".join(f"{count} {status}" for status, count in counts.items()) or "no cases"
    yield Diagnosis(
        "library", "ok" if counts else "warn", f"{cases}, revision {revision}", "" if counts else "ingest cases"
    )


def _audit(settings: Settings) -> Iterator[Diagnosis]:
    """Keys and the audit log; every entry is checked."""
    if not settings.database_path.exists():
        return
    with open_library(settings, read_only=True) as store:
        keys, files = len(store.keys.all()), store.audit.files
        try:
            report = store.audit.verify()
        except SimilarCasesError as error:
            yield Diagnosis("audit log", "fail", str(error), "put the key back, or name it in audit_key")
            return
    if report.findings:
        yield Diagnosis("audit log", "fail", report.findings[0].text, "`similar-cases audit verify` says all")
    elif files.key.exists() and not is_private(files.key):
        yield Diagnosis("audit log", "warn", f"others may read {files.key.name}", f"chmod 600 {files.key}")
    else:
        yield Diagnosis("audit log", "ok", f"{report.entries} entries, every one checked")
    yield Diagnosis("keys", "ok", f"{keys} API keys" if keys else "none: this machine only, without a key")


def _deliveries(settings: Settings) -> Iterator[Diagnosis]:
    """Deliveries of help desks that were given up: nobody else would notice."""
    if not settings.database_path.exists():
        return
    with open_library(settings, read_only=True) as store:
        failed = store.deliveries.count(DeliveryState.FAILED)
    mend = "`similar-cases webhook list --state failed`, then `webhook retry --all`" if failed else ""
    yield Diagnosis("deliveries", "warn" if failed else "ok", f"{failed} given up", mend)


def _erasures(settings: Settings) -> Iterator[Diagnosis]:
    """Erasures that were interrupted: caches or snapshots may still hold the words."""
    if not settings.database_path.exists():
        return
    with open_library(settings, read_only=True) as store:
        begun = [erasure.case_id for erasure in store.erasures.unfinished()]
    if begun:
        yield Diagnosis(
            "erasures", "fail", f"not finished: {', '.join(begun[:3])}", "`similar-cases case erase --finish`"
        )


def _index(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.database_path.exists():
        return
    rebuild = "`similar-cases index rebuild`"
    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        manifest = snapshots.verify(name) if name else None
    except IndexDamaged as error:
        yield Diagnosis("index", "fail", f"damaged: {error}", f"{rebuild} --force, or `similar-cases index rollback`")
        return
    if manifest is None:
        yield Diagnosis("index", "warn", "no snapshot yet; every start encodes the library again", rebuild)
        return
    with open_library(settings, read_only=True) as store:
        behind = store.cases.revision() - int(manifest.labels["revision"])
    many = behind > settings.delta_limit
    found = f"snapshot {manifest.name}: {manifest.rows} cases, every byte checked, {behind} changes behind"
    yield Diagnosis("index", "warn" if many else "ok", found, rebuild if many else "")


def _model(settings: Settings) -> Iterator[Diagnosis]:
    encoder = open_encoder(settings)
    seen = int(canary_vectors(encoder).any(axis=1).sum())
    yield Diagnosis("model", "ok", f"{encoder.name}, {encoder.dim} dims, knows {seen} of 16 canary sentences")
    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        if name:
            load_view(snapshots, name, encoder)
            yield Diagnosis("model and index", "ok", f"snapshot {name} reproduces its canaries with this model")
    except IndexDamaged:
        return  # told by the index check


def _packages(_: Settings) -> Iterator[Diagnosis]:
    for name, mend in OPTIONAL.items():
        there = find_spec(name) is not None
        yield Diagnosis(
            f"package {name}", "ok", "installed" if there else "not installed (optional)", "" if there else mend
        )


CHECKS: dict[str, Callable[[Settings], Iterator[Diagnosis]]] = {
    "system": _system,
    "data folder": _folder,
    "library": _library,
    "audit log": _audit,
    "deliveries": _deliveries,
    "erasures": _erasures,
    "index": _index,
    "model": _model,
    "packages": _packages,
}


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    return next(parent for parent in folder.absolute().parents if parent.exists())
