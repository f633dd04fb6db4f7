"""Files that commands write by a name that a person gave: never over what they read, nor over the library itself."""

import os
from collections.abc import Iterable
from pathlib import Path

from retriever.config import Settings
from retriever.errors import InvalidInput
from retriever.ingest.files.streams import STDIN
from retriever.masking.listed import NAMES_FILE


def check_target(target: Path | None, option: str, settings: Settings, *, read: Iterable[Path | None] = ()) -> None:
    """Raises InvalidInput when `target` is one of the files that are `read`, or belongs to the library.

    `option` is what the error calls it. Of a folder that is read, every file is. A file is known by whatever name leads
    to it; one that is not there yet, or is no file on a disk, is none of them.
    """
    if target is None or not target.is_file():
        return
    if any(path and (_is_same(path, target) or _is_below(target, path)) for path in read):
        raise InvalidInput(f"{option}: {target} is read here and would be written over; choose another name.")
    if any(_is_same(path, target) for path in _files_of(settings)) or _is_below(target, settings.index_dir):
        raise InvalidInput(f"{option}: {target} belongs to the library and would be written over; choose another name.")


def _is_same(path: Path, target: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(0) if path == STDIN else path.stat(), target.stat())
    except OSError:  # it is not there, or the standard input is closed
        return False


def _files_of(settings: Settings) -> Iterable[Path]:
    database = settings.database_path
    # With its logs and the files of its audit log.
    yield from database.parent.glob(f"{database.stem}*")
    yield from (settings.calibration_path, settings.data_dir / NAMES_FILE)


def _is_below(target: Path, folder: Path) -> bool:
    return target.resolve().is_relative_to(folder.resolve())
