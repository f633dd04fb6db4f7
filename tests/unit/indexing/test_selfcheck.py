"""A new index is asked for cases it must find; a library that a fast kind does not serve gets the exact one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from index.keys import Allowed, KeyArray
from index.snapshots import Snapshots
from index.types import FloatMatrix, FloatVector, Hits
from index.vectors.centring import Effects
from index.vectors.dense import DenseIndex, build_dense
from index.vectors.kinds import EXACT, SCAN4, Kind
from retriever.errors import SnapshotDamaged
from retriever.indexing.live import load_view
from retriever.indexing.rebuild import rebuild
from retriever.indexing.selfcheck import TOP, find_fault
from retriever.store import Store, open_store
from tests.support.builders import WordEncoder, make_case

ENCODER = WordEncoder(16)
BUILD = "retriever.indexing.rebuild.build_dense"


class Blind:
    """An index that does not see some of its cases."""

    def __init__(self, index: DenseIndex, hidden: int) -> None:
        """Hide the best so many of every answer."""
        self._index, self._hidden = index, hidden

    def __len__(self) -> int:
        return len(self._index)

    def __getattr__(self, name: str) -> object:
        """Everything else is the index's."""
        return getattr(self._index, name)

    def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
        """What comes behind the hidden ones."""
        found = self._index.search(query, k + self._hidden, allowed)
        return Hits(found.keys[self._hidden :], found.scores[self._hidden :])


def vectors(rows: int) -> np.ndarray:
    """Unit vectors without a pattern."""
    made = np.random.default_rng(3).standard_normal((rows, 16)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library of a dozen cases."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert([make_case(f"c{n}", f"problem {n} of printer {n * 7}") for n in range(12)])
        yield opened


@pytest.mark.parametrize("copies", [1, 400])
@pytest.mark.parametrize("kind", [EXACT, SCAN4])
def test_a_sound_index_has_no_fault(kind: Kind, copies: int) -> None:
    """Also one in which most cases are the same, and one with cases of no known word."""
    some = vectors(500)
    some[:copies] = some[0]
    some[-3:] = 0
    asked: list[tuple[int, int]] = []

    assert find_fault(build_dense(some, np.arange(500), kind=kind), lambda done, of: asked.append((done, of))) is None
    assert asked[-1][0] == asked[-1][1] >= 197


@pytest.mark.parametrize("differ", [0, 1e-5, 1e-3, 0.1])
@pytest.mark.parametrize("kind", [EXACT, SCAN4])
def test_cases_that_are_all_but_their_mean_are_no_fault(kind: Kind, differ: float) -> None:
    """Thousands of copies of a text lie where their mean lies: what is left of them is little more than rounding."""
    near = vectors(3_000)[:1] + differ * vectors(3_000)
    own = np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), np.float32)
    groups = np.full(3_000, "en", np.object_)
    index = build_dense(own, np.arange(3_000), groups=groups, effects=Effects({}, 0.75), kind=kind, threads=1)

    assert find_fault(index, lambda _done, _of: None) is None


def test_a_case_that_does_not_find_itself_is_named() -> None:
    """By its key."""
    index = build_dense(vectors(300), np.arange(300) + 40, kind=EXACT)
    fault = find_fault(Blind(index, 1), lambda _done, _of: None)  # type: ignore[arg-type]

    assert fault is not None
    assert 40 <= fault.key < 340
    assert fault.what == "does not find itself"


def test_low_recall_names_the_worst_case() -> None:
    """With what it finds and what was expected."""
    index = build_dense(vectors(300), np.arange(300), kind=EXACT)

    class Forgetful(Blind):
        """Sees itself and the farther half."""

        def search(self, query: FloatVector, k: int, allowed: Allowed = None) -> Hits:
            """Nine of ten are wrong."""
            found = self._index.search(query, 150 + k, allowed)
            keep = [0, *range(150, 149 + k)]
            return Hits(found.keys[keep], found.scores[keep])

    fault = find_fault(Forgetful(index, 0), lambda _done, _of: None)  # type: ignore[arg-type]

    assert fault is not None
    assert fault.what.startswith(f"finds 10% of its {TOP} nearest (mean of 200 cases 0.1")


def test_the_exact_kind_stands_in_for_one_that_fails(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rebuild publishes an exact index, and says which case of which kind was the reason."""

    def build(vectors: FloatMatrix, keys: KeyArray, *, kind: Kind | None, **_more: object) -> DenseIndex | Blind:
        return build_dense(vectors, keys, kind=EXACT) if kind else Blind(build_dense(vectors, keys, kind=SCAN4), 1)

    monkeypatch.setattr(BUILD, build)
    with capture_logs() as logs:
        made = rebuild(store, ENCODER, tmp_path / "index")

    assert made.manifest.kind == "exact"
    assert "does not find itself in an index of kind scan4" in made.exact_because
    assert made.exact_because.split()[1] in {f"c{n}" for n in range(12)}
    assert [line["reason"] for line in logs if line["event"] == "vector_index_not_used"] == [made.exact_because]
    assert len(load_view(Snapshots(tmp_path / "index"), made.manifest.name, ENCODER)) == 12
    assert not rebuild(store, ENCODER, tmp_path / "index").fresh


def test_an_exact_index_that_fails_is_not_published(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the case by its id, and the snapshot before stays."""
    before = rebuild(store, ENCODER, tmp_path / "index").manifest.name
    monkeypatch.setattr(BUILD, lambda vectors, keys, **_more: Blind(build_dense(vectors, keys), 1))

    with pytest.raises(SnapshotDamaged, match=r"self-check failed: case c\d+ does not find itself in an index of kind"):
        rebuild(store, ENCODER, tmp_path / "index", force=True)
    assert Snapshots(tmp_path / "index").current_name() == before
