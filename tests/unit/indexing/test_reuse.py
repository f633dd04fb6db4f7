"""A rebuild takes over what it can trust of the last snapshot, and reads every case at any doubt."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from index.manifest import hash_files, read_manifest, write_manifest
from index.snapshots import Snapshots
from retriever.domain import Change, StoredCase
from retriever.errors import ModelMismatch
from retriever.indexing.live import Indexing
from retriever.indexing.rebuild import rebuild
from retriever.store import Store, open_store
from tests.support.builders import WordEncoder, make_case

ENCODER = WordEncoder(16)


class Watched:
    """A library that notes whether a rebuild reads all cases."""

    def __init__(self, store: Store) -> None:
        """Nothing read yet."""
        self._store = store
        self.all_read = False

    @property
    def cases(self) -> Self:
        """This stands before the cases."""
        return self

    def __getattr__(self, name: str) -> object:
        """Everything else is the store's, or its cases'."""
        return getattr(self._store.cases, name, None) or getattr(self._store, name)

    def iter(self, *, batch: int) -> Iterator[StoredCase]:
        """All cases."""
        self.all_read = True
        return self._store.cases.iter(batch=batch)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library of four cases with an index."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert([make_case(f"c{n}", f"problem {n} of the printer") for n in range(4)])
        rebuild(opened, ENCODER, tmp_path / "index")
        yield opened


def reads_all(store: Store, encoder: WordEncoder = ENCODER, *, full: bool = False) -> bool:
    """Whether a rebuild reads every case; the snapshot holds all of them either way."""
    library = Watched(store)
    made = rebuild(library, encoder, store.path.parent / "index", force=True, full=full)  # type: ignore[arg-type]
    assert made.manifest.rows == sum(1 for _ in store.cases.iter())
    return library.all_read


def snapshot(store: Store) -> Path:
    """Folder of the current snapshot."""
    snapshots = Snapshots(store.path.parent / "index")
    return snapshots.path(str(snapshots.current_name()))


def signed_again(folder: Path, labels: dict[str, str]) -> None:
    """Make the manifest fit what was changed in the folder; a label of "" is taken out."""
    manifest = read_manifest(folder)
    labels = {name: value for name, value in ({**manifest.labels} | labels).items() if value}
    write_manifest(folder, replace(manifest, labels=labels, files=hash_files(folder)))


def test_only_changed_cases_are_read(store: Store) -> None:
    """After some writes a rebuild asks for these cases alone."""
    store.cases.upsert([make_case("c1", "another problem"), make_case("new", "a new problem")])
    store.cases.delete("c2")

    assert not reads_all(store)


def test_full_reads_every_case(store: Store) -> None:
    """With `full` the last snapshot is not looked at, and an index that is up to date is built all the same."""
    assert reads_all(store, full=True)


def test_another_model_reads_every_case(store: Store) -> None:
    """Vectors of another model are of no use."""
    assert reads_all(store, WordEncoder(16, salt="other"))


def test_a_damaged_snapshot_is_not_taken_over(store: Store) -> None:
    """One wrong byte, and every case is read."""
    path = snapshot(store) / "words_times.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")

    assert reads_all(store)


@pytest.mark.parametrize("missing", ["words_times.npy", "words_lengths.npy"])
def test_a_snapshot_of_an_earlier_program_is_not_taken_over(store: Store, missing: str) -> None:
    """A snapshot that lacks what later programs write down is served, and read over at the next rebuild."""
    (snapshot(store) / missing).unlink(missing_ok=True)
    signed_again(snapshot(store), {missing: ""})
    indexing = Indexing(store, ENCODER, store.path.parent / "index")
    indexing.open()
    served = len(indexing.view()), len(indexing.view().delta)

    assert served == (4, 0)
    assert reads_all(store)
    assert not reads_all(store)


@pytest.mark.parametrize("version", ["0", ""])
def test_other_facets_are_not_taken_over(store: Store, version: str) -> None:
    """When facets are computed otherwise, as by the first programs, which noted no version, a snapshot is refused with
    the command that mends it, and built anew."""
    signed_again(snapshot(store), {"facets_version": version})

    with pytest.raises(ModelMismatch, match="facets_version"):
        Indexing(store, ENCODER, store.path.parent / "index").open()
    assert reads_all(store)


@pytest.mark.parametrize("version", ["1 0123456789abcdef", ""])
def test_what_was_centred_otherwise_is_not_taken_over(store: Store, version: str) -> None:
    """By other means, or not at all, as before there was centring: refused, and built anew."""
    signed_again(snapshot(store), {"centring": version})

    with pytest.raises(ModelMismatch, match="centring"):
        Indexing(store, ENCODER, store.path.parent / "index").open()
    assert reads_all(store)


def test_other_groups_are_not_taken_over(store: Store) -> None:
    """Same words, same keys, another language: the sampled cases tell."""
    described = snapshot(store) / "centring.json"
    described.write_text(described.read_text(encoding="utf-8").replace('"en"', '"de"'), encoding="utf-8")
    signed_again(snapshot(store), {})

    assert reads_all(store)


def test_the_index_of_another_library_is_not_taken_over(store: Store, tmp_path: Path) -> None:
    """Same keys, same revision, other texts: the sampled cases tell."""
    (tmp_path / "elsewhere").mkdir()
    with open_store(tmp_path / "elsewhere" / "library.sqlite3") as other:
        other.cases.upsert([make_case(f"c{n}", f"the refund of order {n} is late by a week") for n in range(4)])
        shutil.copytree(tmp_path / "index", tmp_path / "elsewhere" / "index")

        assert reads_all(other)


@pytest.mark.parametrize("sample", [200, 0])
def test_a_case_that_vanished_without_a_change_is_noticed(
    store: Store, monkeypatch: pytest.MonkeyPatch, sample: int
) -> None:
    """A row that somebody took out of the database is in no new snapshot, even if it was not among the sampled."""
    monkeypatch.setattr("retriever.indexing.reuse.SAMPLE", sample)
    with sqlite3.connect(store.path) as database:
        database.execute("DELETE FROM cases WHERE id = 'c1'")

    assert reads_all(store)


def test_a_vanished_case_is_noticed_though_the_number_is_right(store: Store) -> None:
    """One case lost and another added behind the library's back: the sampled cases tell."""
    store.cases.upsert([make_case("d", "a draft", status="draft")])
    rebuild(store, ENCODER, store.path.parent / "index")
    with sqlite3.connect(store.path) as database:
        database.execute("DELETE FROM cases WHERE id = 'c1'")
        database.execute("UPDATE cases SET status = 'published' WHERE id = 'd'")
    library = Watched(store)

    rebuild(library, ENCODER, store.path.parent / "index", force=True)  # type: ignore[arg-type]

    assert library.all_read


def test_a_case_that_becomes_a_draft_leaves_the_index(store: Store) -> None:
    """A changed case is taken in only if searches may find it."""
    store.cases.upsert([make_case("c1", "not reviewed any more", status="draft")])
    library = Watched(store)

    made = rebuild(library, ENCODER, store.path.parent / "index")  # type: ignore[arg-type]

    assert (library.all_read, made.manifest.rows) == (False, 3)


def test_a_write_in_the_middle_comes_with_the_changes_after(store: Store) -> None:
    """A case written while a rebuild reads is found in its new state, whatever the snapshot holds of it."""
    store.cases.upsert([make_case("c1", "the first change")])
    during = Interrupted(store)
    rebuild(during, ENCODER, store.path.parent / "index")  # type: ignore[arg-type]

    indexing = Indexing(store, ENCODER, store.path.parent / "index")
    indexing.open()

    best = indexing.view().vectors.search(ENCODER.encode_query(["labels peel off"])[0], 1)
    assert not during.all_read
    assert best.keys.tolist() == [store.cases.get("c2").key]
    assert len(indexing.view()) == 3


class Interrupted(Watched):
    """Somebody writes as soon as the changes were asked for."""

    def changes_since(self, revision: int) -> list[Change]:
        """The changes; then one case changes and one goes."""
        changes = self._store.cases.changes_since(revision)
        self._store.cases.upsert([make_case("c2", "labels peel off")])
        self._store.cases.delete("c3")
        return changes
