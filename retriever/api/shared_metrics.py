"""Metrics of several worker processes as one: each counts in a file of its own, whoever is asked adds them up.

The files lie in a private folder that lives as long as the parent. They hold names, labels and numbers of metrics,
nothing else. A worker takes a place, not a file by its process id: one that takes over from a worker that died goes on
where it stopped, so sums never fall and files never pile up.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import prometheus_client.multiprocess
import prometheus_client.values
from prometheus_client import CollectorRegistry

from retriever.errors import Unavailable

_untyped: Any = prometheus_client
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable by which prometheus-client finds the files."""
_PREFIX = "metrics-"
_OWNER = "owner.lock"
_held: list[IO[str]] = []  # places are held as long as the process lives: the system frees them when it dies


@contextmanager
def shared_folder(data_dir: Path, places: int) -> Iterator[None]:
    """Have processes that start meanwhile count together, so many at a time; what others left behind is swept.

    Raises Unavailable.
    """
    try:
        root = data_dir / "run"
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))  # for nobody else: mode 0700
        owner = _lock(folder / _OWNER)
        for place in range(places):
            (folder / f"{place}.lock").touch()
    except OSError as error:
        raise Unavailable(f"cannot write into {data_dir / 'run'}: {error.strerror or error}.") from error
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)
        if owner is not None:
            owner.close()


def count_together() -> None:
    """Count in the shared folder, if there is one, from now on: to be called before the first metric is made."""
    folder = os.environ.get(FOLDER)
    if not folder or _held:
        return
    for path in sorted(Path(folder).glob("[0-9]*.lock")):
        held = _lock(path)
        if held is not None:
            _held.append(held)
            _untyped.values.ValueClass = _untyped.values.MultiProcessValue(partial(str, path.stem))
            return


def all_metrics(own: CollectorRegistry) -> CollectorRegistry:
    """The metrics of all processes that count together; those of `own` where this process counts alone."""
    if not _held:
        return own
    every = CollectorRegistry()
    _untyped.multiprocess.MultiProcessCollector(every, os.environ[FOLDER])
    return every


def _lock(path: Path) -> IO[str] | None:
    """The open file, locked, or None when another process holds it."""
    stream = path.open("a", encoding="ascii")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return stream


def _sweep(root: Path) -> None:
    """Remove the folders of parents that were killed."""
    for folder in root.glob(f"{_PREFIX}*"):
        owner = _lock(folder / _OWNER) if (folder / _OWNER).exists() else None
        if owner is not None:
            shutil.rmtree(folder, ignore_errors=True)
            owner.close()
