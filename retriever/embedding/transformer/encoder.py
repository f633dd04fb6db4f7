"""Transformer models over texts of any length: long texts are split into windows, never cut. Imports no torch."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retriever.domain import FloatMatrix
from retriever.embedding.fingerprint import Identity
from retriever.errors import ModelUnavailable

MAX_BATCH = 64
MAX_BATCH_TOKENS = 4096
"""Padded tokens of one batch: keeps a batch of long windows inside a few hundred MB of activations."""

PAD_TO = 8
"""Lengths are rounded up to a multiple of this, so that compiled graphs see few different shapes."""


class Body(Protocol):
    """What turns token ids into one vector a row: torch, ONNX Runtime or OpenVINO."""

    @property
    def backend(self) -> str:
        """Name for people, for example `openvino`."""
        ...

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> FloatMatrix:
        """Vectors of one padded batch, (rows, model dim); `mask` is 1 on tokens and 0 on padding."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of the text in `row` that fits the model; `tokens` is its weight in the text's vector."""

    row: int
    ids: list[int]
    tokens: int


class TransformerEncoder:
    """An encoder around a tokenizer and a model body; safe to call from many threads, one batch runs at a time."""

    def __init__(self, name: str, tokenizer: Tokenizer, body: Body, identity: Identity, *, pad_id: int) -> None:
        """Take parts that belong together; `identity.max_tokens` is the window, `identity.dim` may cut vectors."""
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._name = name
        self._tokenizer = tokenizer
        self._body = body
        self._identity = identity
        self._fingerprint = identity.digest
        self._pad_id = pad_id
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return self._identity.dim

    @property
    def fingerprint(self) -> str:
        """Identity of everything that decides the vectors."""
        return self._fingerprint

    @property
    def identity(self) -> Identity:
        """What the fingerprint is made of."""
        return self._identity

    @property
    def backend(self) -> str:
        """What computes the vectors."""
        return self._body.backend

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, (len(texts), dim), unit rows; an empty text gives a zero row."""
        return self._encode(texts, self._identity.query_prompt)

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of case problems, (len(texts), dim), unit rows; an empty text gives a zero row."""
        return self._encode(texts, self._identity.case_prompt)

    def _encode(self, texts: Sequence[str], prompt: str) -> FloatMatrix:
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of strings, not one string")
        windows = list(iter_windows(self._tokenizer, texts, prompt, self._identity.max_tokens))
        # neighbours of equal length waste the least padding; the sort is stable, so runs repeat exactly
        windows.sort(key=lambda window: len(window.ids))
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for batch in _iter_batches(windows):
            rows = self._run(batch)
            for window, vector in zip(batch, rows, strict=True):
                vectors[window.row] += window.tokens * vector
        return unit_rows(vectors)

    def _run(self, batch: list[Window]) -> FloatMatrix:
        length = _padded_length(batch[-1], self._identity.max_tokens)
        ids = np.full((len(batch), length), self._pad_id, dtype=np.int64)
        mask = np.zeros((len(batch), length), dtype=np.int64)
        for place, window in enumerate(batch):
            ids[place, : len(window.ids)] = window.ids
            mask[place, : len(window.ids)] = 1
        with self._lock:
            vectors = self._body.run(ids, mask)
        # windows are averaged as directions, so each must have unit length first
        return unit_rows(np.ascontiguousarray(vectors[:, : self.dim], dtype=np.float32))


def iter_windows(tokenizer: Tokenizer, texts: Sequence[str], prompt: str, max_tokens: int) -> Iterator[Window]:
    """The windows of each text, every one with its prompt and special tokens and at most `max_tokens` long."""
    rows = [row for row, text in enumerate(texts) if text.strip()]
    prompted = [prompt + _encodable(texts[row]).strip() for row in rows]
    for row, text, encoding in zip(rows, prompted, tokenizer.encode_batch(prompted), strict=True):
        if len(encoding.ids) <= max_tokens:
            yield Window(row, encoding.ids, max(1, len(encoding.ids)))
            continue
        for ids in _iter_pieces(tokenizer, text, encoding, prompt=prompt, max_tokens=max_tokens):
            yield Window(row, ids, len(ids))


def _iter_pieces(
    tokenizer: Tokenizer, text: str, encoding: Encoding, *, prompt: str, max_tokens: int
) -> Iterator[list[int]]:
    """Ids of the pieces of a text that is too long; a piece that words cut at its border made too long is cut again."""
    pieces = _split(text, encoding, prompt_length=len(prompt), max_tokens=max_tokens)
    for piece in pieces:
        found = tokenizer.encode(prompt + piece)
        if len(found.ids) > max_tokens and len(pieces) > 1:
            yield from _iter_pieces(tokenizer, prompt + piece, found, prompt=prompt, max_tokens=max_tokens)
            continue
        # one letter can have more tokens than the window: only then is something lost
        yield found.ids[:max_tokens]


def _split(text: str, encoding: Encoding, *, prompt_length: int, max_tokens: int) -> list[str]:
    """Cut the text after its prompt into pieces of equally many tokens that leave room for prompt and specials."""
    starts = [
        start
        for (start, _), special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
        if not special and start >= prompt_length
    ]
    overhead = len(encoding.ids) - len(starts)
    # two tokens of room: words cut at a border may be spelt with more tokens
    room = max_tokens - overhead - 2
    if room < 1:
        raise ModelUnavailable(f"the prompt of this model leaves no room in its window of {max_tokens} tokens.")
    count = -(-len(starts) // room)
    cuts = [starts[len(starts) * part // count] for part in range(count)]
    cuts[0] = prompt_length
    pieces = [text[start:stop].strip() for start, stop in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return [piece for piece in pieces if piece]


def _iter_batches(windows: list[Window]) -> Iterator[list[Window]]:
    """Cut windows, sorted by length, into batches bounded in rows and in padded tokens."""
    batch: list[Window] = []
    for window in windows:
        if batch and (len(batch) == MAX_BATCH or (len(batch) + 1) * len(window.ids) > MAX_BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _padded_length(longest: Window, max_tokens: int) -> int:
    return min(max_tokens, -(-len(longest.ids) // PAD_TO) * PAD_TO)


def unit_rows(vectors: FloatMatrix) -> FloatMatrix:
    """Rows at unit length; zero rows stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatMatrix = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return scaled


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer accepts."""
    return text.encode("utf-8", "replace").decode("utf-8")
