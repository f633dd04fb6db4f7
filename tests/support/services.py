"""A whole service over a handful of cases, with a model whose vectors mean something."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retriever.config import Settings
from retriever.domain import Case
from retriever.indexing.live import Indexing
from retriever.search.ranking import load_ranking
from retriever.search.searcher import Searcher
from retriever.store import open_store
from retriever.telemetry import Metrics
from retriever.wiring.service import Service
from tests.support.builders import WordEncoder


@contextmanager
def service_over(folder: Path, cases: Sequence[Case]) -> Iterator[Service]:
    """A service over these cases in an empty folder, wired as `open_service` does it."""
    with open_store(folder / "library.sqlite3") as store:
        store.cases.upsert(cases)
        encoder = WordEncoder()
        indexing = Indexing(store, encoder, folder / "index")
        indexing.open()
        searcher = Searcher(encoder, store.cases, load_ranking("default"), indexing.view)
        yield Service(Settings(data_dir=folder), store, encoder, indexing, searcher, Metrics())
