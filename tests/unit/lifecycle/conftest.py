"""A lifecycle over a fresh library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retriever.store import open_store
from tests.support.lifecycle import Workflow


@pytest.fixture
def workflow(tmp_path: Path) -> Iterator[Workflow]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as store:
        yield Workflow(store)
