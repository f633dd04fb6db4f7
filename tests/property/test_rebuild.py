"""A rebuild that takes over unchanged cases gives, byte by byte, the snapshot of a rebuild that reads every case."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from index.manifest import FileEntry
from retriever.domain import StoredCase
from retriever.indexing.rebuild import rebuild
from retriever.store import Store, open_store
from tests.support.builders import WordEncoder, make_case

ENCODER = WordEncoder(16)
# The last two have one CRC-32: two words under one hash.
WORDS = st.sampled_from(["printer", "refund", "login", "E-05", "发票", "customs", "plumless", "buckeroo"])
IDS = st.sampled_from([f"c{n}" for n in range(12)])
CASES = st.fixed_dictionaries(
    {
        "problem": st.lists(WORDS, min_size=1, max_size=6).map(" ".join),
        "status": st.sampled_from(["published", "published", "historical", "draft"]),
        "tags": st.lists(WORDS, max_size=2, unique=True),
        "language": st.sampled_from(["en", "en", "zh-Hans", "zh-Hant", "de", ""]),
        "product": st.sampled_from(["", "Router X"]),
        "category": st.sampled_from(["", "a", "a/b", "a/c"]),
        "resolved_at": st.sampled_from(
            ["", "2024-05-01T10:00:00Z", "2024-05-01T10:00:00.250Z", "2023-01-31T00:00:00Z"]
        ),
        "audience": st.sampled_from([[], ["emea"]]),
    }
)
WRITES = st.lists(st.tuples(IDS, st.none() | CASES), max_size=10)
"""Cases written, or deleted where there is None."""


class OnlyChanges:
    """The library for a rebuild that may read single cases and never all of them."""

    def __init__(self, store: Store) -> None:
        """Stand before this store."""
        self._store = store

    @property
    def cases(self) -> Any:  # noqa: ANN401
        """This stands before the cases."""
        return self

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Everything else is the store's, or its cases'."""
        return getattr(self._store.cases, name, None) or getattr(self._store, name)

    def iter(self, *, batch: int) -> Iterator[StoredCase]:
        """Never asked for."""
        raise AssertionError(f"all cases were read, {batch} at a time")


def write(store: Store, writes: list[tuple[str, dict[str, Any] | None]]) -> None:
    """Apply these writes one after the other."""
    for id, fields in writes:
        if fields is not None:
            store.cases.upsert([make_case(id, **fields)])
        elif store.cases.find(id) is not None:
            store.cases.delete(id)


def merged(store: Store, root: Path) -> Mapping[str, FileEntry]:
    """Files of a snapshot for which only changed cases may be read."""
    return rebuild(OnlyChanges(store), ENCODER, root, force=True).manifest.files  # type: ignore[arg-type]


def from_nothing(store: Store, root: Path) -> Mapping[str, FileEntry]:
    """Files of a snapshot for which every case was read."""
    return rebuild(store, ENCODER, root, full=True).manifest.files


@given(first=WRITES, second=WRITES, third=WRITES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_taking_over_equals_building_from_nothing(first: Any, second: Any, third: Any) -> None:  # noqa: ANN401
    """After any writes, and again after more, every file of the snapshot has the same bytes either way."""
    with tempfile.TemporaryDirectory() as name, open_store(Path(name) / "library.sqlite3") as store:
        folder = Path(name)
        write(store, first)
        from_nothing(store, folder / "index")
        for writes in (second, third):
            write(store, writes)
            assert merged(store, folder / "index") == from_nothing(store, folder / "other")
