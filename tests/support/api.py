"""Real services over small libraries in a temporary folder, and clients that talk to them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.config import Settings
from retriever.domain import Case, Encoder
from retriever.indexing.live import Indexing
from retriever.search.ranking import Ranking, pair_weights
from retriever.search.searcher import Searcher
from retriever.store import open_store
from retriever.telemetry import Metrics
from retriever.wiring.questions import question_reader
from retriever.wiring.service import Service
from tests.support.builders import WordEncoder, make_case

LOCAL = "http://localhost"
"""Without keys the service answers to local names only."""
RANKING = Ranking(
    pair_weights({"bias": -3.0, "cosine": 6.0, "words": 6.0}),
    pair_weights({"bias": -3.0, "cosine": 6.0, "words": 0.0}),
    min_confidence=0.5,
)
LIBRARY = (
    make_case(
        "refund", "the refund has not arrived on the card", product="shop", tags=["money"], category="pay/refund"
    ),
    make_case("parcel", "the parcel has not arrived", product="shop", tags=["delivery"], error_codes=["T-17"]),
    make_case("printer", "the printer jams after two pages", product="office", status="historical"),
    make_case("druck", "der Drucker zieht kein Papier ein", language="de", product="office"),
)


def build_service(
    folder: Path,
    *cases: Case,
    encoder: Encoder | None = None,
    **settings: object,
) -> Service:
    """An open service over the library in this folder; where there is none, over a new one with these cases."""
    if not (folder / "library.sqlite3").exists():
        for name, content in _new_library(cases).items():
            (folder / name).write_bytes(content)
    return _open_service(folder, encoder or WordEncoder(), settings)


def client_of(service: Service) -> TestClient:
    """A client of an application over the service; faults of the server come back as answers."""
    return TestClient(create_app(service), base_url=LOCAL, raise_server_exceptions=False)


def _open_service(folder: Path, encoder: Encoder, settings: dict[str, Any]) -> Service:
    store = open_store(folder / "library.sqlite3")
    indexing = Indexing(store, encoder, folder / "index")
    indexing.open()
    chosen = Settings(data_dir=folder, **settings)
    reader = question_reader(mask=chosen.mask, known=store.masking.known)
    searcher = Searcher(encoder, store.cases, RANKING, indexing.view, reader=reader)
    return Service(chosen, store, encoder, indexing, searcher, Metrics())


@cache
def _new_library(cases: tuple[Case, ...]) -> dict[str, bytes]:
    """The files of a library with these cases: making one takes longer than most tests, a copy does not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with _open_service(folder, WordEncoder(), {}) as service:
            if cases:
                service.write_cases(cases)
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
