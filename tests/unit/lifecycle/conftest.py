"""A lifecycle over a fresh library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retriever.store import open_store
from tests.support.lifecycle import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as store:
        yield Desk(store)
