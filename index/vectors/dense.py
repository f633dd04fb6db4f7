"""Nearest neighbours by the cosine of centred vectors: the only place that knows FAISS.

Whatever finds the candidates, scores are computed from the stored float32 vectors by one function, so that a case has
the same score however it was found, and equal vectors of one group have equal scores. (Half precision would halve the
file, but numpy widens it so slowly that comparing 512 candidates took three times as long.)

FAISS sees equal vectors once, and its rough order is not trusted where it cannot tell cases apart: as long as many of
the best by exact score come from the second half of what it proposed, there are more of them behind, and it is asked
for four times as many. Libraries of templates need that; others hardly ever do.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import faiss as typed_faiss
import numpy as np

from index.keys import Allowed, KeyArray
from index.rows import Bits, RowArray, RowTable
from index.types import Flags, FloatMatrix, FloatVector, Hits, IndexDamaged, best_hits
from index.vectors.centred import CentredRows, centre, load_rows
from index.vectors.centring import CHUNK, NO_EFFECTS, Centring, Effects, GroupNames, fit_centring
from index.vectors.distinct import Chosen, Distinct, find_distinct
from index.vectors.kinds import Kind, get_kind, kind_for

faiss: Any = typed_faiss  # its stubs know neither keyword arguments nor who owns what
Engine: TypeAlias = Any
"""A FAISS index."""

FORMAT = 4
KEYS_FILE = "dense_keys.npy"
DISTINCT_FILE = "dense_distinct.npy"
ENGINE_FILE = "dense.faiss"
HEADER_FILE = "dense.json"

_TRAINING = 32_768  # 16 centroids for each code need no more
_SEED = 20_240_601
_EXACT_SHARE = 64  # an allowed set smaller than 1/64 of the cases is compared exactly: cheaper than the scan
_EXACT_ROWS = 1_024
_WITNESSES = 32  # best of the candidates that tell whether there were enough
_WIDER = 4  # times as many candidates when there were not enough
_MOST_BYTES = 1 << 35  # a damaged length must not make FAISS ask for all memory
_MOST_LOOPS = 1 << 32
_NO_HITS = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


class DenseIndex:
    """An index over stored vectors; never changes after it was built, so threads may share it.

    Questions are given as `centring.question` makes them.
    """

    def __init__(self, table: RowTable, rows: CentredRows, distinct: Distinct, engine: Engine, kind: Kind) -> None:
        """Use `build_dense` or `load_dense`."""
        self._table = table
        self._rows = rows
        self._rounding = rows.rounding
        self._distinct = distinct
        self._engine = engine
        self._kind = kind

    def __len__(self) -> int:
        return len(self._table)

    @property
    def dim(self) -> int:
        """Length of each vector."""
        return self._rows.dim

    @property
    def kind(self) -> Kind:
        """How it was built."""
        return self._kind

    @property
    def different(self) -> int:
        """How many different vectors there are."""
        return len(self._distinct)

    @property
    def keys(self) -> KeyArray:
        """Every key, ascending."""
        return self._table.keys

    @property
    def vectors(self) -> FloatMatrix:
        """The stored vectors as they were given, in the order of `keys`, (len, dim); not to be written to."""
        return self._rows.vectors

    @property
    def groups(self) -> GroupNames:
        """The group of each, (len,)."""
        return self._rows.names

    @property
    def centring(self) -> Centring:
        """What is taken away of each group."""
        return self._rows.centring

    @property
    def rounding(self) -> float:
        """By how much a score may differ between one way of summing and another."""
        return self._rounding

    def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """The k nearest allowed keys; fewer only if fewer allowed keys exist. Scores are exact.

        A shorter result is the beginning of a longer one up to half of the kind's candidates, as they do not depend
        on k until there.
        """
        if k <= 0 or not len(self):
            return _NO_HITS
        query = self._checked(query)
        width = _width(self._kind.candidates, k)
        if allowed is None:
            return self._nearest(query, k, width, None)
        chosen = self._table.select(allowed)
        if len(chosen.rows) <= max(_EXACT_ROWS, len(self) // _EXACT_SHARE, width):
            return best_hits(self._table.keys[chosen.rows], self._compare(query, chosen.rows), k)
        return self._nearest(query, k, width, self._distinct.choose(chosen))

    def scores(self, query: FloatVector, keys: KeyArray) -> FloatVector:
        """Exact score of each key, in the order given; NaN where a key is not in the index."""
        rows = self._table.find_rows(keys)
        known = rows >= 0
        result = np.full(len(rows), np.nan, np.float32)
        result[known] = self._compare(self._checked(query), rows[known])
        return result

    def of(self, keys: KeyArray) -> FloatMatrix:
        """The centred vector of each key, (n, dim), in the order given; zeros where a key is not in the index."""
        rows = self._table.find_rows(keys)
        found: FloatMatrix = np.zeros((len(keys), self.dim), np.float32)
        found[rows >= 0] = self._rows.unit(rows[rows >= 0])
        return found

    def save(self, directory: Path) -> None:
        """Write the index into an existing directory: vectors, keys, a header, and the scan where there is one."""
        self._rows.save(directory)
        np.save(directory / KEYS_FILE, self._table.keys, allow_pickle=False)
        if self._distinct.numbers is not None:
            np.save(directory / DISTINCT_FILE, self._distinct.numbers, allow_pickle=False)
        if self._kind.family != "exact":
            faiss.write_index(self._engine, os.fspath(directory / ENGINE_FILE))
        header = {"format": FORMAT, "kind": self._kind.name, "rows": len(self), "distinct": len(self._distinct)}
        header["dim"] = self.dim
        (directory / HEADER_FILE).write_text(json.dumps(header) + "\n", encoding="utf-8")

    def _checked(self, query: FloatVector) -> FloatVector:
        query = np.ascontiguousarray(query, np.float32)
        if query.shape != (self.dim,):
            raise ValueError(f"the question's vector has shape {query.shape}, the index has {self.dim} dimensions")
        return query

    def _nearest(self, query: FloatVector, k: int, width: int, chosen: Chosen | None) -> Hits:
        """The k best of as many candidates as it takes, or of all where FAISS cannot tell them apart."""
        available = len(self._distinct) if chosen is None else len(chosen.numbers)
        most_late = self._kind.late
        while width < available:
            candidates = self._propose(query, width, None if chosen is None else chosen.bits)
            scores = self._compare(query, self._distinct.firsts[candidates.numbers])
            if len(scores) < width or (self._kind.family == "exact" and candidates.may_tie(scores, k, self._rounding)):
                break
            if self._kind.family == "exact" or candidates.are_enough(scores, most_late, self._rounding):
                return self._hits(candidates.numbers, scores, k, chosen)
            most_late = min(most_late, 1)  # this question is a hard one
            width *= _WIDER if _WIDER * width < available // _WIDER else available
        if available == len(self):
            return best_hits(self._table.keys, self._compare(query, None), k)
        numbers = np.arange(available) if chosen is None else chosen.numbers
        return self._hits(numbers, self._compare(query, self._distinct.firsts[numbers]), k, chosen)

    def _propose(self, query: FloatVector, width: int, bits: Bits | None) -> "_Candidates":
        """Distinct vectors that the engine finds nearest."""
        selector = None if bits is None else faiss.IDSelectorBitmap(bits)
        if self._kind.family == "exact":
            parameters = faiss.SearchParameters(sel=selector)
        else:
            inner = faiss.SearchParametersIVF(sel=selector, nprobe=1)
            parameters = faiss.SearchParametersPreTransform(index_params=inner)
        # The number of threads belongs to the calling thread; one question is worth one.
        faiss.omp_set_num_threads(1)
        scores, numbers = self._engine.search(query[None], width, params=parameters)
        order = np.argsort(numbers[0])  # what is read in order is read faster
        order = order[numbers[0][order] >= 0]
        return _Candidates(numbers[0][order], scores[0].min(), order >= width // 2)

    def _hits(self, numbers: RowArray, scores: FloatVector, k: int, chosen: Chosen | None) -> Hits:
        """The k best rows of distinct vectors with these scores."""
        if k < len(scores):
            keep = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
            numbers, scores = numbers[keep], scores[keep]
        rows, places = self._distinct.rows_of(numbers, k, None if chosen is None else chosen.rows)
        return best_hits(self._table.keys[rows], scores[places], k)

    def _compare(self, query: FloatVector, rows: RowArray | None) -> FloatVector:
        """Exact scores, of all rows for None."""
        result = np.empty(len(self) if rows is None else len(rows), np.float32)
        for start in range(0, len(result), CHUNK):
            part = slice(start, start + CHUNK)
            result[part] = self._rows.scores(query, part if rows is None else rows[part])
        return result


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """What the engine proposed: numbers ascending, its lowest score, and which are in the second half of its order."""

    numbers: RowArray
    lowest: float
    late: Flags

    def may_tie(self, scores: FloatVector, k: int, rounding: float) -> bool:
        """Whether others may be as near as the k-th best of these; for an engine that compares exactly."""
        kth = len(scores) - min(k, len(scores))
        return bool(np.partition(scores, kth)[kth] <= self.lowest + rounding)

    def are_enough(self, scores: FloatVector, most_late: int, rounding: float) -> bool:
        """Whether hardly any better one was left out. Does not depend on k, so that a top-k begins a longer one."""
        last = len(scores) - min(_WITNESSES, len(scores))
        late = scores[self.late] > np.partition(scores, last)[last] + rounding
        return int(np.count_nonzero(late)) <= most_late


def _width(candidates: int, k: int) -> int:
    """How many candidates to compare exactly: a fixed number for usual k, so that top-k are prefixes of each other."""
    return candidates if k <= candidates // 2 else max(candidates, 4 << (k - 1).bit_length())


def build_dense(
    vectors: FloatMatrix,
    keys: KeyArray,
    *,
    groups: GroupNames | None = None,
    effects: Effects = NO_EFFECTS,
    kind: Kind | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> DenseIndex:
    """Index unit vectors (rows, dim) by ascending keys. `progress` gets the number of vectors done.

    With the group of each row the vectors are centred, by what they show and what is known of the model (`effects`).
    ValueError when shapes do not fit, keys are not ascending, or a value is not finite. Keeps `vectors`; do not write
    to them afterwards. Uses all processors unless `threads` says how many.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    table = RowTable(keys)
    if vectors.ndim != 2 or len(vectors) != len(table):
        raise ValueError(f"{len(table)} keys but vectors of shape {vectors.shape}")
    if groups is not None and groups.shape != (len(table),):
        raise ValueError(f"{len(table)} keys but groups of shape {groups.shape}")
    for start in range(0, len(vectors), CHUNK):
        if not np.isfinite(vectors[start : start + CHUNK]).all():
            raise ValueError("a vector holds a value that is not finite")
    names = np.full(len(table), "", np.object_) if groups is None else groups
    distinct = find_distinct(vectors, np.unique(names.astype(str), return_inverse=True)[1].astype(np.uint16))
    rows = centre(vectors, names, _centring(vectors, groups, effects, distinct))
    kind = kind or kind_for(len(distinct))
    engine = (
        _flat(rows, distinct)
        if kind.family == "exact"
        else _scan(rows, distinct, kind.coded, threads or os.cpu_count() or 1, progress)
    )
    if progress:
        progress(len(table))
    return DenseIndex(table, rows, distinct, engine, kind)


def _centring(vectors: FloatMatrix, groups: GroupNames | None, effects: Effects, distinct: Distinct) -> Centring:
    if groups is None:
        return Centring.none(vectors.shape[1])
    counted = np.zeros(len(vectors), np.bool_)
    counted[distinct.firsts] = True
    return fit_centring(vectors, groups, effects, counted=counted)


def _flat(rows: CentredRows, distinct: Distinct) -> Engine:
    flat = faiss.IndexFlatIP(rows.dim)
    for start in range(0, len(distinct), CHUNK):
        flat.add(rows.unit(distinct.firsts[start : start + CHUNK]))
    return flat


def _scan(
    rows: CentredRows, distinct: Distinct, coded: int, threads: int, progress: Callable[[int], None] | None
) -> Engine:
    """Rotation, then 4-bit codes in a single list: one list is a plain scan, but unlike it takes a filter."""
    dim = rows.dim
    wide = -(-dim // 8) * 8
    rotation = faiss.RandomRotationMatrix(dim, wide)
    rotation.init(_SEED)
    quantizer = faiss.IndexFlatIP(wide)
    codes = faiss.IndexIVFPQFastScan(quantizer, wide, 1, wide // coded, 4, faiss.METRIC_INNER_PRODUCT)
    codes.by_residual = False
    codes.own_fields = True
    quantizer.this.disown()
    engine = faiss.IndexPreTransform(rotation, codes)
    engine.own_fields = True
    rotation.this.disown()
    codes.this.disown()
    chosen = np.random.default_rng(_SEED).permutation(len(distinct))[:_TRAINING]
    # Training is thousands of tiny parallel steps: threads that wait for a busy processor made it fifty times slower.
    faiss.omp_set_num_threads(1)
    engine.train(_training(rows.unit(distinct.firsts[np.sort(chosen)])))
    faiss.omp_set_num_threads(threads)
    try:
        for start in range(0, len(distinct), CHUNK):
            if progress:
                progress(start)
            engine.add(rows.unit(distinct.firsts[start : start + CHUNK]))
    finally:
        faiss.omp_set_num_threads(1)
    return engine


def _training(sample: FloatMatrix) -> FloatMatrix:
    """Enough vectors to train on: a small library is repeated, because FAISS wants more vectors than centroids."""
    if not len(sample):
        raise ValueError("a scan needs at least one vector to learn its codes from: use the exact kind")
    wanted = 16 * 39  # below 39 vectors for each centroid FAISS prints a warning
    return np.tile(sample, (-(-wanted // len(sample)), 1)) if len(sample) < wanted else sample


def load_dense(directory: Path) -> DenseIndex:
    """Map an index that `save` wrote; its vectors stay on disk until they are read. Raises IndexDamaged."""
    try:
        header = json.loads((directory / HEADER_FILE).read_text(encoding="utf-8"))
        if header["format"] != FORMAT:
            raise IndexDamaged(f"dense index has format {header['format']}, this program reads {FORMAT}: rebuild it")
        kind, shape = get_kind(header["kind"]), (header["rows"], header["dim"])
        rows = load_rows(directory)
        table = RowTable(np.load(directory / KEYS_FILE, allow_pickle=False))
        repeated = header["distinct"] != shape[0]
        numbers = np.load(directory / DISTINCT_FILE, allow_pickle=False) if repeated else None
        distinct = Distinct(numbers, shape[0])
    except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError) as error:
        raise IndexDamaged(f"dense index in {directory.name} cannot be read: {error}") from error
    if rows.vectors.shape != shape or len(distinct) != header["distinct"] or len(table) != shape[0]:
        raise IndexDamaged(f"dense index in {directory.name}: vectors, keys and header do not fit together")
    if kind.family == "exact":
        engine = _flat(rows, distinct)
    else:
        engine = _read_engine(directory / ENGINE_FILE, (len(distinct), shape[1]))
    return DenseIndex(table, rows, distinct, engine, kind)


def _read_engine(path: Path, shape: tuple[int, int]) -> Engine:
    faiss.set_deserialization_vector_byte_limit(_MOST_BYTES)
    faiss.set_deserialization_loop_limit(_MOST_LOOPS)
    try:
        engine = faiss.read_index(os.fspath(path))
    except RuntimeError as error:
        raise IndexDamaged(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    if (engine.ntotal, engine.d) != shape:
        raise IndexDamaged(f"{path.name} holds {engine.ntotal} vectors of {engine.d} dimensions, expected {shape}")
    return engine
