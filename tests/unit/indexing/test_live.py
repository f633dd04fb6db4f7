"""The view follows store and snapshots, refuses what it cannot serve, and falls back to what is whole."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.snapshots import Snapshots
from retriever.domain import FloatMatrix
from retriever.errors import Locked, ModelMismatch, SnapshotDamaged
from retriever.indexing.live import Indexing
from retriever.indexing.rebuild import rebuild
from retriever.store import Store, open_store
from tests.support.builders import WordEncoder, make_case

ENCODER = WordEncoder()
PROBLEMS = {
    "jam": "the printer jams on thick paper",
    "refund": "the refund is not on my card",
    "login": "the password reset mail does not arrive",
    "heat": "motor overheats with alarm E-05",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library of four cases."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert([make_case(name, problem) for name, problem in PROBLEMS.items()])
        yield opened


def opened(store: Store, encoder: WordEncoder = ENCODER) -> Indexing:
    """Indexing over the store, loaded."""
    indexing = Indexing(store, encoder, store.path.parent / "index")
    indexing.open()
    return indexing


def build(store: Store, encoder: WordEncoder = ENCODER, *, force: bool = False) -> str:
    """Rebuild; the snapshot's name."""
    return rebuild(store, encoder, store.path.parent / "index", force=force).manifest.name


def nearest(indexing: Indexing, text: str) -> int:
    """Key of the best case for a text by vector."""
    return int(indexing.view().vectors.search(ENCODER.encode_query([text])[0], 1).keys[0])


def test_cases_are_found_before_any_snapshot(store: Store) -> None:
    """An empty index with a full store serves everything from the delta."""
    indexing = opened(store)

    assert len(indexing.view()) == 4
    assert nearest(indexing, "printer jams") == store.cases.get("jam").key


def test_a_rebuild_holds_what_the_delta_held(store: Store) -> None:
    """After a rebuild the same question finds the same case, from the snapshot alone."""
    name = build(store)
    indexing = opened(store)

    assert indexing.view().snapshot_name == name
    assert len(indexing.view().delta) == 0
    assert nearest(indexing, "printer jams") == store.cases.get("jam").key


def test_changes_are_found_at_once(store: Store) -> None:
    """After catching up an added case is found, a changed one by its new text only, a deleted one never."""
    build(store)
    indexing = opened(store)
    store.cases.upsert([make_case("noise", "fan makes a grinding noise"), make_case("jam", "labels peel off")])
    store.cases.delete("refund")
    gone = store.cases.get_many([1, 2, 3, 4]).keys()

    indexing.catch_up()

    view = indexing.view()
    assert nearest(indexing, "grinding noise") == store.cases.get("noise").key
    assert nearest(indexing, "labels peel") == store.cases.get("jam").key
    assert set(view.facets.keys) == {*gone, store.cases.get("noise").key}
    scores = view.vectors.scores(ENCODER.encode_query(["printer jams thick paper"])[0], np.array([1]))
    assert scores[0] < 0.5


def test_drafts_are_not_in_the_index(store: Store) -> None:
    """A draft is not indexed, neither by catching up nor by a rebuild; published it is."""
    store.cases.upsert([make_case("secret", "unreviewed text", status="draft")])
    build(store)
    assert len(opened(store).view()) == 4

    store.cases.upsert([make_case("secret", "unreviewed text", status="published")])

    assert len(opened(store).view()) == 5


def test_poll_takes_a_new_snapshot(store: Store) -> None:
    """A snapshot that another process published is served after the next poll, with the changes after it."""
    build(store)
    indexing = opened(store)
    store.cases.upsert([make_case("noise", "fan makes a grinding noise")])
    name = build(store)
    store.cases.upsert([make_case("smell", "burnt smell from the dryer")])

    indexing.poll()

    assert indexing.view().snapshot_name == name
    assert len(indexing.view()) == 6
    assert len(indexing.view().delta) == 1


def test_rebuild_does_nothing_when_up_to_date(store: Store) -> None:
    """The same revision and model are not built twice, unless forced; a change is."""
    root = store.path.parent / "index"
    assert rebuild(store, ENCODER, root).fresh
    assert not rebuild(store, ENCODER, root).fresh
    assert rebuild(store, ENCODER, root, force=True).manifest.name == "000002"
    store.cases.delete("jam")
    assert rebuild(store, ENCODER, root).fresh


def test_rebuild_encodes_nothing_twice(store: Store) -> None:
    """The second rebuild takes every vector from the cache."""
    build(store)
    encoder = CountingEncoder()
    build(store, encoder, force=True)

    assert encoder.encoded <= 32  # the canaries only, for the snapshot before and for the new one


class CountingEncoder(WordEncoder):
    """The same model, counting what it encodes."""

    def __init__(self) -> None:
        """Count from zero."""
        super().__init__()
        self.encoded = 0

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """Count, then encode."""
        self.encoded += len(texts)
        return super().encode_cases(texts)


def test_another_model_is_refused(store: Store) -> None:
    """A snapshot of another model is not served; the message names the command that mends it."""
    build(store)

    with pytest.raises(ModelMismatch, match="similar-cases index rebuild"):
        opened(store, WordEncoder(salt="other"))


class DriftedEncoder(WordEncoder):
    """Says it is the same model and gives other vectors."""

    def __init__(self) -> None:
        """Keep name and fingerprint of the real one."""
        super().__init__(salt="drift")
        self.name, self.fingerprint = ENCODER.name, ENCODER.fingerprint


def test_a_drifted_model_is_refused(store: Store) -> None:
    """The canaries notice a model whose fingerprint is right and whose vectors are not."""
    build(store)

    with pytest.raises(ModelMismatch, match="canary"):
        opened(store, DriftedEncoder())


@pytest.mark.parametrize("name", ["facets.bin", "words_rows.npy", "canaries.npy", "manifest.json"])
def test_a_damaged_snapshot_falls_back(store: Store, name: str) -> None:
    """With the newest snapshot damaged the one before is served, with all changes since, and the process says so."""
    build(store)
    store.cases.upsert([make_case("noise", "fan makes a grinding noise")])
    snapshots = Snapshots(store.path.parent / "index")
    path = next(snapshots.path(build(store)).rglob(name))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)

    indexing = opened(store)

    assert indexing.view().snapshot_name == "000001"
    assert len(indexing.view()) == 5
    assert "000002" in indexing.problems()[0]
    build(store, force=True)
    indexing.poll()
    assert indexing.problems() == []


def test_nothing_whole_is_an_error(store: Store) -> None:
    """When no snapshot is whole the process refuses to start and says how to mend it."""
    name = build(store)
    (Snapshots(store.path.parent / "index").path(name) / "facets.bin").write_bytes(b"")

    with pytest.raises(SnapshotDamaged, match="index rebuild"):
        opened(store)


def test_one_rebuild_at_a_time(store: Store) -> None:
    """A second rebuild is refused while one runs."""
    with Snapshots(store.path.parent / "index").build_lock(), pytest.raises(Locked):
        build(store)


def test_an_empty_library_can_be_rebuilt(tmp_path: Path) -> None:
    """No case is a library too: it is built, loaded, and found empty."""
    with open_store(tmp_path / "library.sqlite3") as empty:
        build(empty)
        assert len(opened(empty).view()) == 0


def test_progress_counts_up(store: Store) -> None:
    """Each stage reports what is done of how much, and ends at all of it."""
    seen: dict[str, tuple[int, int]] = {}
    rebuild(store, ENCODER, store.path.parent / "index", progress=lambda s, d, t: seen.__setitem__(s, (d, t)))

    assert seen == {"read": (4, 4), "vectors": (4, 4), "check": (4, 4), "publish": (1, 1)}
