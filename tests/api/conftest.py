"""Real services over small libraries in a temporary folder, and clients that talk to them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.config import Settings
from retriever.domain import Encoder
from retriever.indexing.live import Indexing
from retriever.search.ranking import Ranking, Weights
from retriever.search.searcher import Searcher
from retriever.store import open_store
from retriever.telemetry import Metrics, configure_logging
from retriever.wiring.service import Service
from tests.support.builders import WordEncoder, make_case

LOCAL = "http://localhost"
"""Without keys the service answers to local names only."""
RANKING = Ranking(Weights(-3.0, 6.0, 6.0), Weights(-3.0, 6.0, 0.0), min_confidence=0.5)
LIBRARY = (
    make_case(
        "refund", "the refund has not arrived on the card", product="shop", tags=["money"], category="pay/refund"
    ),
    make_case("parcel", "the parcel has not arrived", product="shop", tags=["delivery"], error_codes=["T-17"]),
    make_case("printer", "the printer jams after two pages", product="office", status="historical"),
    make_case("druck", "der Drucker zieht kein Papier ein", language="de", product="office"),
)


def build_service(folder: Path, *, encoder: Encoder | None = None, **settings: Any) -> Service:  # noqa: ANN401
    """An open service over a new, empty library."""
    encoder = encoder or WordEncoder()
    store = open_store(folder / "library.sqlite3")
    indexing = Indexing(store, encoder, folder / "index")
    indexing.open()
    searcher = Searcher(encoder, store.cases, RANKING, indexing.view)
    return Service(Settings(data_dir=folder, **settings), store, encoder, indexing, searcher, Metrics())


@pytest.fixture(autouse=True)
def _json_logs() -> None:
    """Log as the server does."""
    configure_logging("warning")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service over the small library."""
    with build_service(tmp_path) as service:
        service.write_cases(LIBRARY)
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client of an application over the small library; faults of the server come back as answers."""
    with TestClient(create_app(service), base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """A function that opens a client of an empty library with other settings."""
    with ExitStack() as stack:

        def open_one(**settings: Any) -> TestClient:  # noqa: ANN401
            service = stack.enter_context(build_service(tmp_path, **settings))
            return stack.enter_context(TestClient(create_app(service), base_url=LOCAL, raise_server_exceptions=False))

        yield open_one


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client for tests that change nothing: one library for all of them."""
    with build_service(tmp_path_factory.mktemp("library")) as service:
        service.write_cases(LIBRARY)
        with TestClient(create_app(service), base_url=LOCAL, raise_server_exceptions=False) as client:
            yield client
