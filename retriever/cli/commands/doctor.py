"""`similar-cases doctor`: is everything in order here, and if not, what to do?"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import typer
from rich.text import Text

from retriever.cli.context import Json, settings_of
from retriever.cli.output import out, print_json
from retriever.errors import SimilarCasesError

if TYPE_CHECKING:
    from retriever.config import Settings

DeliveryState: TypeAlias = Literal["ok", "warn", "fail"]
STYLES: dict[DeliveryState, str] = {"ok": "green", "warn": "yellow", "fail": "bold red"}
OPTIONAL = {
    "uvloop": "a faster event loop; install the package again on this system",
    "httptools": "a faster HTTP parser; install the package again on this system",
    "onnxruntime": "runs transformer models faster: pip install 'similar-cases[onnx]'",
    "openvino": "runs transformer models faster on Intel: pip install 'similar-cases[openvino]'",
}
LITTLE_SPACE = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and what to do unless it is `ok`."""

    what: str
    state: DeliveryState
    found: str
    mend: str = ""


def doctor(context: typer.Context, json_: Json = False) -> None:
    """Check system, library, index and model, and say what to do; exit 3 when something fails. Changes nothing."""
    settings = settings_of(context)
    findings: list[Finding] = []
    for what, check in CHECKS.items():
        try:
            found = list(check(settings))
        except (SimilarCasesError, OSError) as error:
            found = [Finding(what, "fail", str(error))]
        findings += found
        if not json_:
            for finding in found:
                _print(finding)
    failed = any(finding.state == "fail" for finding in findings)
    if json_:
        print_json({"ok": not failed, "findings": findings})
    if failed:
        raise typer.Exit(3)


def _system(_: "Settings") -> Iterator[Finding]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    yield Finding("python", "ok" if good else "fail", version, "" if good else "use Python 3.11 or newer")
    from retriever.store.sqlite import engine_version, safe_journal  # noqa: PLC0415  see retriever/cli/__init__.py

    engine = engine_version()
    journal = safe_journal(engine)
    name = ".".join(map(str, engine))
    slower = (
        "this version may corrupt a WAL database; readers wait for commits instead. SQLite 3.51.3 or newer is better"
    )
    yield Finding("sqlite", "ok", f"{name}, journal {journal}", "" if journal == "wal" else slower)


def _folder(settings: "Settings") -> Iterator[Finding]:
    folder = settings.data_dir
    place = folder if folder.exists() else _nearest(folder)
    if not os.access(place, os.W_OK | os.X_OK):
        yield Finding("data folder", "fail", f"{folder} cannot be written", "give it to this user, or set data_dir")
        return
    free = shutil.disk_usage(place).free
    little = free < LITTLE_SPACE
    mend = "make room: a rebuild needs place for a second index" if little else ""
    yield Finding("data folder", "warn" if little else "ok", f"{folder}, {free / 2**30:.1f} GiB free", mend)


def _library(settings: "Settings") -> Iterator[Finding]:
    if not settings.database_path.exists():
        yield Finding("library", "warn", "none yet", "`similar-cases ingest FILE` or `similar-cases serve --sample`")
        return
    from retriever.wiring.library import open_library  # noqa: PLC0415

    with open_library(settings, read_only=True) as store:
        wrong = store.check()
        counts = {str(status): count for status, count in store.cases.count_by_status().items() if count}
        revision = store.cases.revision()
    if wrong:
        yield Finding("library", "fail", f"damaged: {wrong[0]}", "restore it from a backup or an export")
        return
    cases = ", ".join(f"{count} {status}" for status, count in counts.items()) or "no cases"
    yield Finding(
        "library", "ok" if counts else "warn", f"{cases}, revision {revision}", "" if counts else "ingest cases"
    )


def _audit(settings: "Settings") -> Iterator[Finding]:
    """Keys and the audit log; every entry is checked."""
    if not settings.database_path.exists():
        return
    from retriever.store.audit_chain import is_private  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415

    with open_library(settings, read_only=True) as store:
        keys, files = len(store.keys.all()), store.audit.files
        try:
            report = store.audit.verify()
        except SimilarCasesError as error:
            yield Finding("audit log", "fail", str(error), "put the key back, or name it in audit_key")
            return
    if report.findings:
        yield Finding("audit log", "fail", report.findings[0].text, "`similar-cases audit verify` says all")
    elif files.key.exists() and not is_private(files.key):
        yield Finding("audit log", "warn", f"others may read {files.key.name}", f"chmod 600 {files.key}")
    else:
        yield Finding("audit log", "ok", f"{report.entries} entries, every one checked")
    yield Finding("keys", "ok", f"{keys} API keys" if keys else "none: this machine only, without a key")


def _deliveries(settings: "Settings") -> Iterator[Finding]:
    """Deliveries of help desks that were given up: nobody else would notice."""
    if not settings.database_path.exists():
        return
    from retriever.store.deliveries import DeliveryState  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415

    with open_library(settings, read_only=True) as store:
        failed = store.deliveries.count(DeliveryState.FAILED)
    mend = "`similar-cases webhook list --state failed`, then `webhook retry --all`" if failed else ""
    yield Finding("deliveries", "warn" if failed else "ok", f"{failed} given up", mend)


def _index(settings: "Settings") -> Iterator[Finding]:
    from index.snapshots import Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415

    if not settings.database_path.exists():
        return
    rebuild = "`similar-cases index rebuild`"
    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        manifest = snapshots.verify(name) if name else None
    except IndexDamaged as error:
        yield Finding("index", "fail", f"damaged: {error}", f"{rebuild} --force, or `similar-cases index rollback`")
        return
    if manifest is None:
        yield Finding("index", "warn", "no snapshot yet; every start encodes the library again", rebuild)
        return
    with open_library(settings, read_only=True) as store:
        behind = store.cases.revision() - int(manifest.labels["revision"])
    many = behind > settings.delta_limit
    found = f"snapshot {manifest.name}: {manifest.rows} cases, every byte checked, {behind} changes behind"
    yield Finding("index", "warn" if many else "ok", found, rebuild if many else "")


def _model(settings: "Settings") -> Iterator[Finding]:
    from index.snapshots import Snapshots  # noqa: PLC0415
    from index.types import IndexDamaged  # noqa: PLC0415
    from retriever.embedding.canaries import canary_vectors  # noqa: PLC0415
    from retriever.indexing.live import load_view  # noqa: PLC0415
    from retriever.wiring.service import open_encoder  # noqa: PLC0415

    encoder = open_encoder(settings)
    seen = int(canary_vectors(encoder).any(axis=1).sum())
    yield Finding("model", "ok", f"{encoder.name}, {encoder.dim} dims, knows {seen} of 16 canary sentences")
    snapshots = Snapshots(settings.index_dir)
    try:
        name = snapshots.current_name()
        if name:
            load_view(snapshots, name, encoder)
            yield Finding("model and index", "ok", f"snapshot {name} reproduces its canaries with this model")
    except IndexDamaged:
        return  # told by the index check


def _packages(_: "Settings") -> Iterator[Finding]:
    for name, mend in OPTIONAL.items():
        there = find_spec(name) is not None
        yield Finding(
            f"package {name}", "ok", "installed" if there else "not installed (optional)", "" if there else mend
        )


CHECKS: dict[str, Callable[["Settings"], Iterator[Finding]]] = {
    "system": _system,
    "data folder": _folder,
    "library": _library,
    "audit log": _audit,
    "deliveries": _deliveries,
    "index": _index,
    "model": _model,
    "packages": _packages,
}


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    return next(parent for parent in folder.absolute().parents if parent.exists())


def _print(finding: Finding) -> None:
    line = Text(f"{finding.state:<5}", STYLES[finding.state]).append(f"{finding.what}: {finding.found}", "default")
    if finding.mend:
        line.append(f"\n      → {finding.mend}", "default")
    out.print(line)
