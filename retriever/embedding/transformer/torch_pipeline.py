"""The whole pipeline of a sentence-transformers model (body, pooling, dense layers), run by torch."""

import contextlib
import platform
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retriever.domain import FloatMatrix
from retriever.embedding.cards import ModelCard
from retriever.embedding.folder import ModelFolder
from retriever.embedding.transformer.graphs import GraphAbout
from retriever.errors import ModelUnavailable

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

DEFAULT_MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class LoadedPipeline:
    """A model in torch with what is needed around it."""

    model: "SentenceTransformer"
    tokenizer: Tokenizer
    about: GraphAbout


class TorchBody:
    """The pipeline run by torch on the CPU, in bfloat16 if `half`."""

    def __init__(self, model: "SentenceTransformer", *, half: bool) -> None:
        """Take a loaded model; it is converted in place."""
        import torch  # noqa: PLC0415  seconds to import

        self._torch = torch
        self._pipeline = as_module(model.bfloat16() if half else model.float())
        self.backend = "torch-bf16" if half else "torch"

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> FloatMatrix:
        """Vectors of one padded batch."""
        with self._torch.inference_mode():
            vectors = self._pipeline(self._torch.from_numpy(ids), self._torch.from_numpy(mask))
        return np.asarray(vectors.float().numpy(), dtype=np.float32)


def load_pipeline(folder: ModelFolder, card: ModelCard | None, *, threads: int) -> LoadedPipeline:
    """The model in `folder`, on at most `threads` cores. Raises ModelUnavailable."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    bound_threads(threads)
    try:
        with quiet_loading():
            model = SentenceTransformer(
                str(folder.path),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            ).eval()
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        raise ModelUnavailable(f"the model in {folder.path} cannot be loaded: {first_line(error)}") from error
    backend_tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    if not isinstance(backend_tokenizer, Tokenizer):
        raise ModelUnavailable(f"the model in {folder.path} has no fast tokenizer (tokenizer.json), which is needed.")
    about = GraphAbout(
        dim=int(model.get_embedding_dimension() or 0),
        max_tokens=_max_tokens(folder, card, model.max_seq_length),
        pad_id=int(model.tokenizer.pad_token_id or 0),
    )
    # a copy: sentence-transformers switches truncation and padding on in its own
    return LoadedPipeline(model, Tokenizer.from_str(backend_tokenizer.to_str()), about)


def bound_threads(threads: int) -> None:
    """Let torch run on at most this many cores."""
    import torch  # noqa: PLC0415  seconds to import

    torch.set_num_threads(threads)


def as_module(model: "SentenceTransformer") -> "torch.nn.Module":
    """The pipeline as a function of ids and mask, which is what can be traced."""
    import torch  # noqa: PLC0415  seconds to import

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = torch.nn.ModuleList(list(model))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
            for step in self.steps:
                features = step(features)
            return cast(torch.Tensor, features["sentence_embedding"])

    return Pipeline().eval()


def has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; elsewhere it would be slower than float32."""
    if platform.system() != "Linux":
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep progress bars and warnings that only concern library authors off the terminal."""
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415

    chatter: Any = transformers_logging  # its functions carry no types
    before, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        chatter.set_verbosity(before)
        if bars:
            chatter.enable_progress_bar()


def first_line(error: BaseException) -> str:
    """What an error says, without the pages that libraries put behind it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _max_tokens(folder: ModelFolder, card: ModelCard | None, loaded: int | None) -> int:
    limits = [limit for limit in (folder.max_tokens, loaded, card.max_tokens if card else None) if limit]
    # tokenizers without a limit report absurd ones such as 10**30
    return int(min([*limits, 10**6])) if limits else DEFAULT_MAX_TOKENS
