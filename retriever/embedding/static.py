"""The light runtime of static models: a tokenizer and a table of vectors, run by numpy alone. Never imports torch.

The vector of a text is the mean of its tokens' rows at unit length; a row is `embeddings[mapping[id]] * weights[id]`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from tokenizers import Encoding, Tokenizer

from index.lru import LruCache
from index.turns import in_turns
from retriever.domain import FloatMatrix
from retriever.embedding.fingerprint import Identity, hash_files
from retriever.embedding.folder import ModelFolder
from retriever.errors import InvalidSettings, ModelUnavailable

TABLE_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"

CHUNK = 1024
"""Texts tokenised together: enough to keep every core busy, small enough to bound memory."""

QUESTIONS = 16
"""Last texts whose tokens are remembered: more than there are questions in work."""

FEW = 64
"""Texts tokenised one by one: they would be done before the tokenizer's threads got a processor."""

LONG = 8_000
"""Characters of a text from which on the tokenizer must let go of the interpreter, which it does for batches alone."""

BLOCK = 4096
"""Token rows summed at once, so that one huge text cannot take gigabytes."""

_WORD_BEGINS = "\u2581"
_ONE_TO_ONE = re.compile("[!-~\u3001\u3002\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*")
"""Characters that normalisers keep one for one, so that offsets follow from the lengths of tokens."""

Located: TypeAlias = list[tuple[int, int, int]]
"""Token ids of a text, each with its first and one-past-last character."""

TokenTable: TypeAlias = NDArray[np.int8] | NDArray[np.float16] | NDArray[np.float32]


class StaticEncoder:
    """An encoder whose vectors do not depend on the batch: each row is computed by itself, in token order."""

    def __init__(self, name: str, tokenizer: Tokenizer, rows: "TokenRows", identity: Identity) -> None:
        """Take parts that `load_static` has checked."""
        self._name = name
        self._tokenizer = tokenizer
        self._rows = rows
        self._identity = identity
        self._fingerprint = identity.digest
        # A question is encoded whole, then compared piece by piece.
        self._recent: LruCache[str, list[int]] = LruCache(QUESTIONS)

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return self._rows.dim

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
        return "numpy"

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, (len(texts), dim), unit rows; a text without any token gives a zero row."""
        return self._encode(texts, self._identity.query_prompt)

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of case problems, (len(texts), dim), unit rows; a text without any token gives a zero row."""
        return self._encode(texts, self._identity.case_prompt)

    @property
    def rows(self) -> "TokenRows":
        """The vector of each token."""
        return self._rows

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is one token."""
        return self._tokenizer.token_to_id(_WORD_BEGINS + word) is not None

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, without any prompt."""
        result: list[list[int]] = []
        for start in range(0, len(texts), CHUNK):
            result += self._token_ids(list(texts[start : start + CHUNK]))
        return result

    def locate_tokens(self, words: Sequence[str]) -> list[Located]:
        """The tokens of texts without white space; a token that only marks the beginning of a word is left out."""
        encodings = self._encodings([_encodable(word) for word in words])
        text_of = self._tokenizer.id_to_token  # the fast way leaves texts and offsets out
        return [
            _by_lengths(word, encoding.ids, [text_of(token) or "" for token in encoding.ids]) or self._by_offsets(word)
            for word, encoding in zip(words, encodings, strict=True)
        ]

    def _by_offsets(self, word: str) -> Located:
        """What the tokenizer says itself, which takes it five times as long."""
        encoding = self._tokenizer.encode(_encodable(word), add_special_tokens=False)
        found = zip(encoding.ids, encoding.tokens, encoding.offsets, strict=True)
        return [(token, start, end) for token, text, (start, end) in found if text != _WORD_BEGINS]

    def _encode(self, texts: Sequence[str], prompt: str) -> FloatMatrix:
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of strings, not one string")
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            ids = self._token_ids([prompt + text if text.strip() else "" for text in texts[start : start + CHUNK]])
            for row, token_ids in enumerate(in_turns(ids), start=start):
                if token_ids:
                    self._rows.sum_into(vectors[row], token_ids)
        _normalise_rows(vectors)
        return vectors

    def _token_ids(self, texts: list[str]) -> list[list[int]]:
        if len(texts) == 1:
            return [self._recent.get(texts[0], lambda: self._cut(texts)[0])]
        return self._cut(texts)

    def _cut(self, texts: list[str]) -> list[list[int]]:
        try:
            return [encoding.ids for encoding in self._encodings(texts)]
        except (UnicodeEncodeError, TypeError):  # a lone surrogate cannot be UTF-8
            return [encoding.ids for encoding in self._encodings([_encodable(text) for text in texts])]

    def _encodings(self, texts: list[str]) -> list[Encoding]:
        if len(texts) <= FEW and max(map(len, texts), default=0) < LONG:
            return [self._tokenizer.encode(text, add_special_tokens=False) for text in texts]
        return self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)


@dataclass(frozen=True, slots=True)
class TokenRows:
    """One vector per token id: `table[mapping[id]] * weights[id]`, kept small and scaled only when read."""

    table: TokenTable
    weights: NDArray[np.float32]
    mapping: NDArray[np.int64] | None = None

    @property
    def dim(self) -> int:
        """Length of each row."""
        return int(self.table.shape[1])

    def take(self, ids: NDArray[np.int64]) -> FloatMatrix:
        """Float rows of these token ids, (len(ids), dim)."""
        places = ids if self.mapping is None else self.mapping.take(ids)
        scaled: FloatMatrix = self.table.take(places, axis=0) * self.weights.take(ids)[:, None]
        return scaled

    def sum_into(self, out: NDArray[np.float32], token_ids: Sequence[int]) -> None:
        """Write the sum of the rows of `token_ids` to `out`; sum and mean point the same way."""
        ids = np.asarray(token_ids, dtype=np.int64)
        if len(ids) <= BLOCK:
            np.add.reduce(self.take(ids), axis=0, out=out)
            return
        for start in range(0, len(ids), BLOCK):
            out += np.add.reduce(self.take(ids[start : start + BLOCK]), axis=0)


def load_static(folder: ModelFolder, *, name: str, dims: int | None = None) -> StaticEncoder:
    """The static model in `folder`, cut to its first `dims` dimensions if given; ModelUnavailable for bad files."""
    where = folder.static_folder
    tokenizer = _load_tokenizer(where / TOKENIZER_FILE)
    rows = _load_rows(where / TABLE_FILE, vocabulary=tokenizer.get_vocab_size(), dims=dims)
    identity = Identity(
        files=hash_files(where, [where / TABLE_FILE, where / TOKENIZER_FILE]),
        dim=rows.dim,
        pooling="mean",
        query_prompt=folder.query_prompt,
        case_prompt=folder.case_prompt,
    )
    return StaticEncoder(name, tokenizer, rows, identity)


def _load_tokenizer(path: Path) -> Tokenizer:
    if not path.is_file():
        raise ModelUnavailable(f"the model lacks {path.name}; put it into {path.parent}.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the tokenizers library raises nothing narrower
        raise ModelUnavailable(f"{path} cannot be read as a tokenizer: {error}; fetch the model again.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _load_rows(path: Path, *, vocabulary: int, dims: int | None) -> TokenRows:
    if not path.is_file():
        raise ModelUnavailable(f"the model lacks {path.name}; put it into {path.parent}.")
    try:
        with safe_open(path, framework="numpy") as file:
            tensors: dict[str, NDArray[Any]] = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelUnavailable(f"{path} cannot be read: {error}; fetch the model again.") from error
    table = tensors.get("embeddings", tensors.get("embedding.weight"))
    if table is None or table.ndim != 2:
        raise ModelUnavailable(f"{path} holds no table of token vectors (`embeddings`).")
    if dims is not None:
        if not 0 < dims <= table.shape[1]:
            raise InvalidSettings(f"setting dims: {path} gives {table.shape[1]} dimensions, {dims} are asked for.")
        table = np.ascontiguousarray(table[:, :dims])
    mapping = tensors.get("mapping")
    weights = tensors.get("weights")
    tokens = len(table) if mapping is None else len(mapping)
    if weights is None:
        weights = np.ones(tokens, dtype=np.float32)
    if len(weights) < vocabulary or tokens < vocabulary or (mapping is not None and mapping.max() >= len(table)):
        raise ModelUnavailable(f"{path} and the tokenizer beside it do not belong together: {vocabulary} tokens.")
    return TokenRows(
        table=table if table.dtype in (np.int8, np.float16, np.float32) else table.astype(np.float32),
        weights=weights.astype(np.float32),
        mapping=None if mapping is None else mapping.astype(np.int64),
    )


def _normalise_rows(vectors: NDArray[np.float32]) -> None:
    """Cut rows to unit length in place; zero rows stay zero. Row by row, so a row never depends on its neighbours."""
    norms = np.sqrt(np.add.reduce(vectors * vectors, axis=1, keepdims=True))
    np.divide(vectors, norms, out=vectors, where=norms > 0)


def _by_lengths(word: str, ids: list[int], tokens: list[str]) -> Located:
    """Each token where the ones before it end; nothing when that is not certain."""
    length = sum(map(len, tokens))
    if not tokens or not tokens[0].startswith(_WORD_BEGINS) or length != len(word) + 1:
        return []
    if not _ONE_TO_ONE.fullmatch(word):
        return []
    located, at = [], -1
    for token, text in zip(ids, tokens, strict=True):
        if text != _WORD_BEGINS:
            located.append((token, max(at, 0), at + len(text)))
        at += len(text)
    return located


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
