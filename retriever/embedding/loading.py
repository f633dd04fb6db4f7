"""From a model's name to an encoder: the built-in one, a folder, or a hub id. Downloads only when told to."""

import os
import re
from pathlib import Path
from typing import Literal, TypeAlias

from retriever.domain import Encoder
from retriever.embedding.cards import BUILTIN, find_card
from retriever.embedding.folder import ModelFolder, read_model_folder
from retriever.embedding.static import TABLE_FILE, load_static
from retriever.errors import ModelUnavailable

BackendChoice: TypeAlias = Literal["auto", "torch", "torch-fp32", "onnx", "openvino", "onnx-int8", "openvino-int8"]

BUILTIN_FOLDER = Path(__file__).parent / "builtin"

# Only what our runtimes read: never pickles, never code, never weights converted by somebody else.
HUB_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
HUB_IGNORED = ("onnx/*", "openvino/*", "*.py", "*.bin", "*.pt", "*.ckpt", "*.h5", "*.msgpack")
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")


def load_encoder(
    name_or_path: str,
    *,
    backend: BackendChoice = "auto",
    dims: int | None = None,
    threads: int = 2,
    offline: bool = True,
    revision: str | None = None,
) -> Encoder:
    """The encoder called `name_or_path`; ModelUnavailable says what to install or where to put which files.

    `dims` cuts vectors to their first dimensions; `revision` pins a hub model; `offline=False` allows a download.
    """
    card = find_card(name_or_path)
    if card is not None and card.needs_remote_code and not Path(name_or_path).expanduser().is_dir():
        raise ModelUnavailable(
            f"{card.hub_id} only runs with program code from its repository, which this service never executes; "
            f"see `similar-cases model list` for models that need none."
        )
    folder = find_model_folder(name_or_path, offline=offline, revision=revision)
    if folder.is_static:
        _bound_tokenizer_threads(threads)
        return load_static(folder, name=name_or_path, dims=dims)
    from retriever.embedding.transformer import load_transformer  # noqa: PLC0415  costs seconds, static models pay none

    return load_transformer(folder, name=name_or_path, card=card, backend=backend, dims=dims, threads=threads)


def find_model_folder(name_or_path: str, *, offline: bool = True, revision: str | None = None) -> ModelFolder:
    """Describe the model of this name; ModelUnavailable when its files are nowhere to be found."""
    if name_or_path == BUILTIN:
        if not (BUILTIN_FOLDER / TABLE_FILE).is_file():
            raise ModelUnavailable(
                f"the built-in model is missing from this installation ({BUILTIN_FOLDER}); install the package again."
            )
        return read_model_folder(BUILTIN_FOLDER)
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return read_model_folder(path)
    card = find_card(name_or_path)
    hub_id = card.hub_id if card is not None and "/" not in name_or_path else name_or_path
    if not _HUB_ID.fullmatch(hub_id):
        raise ModelUnavailable(
            f"there is no model {name_or_path!r}: neither `builtin`, nor a folder, nor a hub id like `owner/name`."
        )
    return read_model_folder(_find_hub_folder(hub_id, offline=offline, revision=revision))


def _find_hub_folder(hub_id: str, *, offline: bool, revision: str | None) -> Path:
    """The snapshot folder of a hub model, from the local cache or, if allowed, from the hub."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415  a third of a second that local models need not pay
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        folder = snapshot_download(
            hub_id,
            revision=revision or None,
            local_files_only=offline,
            allow_patterns=list(HUB_FILES),
            ignore_patterns=list(HUB_IGNORED),
        )
    except (LocalEntryNotFoundError, FileNotFoundError) as error:
        raise ModelUnavailable(_not_here(hub_id, revision)) from error
    except (HfHubHTTPError, OSError) as error:
        raise ModelUnavailable(f"{hub_id} could not be downloaded: {error}") from error
    return Path(folder)


def _not_here(hub_id: str, revision: str | None) -> str:
    at = f" at revision {revision}" if revision else ""
    return (
        f"the files of {hub_id}{at} are not on this machine. Either allow the download (`allow_download = true`), or "
        "copy its *.json, *.txt, tokenizer and *.safetensors files into a folder and give that folder as the model."
    )


def _bound_tokenizer_threads(threads: int) -> None:
    # The tokenizer's thread pool reads this once, when it first runs; a value the operator set stays.
    os.environ.setdefault("RAYON_NUM_THREADS", str(threads))
