"""Cross-encoders: models that read a question and a case as one text and say how well they fit. Run by torch."""

import hashlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retriever.embedding.fingerprint import identity_files
from retriever.embedding.folder import ModelFolder, read_json
from retriever.embedding.loading import find_model_folder
from retriever.embedding.transformer.installed import check_installed
from retriever.embedding.transformer.safety import check_weights
from retriever.embedding.transformer.torch_pipeline import bound_threads, first_line, quiet_loading
from retriever.errors import ModelUnavailable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

MAX_TOKENS = 512
"""Question and case together; what is longer is cut at the end of the case."""


class PairEncoder:
    """A loaded cross-encoder; safe to call from many threads, one batch runs at a time."""

    def __init__(self, name: str, model: "CrossEncoder", fingerprint: str) -> None:
        """Take a model with one output and the identity of its files."""
        import torch  # noqa: PLC0415  seconds to import

        self.name = name
        self.fingerprint = fingerprint
        self._model = model
        self._as_it_is = torch.nn.Identity()
        self._lock = threading.Lock()

    def score_pairs(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds that each text answers the question, (len(texts),); unbounded, higher is better."""
        if not texts:
            return np.empty(0)
        with self._lock:
            scores = self._model.predict(
                [(question, text) for text in texts],
                batch_size=len(texts),
                show_progress_bar=False,
                activation_fn=self._as_it_is,
            )
        return np.asarray(scores, np.float64).reshape(len(texts))


def load_cross_encoder(name_or_path: str, *, threads: int = 2, offline: bool = True) -> PairEncoder:
    """The cross-encoder in a folder or the hub's cache, by the rules of embedding models.

    ModelUnavailable when its files are missing or unsafe, or when it has not exactly one output.
    """
    folder = find_model_folder(name_or_path, offline=offline)
    check_installed()
    check_weights(folder)
    _check_kind(folder)
    files = identity_files(folder.path)
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:32]
    return PairEncoder(name_or_path, _load(folder, threads=threads), digest)


def _load(folder: ModelFolder, *, threads: int) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    bound_threads(threads)
    try:
        with quiet_loading():
            model: CrossEncoder = CrossEncoder(
                str(folder.path),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        raise ModelUnavailable(f"the cross-encoder in {folder.path} cannot be loaded: {first_line(error)}") from error
    if model.num_labels != 1:
        raise ModelUnavailable(
            f"the model in {folder.path} gives {model.num_labels} numbers for a pair; a reranker must give one."
        )
    model.max_seq_length = min(model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
    model.eval()
    return model


def _check_kind(folder: ModelFolder) -> None:
    """An embedding model loads as a cross-encoder too, with random weights at its end and no warning."""
    named = read_json(folder.modules[0].folder / "config.json").get("architectures") or ["nothing"]
    if not any(str(name).endswith("ForSequenceClassification") for name in named):
        raise ModelUnavailable(
            f"the model in {folder.path} is no cross-encoder: its config.json names {named[0]}, not a model "
            "…ForSequenceClassification. An embedding model goes into the setting rescore_model."
        )
