"""From a model's name to an encoder: one of a package, a folder, or a hub id. Downloads only when told to."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from retriever.domain import Encoder, Progress
from retriever.embedding.cards import BUILTIN, DEEP, NAMES, find_card
from retriever.embedding.folder import ModelFolder, read_model_folder
from retriever.embedding.static import TABLE_FILE, StaticEncoder, load_static
from retriever.embedding.transformer.packaged import find_packaged
from retriever.errors import ModelUnavailable

BackendChoice: TypeAlias = Literal["auto", "torch", "torch-fp32", "onnx", "openvino", "onnx-int8", "openvino-int8"]

BUILTIN_FOLDER = Path(__file__).parent / "builtin"

# Only what our runtimes read: never pickles, never code, never weights converted by somebody else.
HUB_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
HUB_IGNORED = ("onnx/*", "openvino/*", "*.py", "*.bin", "*.pt", "*.ckpt", "*.h5", "*.msgpack")
_HUB_ID = re.compile(r"(\w[\w.-]*/\w[\w.-]*)(?:@([\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def load_encoder(
    name_or_path: str,
    *,
    backend: BackendChoice = "auto",
    dims: int | None = None,
    threads: int = 2,
    offline: bool = True,
    revision: str | None = None,
    progress: Progress | None = None,
) -> Encoder:
    """The encoder called `name_or_path`; ModelUnavailable says what to install or where to put which files.

    `dims` cuts vectors to their first dimensions; `revision` pins a hub model like `owner/name@revision` does;
    `offline=False` allows the download of a missing model whose revision is a commit; `progress` is told how far the
    model `deep` is made ready, which happens once.
    """
    folder = find_model_folder(name_or_path, offline=offline, revision=revision)
    _bound_tokenizer_threads(threads)
    name = _named(name_or_path, revision)
    if name == BUILTIN and dims is None:
        return load_builtin()
    if folder.is_static:
        return load_static(folder, name=name, dims=dims)
    from retriever.embedding.transformer.load import load_transformer  # noqa: PLC0415  costs seconds, static models pay none

    card = find_card(split_revision(name)[0])
    return load_transformer(
        folder, name=name, card=card, backend=backend, dims=dims, threads=threads, progress=progress
    )


def load_builtin() -> StaticEncoder:
    """The built-in model, one for the whole process: it only reads. Raises ModelUnavailable."""
    return _load_builtin(find_model_folder(BUILTIN).path)


@lru_cache(maxsize=1)
def _load_builtin(path: Path) -> StaticEncoder:
    return load_static(read_model_folder(path), name=BUILTIN)


def find_model_folder(name_or_path: str, *, offline: bool = True, revision: str | None = None) -> ModelFolder:
    """Describe the model of this name; ModelUnavailable when its files are not to be found, or need foreign code."""
    if name_or_path == BUILTIN:
        if not (BUILTIN_FOLDER / TABLE_FILE).is_file():
            raise ModelUnavailable(
                f"the built-in model is missing from this installation ({BUILTIN_FOLDER}); install the package again."
            )
        return read_model_folder(BUILTIN_FOLDER)
    if name_or_path == DEEP:
        return find_packaged()
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return read_model_folder(path)
    hub_id, wanted = _hub_id(name_or_path, revision)
    local = _find_hub_folder(hub_id, wanted)
    if local is None and not offline:
        local = _download_pinned(hub_id, wanted)
    if local is None:
        raise ModelUnavailable(_not_here(hub_id, wanted))
    return read_model_folder(local)


def pinned_name(name_or_path: str, *, revision: str | None = None) -> str:
    """A name that means the same model tomorrow: `builtin`, `deep`, an absolute folder, or `owner/name@commit`.

    Raises ModelUnavailable when the model is not on this machine.
    """
    if name_or_path in NAMES:
        find_model_folder(name_or_path)
        return name_or_path
    if Path(name_or_path).expanduser().is_dir():
        return _named(name_or_path, revision)
    hub_id, wanted = _hub_id(name_or_path, revision)
    folder = find_model_folder(name_or_path, revision=revision).path
    return f"{hub_id}@{folder.name}" if _COMMIT.fullmatch(folder.name) else _named(hub_id, wanted)


def download_model(name: str, *, revision: str | None = None) -> str:
    """Fetch the safe files of a hub model into the hub's own cache; its pinned name, `owner/name@commit`.

    Without a revision the newest is taken, once: the name that comes back keeps to it. Raises ModelUnavailable.
    """
    hub_id, wanted = _hub_id(name, revision)
    folder = _download(hub_id, wanted)
    described = read_model_folder(folder)
    if not list(described.modules[0].folder.glob("*.safetensors")):
        raise ModelUnavailable(f"{hub_id} offers no *.safetensors weights at this revision, and nothing else is read.")
    return f"{hub_id}@{folder.name}"


def split_revision(name: str) -> tuple[str, str]:
    """`owner/name@revision` in two; the revision is empty when none is named, and for anything but hub ids."""
    found = _HUB_ID.fullmatch(name)
    return (found[1], found[2] or "") if found else (name, "")


def _hub_id(name: str, revision: str | None) -> tuple[str, str]:
    """The hub id that `name` means and the revision wanted of it, empty for whichever is here."""
    if name in NAMES:
        raise ModelUnavailable(f"the model {name} comes with an installed package and is not downloaded.")
    plain, pinned = split_revision(name)
    card = find_card(plain)
    if card is not None and card.needs_remote_code:
        raise ModelUnavailable(
            f"{card.hub_id} only runs with program code from its repository, which this service never executes; "
            f"see `similar-cases model list` for models that need none."
        )
    hub_id = card.hub_id if card is not None and "/" not in plain else plain
    if not _HUB_ID.fullmatch(hub_id):
        raise ModelUnavailable(
            f"there is no model {name!r}: neither `builtin`, nor `deep`, nor a folder, nor a hub id like `owner/name`."
        )
    return hub_id, pinned or revision or ""


def _named(name: str, revision: str | None) -> str:
    """A folder by its whole path, so that it means the same from elsewhere; a hub id with the revision that pins it."""
    path = Path(name).expanduser()
    if name not in NAMES and path.is_dir():
        return str(path.resolve())
    lacks_it = _HUB_ID.fullmatch(name) and not split_revision(name)[1]
    return f"{name}@{revision}" if revision and lacks_it else name


def _find_hub_folder(hub_id: str, revision: str) -> Path | None:
    """The whole snapshot of a hub model in the hub's cache on this machine, None when it is not there."""
    try:
        return _snapshot(hub_id, revision, local_files_only=True)
    except OSError:  # the hub's library raises kinds of FileNotFoundError
        return None


def _download_pinned(hub_id: str, revision: str) -> Path:
    if not _COMMIT.fullmatch(revision):
        raise ModelUnavailable(
            f"{hub_id} is not on this machine, and only a pinned revision is downloaded by itself. Run `similar-cases "
            f"model download {hub_id}` and use the name it prints, or name a commit: {hub_id}@<40 hex digits>."
        )
    return _download(hub_id, revision)


def _download(hub_id: str, revision: str) -> Path:
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        return _snapshot(hub_id, revision, local_files_only=False)
    except (HfHubHTTPError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelUnavailable(f"{hub_id} could not be downloaded: {reason}") from error


def _snapshot(hub_id: str, revision: str, *, local_files_only: bool) -> Path:
    # Asking for a model must not tell anybody about anything else; the library reads this when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download  # noqa: PLC0415  a third of a second that local models need not pay

    folder = snapshot_download(
        hub_id,
        revision=revision or None,
        local_files_only=local_files_only,
        allow_patterns=list(HUB_FILES),
        ignore_patterns=list(HUB_IGNORED),
    )
    return Path(folder)


def _not_here(hub_id: str, revision: str) -> str:
    at = f" at revision {revision}" if revision else ""
    name = f"{hub_id}@{revision}" if revision else hub_id
    return (
        f"the files of {hub_id}{at} are not on this machine. Either run `similar-cases model download {name}`, or "
        "copy its *.json, *.txt, tokenizer and *.safetensors files into a folder and give that folder as the model."
    )


def _bound_tokenizer_threads(threads: int) -> None:
    # The tokenizer's thread pool reads this once, when it first runs; a value the operator set stays.
    os.environ.setdefault("RAYON_NUM_THREADS", str(threads))
