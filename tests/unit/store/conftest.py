"""A store in a fresh folder, closed after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retriever.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        yield opened
