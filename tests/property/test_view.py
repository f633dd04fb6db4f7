"""A view answers like a dictionary of its cases, whatever was added, changed and deleted, and in which order."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from index.delta import Upsert
from index.facets.facets import AnyOf, build_facets
from index.keys import KeySet
from index.parts import IndexParts
from index.pieces import PieceArray, build_pieces
from index.types import FloatVector
from index.vectors.dense import build_dense
from index.vectors.kinds import EXACT, SCAN4
from index.view import View
from index.words.bm25 import build_words
from index.words.postings import count_tokens

DIM = 8
WORDS = ["a", "b", "c", "d", "e"]
POOL = np.random.default_rng(0).standard_normal((64, DIM)).astype(np.float32)
POOL /= np.linalg.norm(POOL, axis=1, keepdims=True)


@dataclass(frozen=True)
class Content:
    """What a case is made of in these tests; `seed` names its vector."""

    seed: int
    tokens: tuple[str, ...]
    product: str

    @property
    def vector(self) -> FloatVector:
        """Its vector, (DIM,)."""
        return np.asarray(POOL[self.seed], np.float32)

    @property
    def pieces(self) -> PieceArray:
        """Its word pieces."""
        return np.arange(self.seed % 4, dtype=np.int32)

    @property
    def facets(self) -> dict[str, tuple[str, ...]]:
        """Its facet values."""
        return {"product": (self.product,)}


contents = st.builds(
    Content, st.integers(0, 63), st.lists(st.sampled_from(WORDS), max_size=5).map(tuple), st.sampled_from("xyz")
)
keys = st.integers(0, 30)
allowed_sets = st.none() | st.sets(keys).map(KeySet)


def segment(cases: dict[int, Content], *, scan: bool = False) -> IndexParts:
    """A snapshot of these cases."""
    order = sorted(cases)
    vectors = np.array([cases[key].vector for key in order], np.float32).reshape(-1, DIM)
    ids = np.array(order, np.int64)
    kind = SCAN4 if scan and order else EXACT
    return IndexParts(
        build_dense(vectors, ids, kind=kind, threads=1),
        build_words(ids, count_tokens(cases[key].tokens for key in order)),
        build_facets((key, cases[key].facets) for key in order),
        build_pieces(ids, [cases[key].pieces for key in order]),
    )


def check_dense(view: View, model: dict[int, Content], question: FloatVector, k: int, allowed: KeySet | None) -> None:
    """Dense hits are the k best live allowed cases, by score and key."""
    inside = [key for key in sorted(model) if allowed is None or key in allowed]
    hits = view.vectors.search(question, k, allowed)
    scores = {key: float(np.vecdot(model[key].vector, question)) for key in inside}

    assert len(hits) == min(k, len(inside))
    assert hits.keys.tolist() == sorted(inside, key=lambda key: (-np.float32(scores[key]), key))[:k]


def check_words(view: View, model: dict[int, Content], tokens: list[str], k: int, allowed: KeySet | None) -> None:
    """Word hits are live allowed cases that share a token, none missing, with the scores that `word_scores` gives."""
    sharing = [
        key for key, case in model.items() if set(case.tokens) & set(tokens) and (allowed is None or key in allowed)
    ]
    hits = view.words.search(tokens, k, allowed)

    assert len(hits) == min(k, len(sharing))
    assert set(hits.keys.tolist()) <= set(sharing)
    assert np.allclose(view.words.scores(tokens, hits.keys), hits.scores, rtol=1e-5)
    assert np.all(hits.scores <= view.words.ceiling(tokens) * (1 + 1e-5))
    everyone = np.array(sorted(model), np.int64)
    assert (view.words.scores(tokens, everyone) > 0).tolist() == [
        bool(set(model[key].tokens) & set(tokens)) for key in sorted(model)
    ]


class ViewMachine(RuleBasedStateMachine):
    """Random upserts, deletions and rebuilds; an older view is kept and must not move."""

    def __init__(self) -> None:
        """Begin with an empty library."""
        super().__init__()
        self.view = View.empty(DIM)
        self.model: dict[int, Content] = {}
        self.old = (self.view, dict(self.model))

    @rule(changes=st.dictionaries(keys, contents, max_size=4), gone=st.sets(keys, max_size=3))
    def change(self, changes: dict[int, Content], gone: set[int]) -> None:
        """Apply one batch; a key that is both changed and deleted is deleted."""
        upserts = [Upsert(key, case.vector, case.tokens, case.facets, case.pieces) for key, case in changes.items()]
        self.view = self.view.with_changes(upserts, gone, revision=self.view.revision + 1)
        self.model = {key: case for key, case in (self.model | changes).items() if key not in gone}

    @rule(scan=st.booleans())
    def rebuild(self, scan: bool) -> None:
        """Fold everything into a new snapshot."""
        self.view = View.over(segment(self.model, scan=scan), snapshot_name="s", revision=self.view.revision)

    @rule()
    def remember(self) -> None:
        """Keep this view to look at later."""
        self.old = (self.view, dict(self.model))

    @rule(seed=st.integers(0, 63), k=st.integers(1, 40), allowed=allowed_sets)
    def ask_dense(self, seed: int, k: int, allowed: KeySet | None) -> None:
        """Nearest neighbours, now and in the remembered view."""
        check_dense(self.view, self.model, POOL[seed], k, allowed)
        check_dense(*self.old, POOL[seed], k, allowed)

    @rule(tokens=st.lists(st.sampled_from([*WORDS, "new"]), max_size=4), k=st.integers(1, 40), allowed=allowed_sets)
    def ask_words(self, tokens: list[str], k: int, allowed: KeySet | None) -> None:
        """Words, now and in the remembered view."""
        check_words(self.view, self.model, tokens, k, allowed)
        check_words(*self.old, tokens, k, allowed)

    @rule(seed=st.integers(0, 63))
    def ask_scores(self, seed: int) -> None:
        """Scores by key are those of the live vectors; NaN for keys that are gone."""
        scores = self.view.vectors.scores(POOL[seed], np.arange(35))
        for key, score in enumerate(scores.tolist()):
            case = self.model.get(key)
            assert np.isnan(score) if case is None else score == np.vecdot(case.vector, POOL[seed])

    @rule(first=st.integers(0, 34))
    def ask_vectors_and_pieces(self, first: int) -> None:
        """Vectors and pieces by key are the live ones, in the order asked; zeros and none for keys that are gone."""
        keys = [*range(first, 35), *range(first)]
        for key, vector in zip(keys, self.view.vectors.of(np.array(keys)), strict=True):
            case = self.model.get(key)
            assert not vector.any() if case is None else (vector == case.vector).all()
        for key, pieces in zip(keys, self.view.pieces.of(np.array(keys)), strict=True):
            assert pieces.tolist() == ([] if key not in self.model else self.model[key].pieces.tolist())

    @invariant()
    def facets_and_keys_agree(self) -> None:
        """Keys, size, filters and counts are those of the model."""
        for view, model in ((self.view, self.model), self.old):
            assert set(view.facets.keys) == set(model)
            assert len(view) == len(model)
            wanted = {key for key, case in model.items() if case.product in "xy"}
            found = view.facets.allowed([AnyOf("product", ("x", "y"))])
            assert (set(model) if found is None else set(found)) == wanted
            products = [case.product for case in model.values()]
            assert view.facets.counts("product") == {v: products.count(v) for v in "xyz" if v in products}
            asked = np.arange(32)
            has = [key in model and model[key].product == "x" for key in range(32)]
            assert view.facets.has("product", "x", asked).tolist() == has


TestViewMachine = ViewMachine.TestCase
TestViewMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@given(st.sets(st.integers(0, 199), min_size=60, max_size=190))
@settings(max_examples=15, deadline=None)
def test_k_come_back_though_the_best_were_deleted(gone: set[int]) -> None:
    """However many of the nearest cases were deleted since the snapshot, the k nearest others come back."""
    rng = np.random.default_rng(1)
    cases = {key: Content(int(rng.integers(0, 64)), ("a", *rng.choice(WORDS, 2)), "x") for key in range(200)}
    view = View.over(segment(cases), snapshot_name="s", revision=1).with_changes([], gone, revision=2)
    left = {key: case for key, case in cases.items() if key not in gone}

    check_dense(view, left, POOL[3], 10, None)
    check_words(view, left, ["a"], 10, None)
    check_dense(view, left, POOL[3], 10, KeySet(range(0, 200, 2)))
