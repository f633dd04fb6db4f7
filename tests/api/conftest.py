"""Services over small libraries, and clients that talk to them; see tests/support/api.py."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.telemetry import configure_logging
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, build_service, client_of


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Generated requests take seconds to be collected already: not where slow tests are left out anyway."""
    leaves_out = collection_path.name == "test_fuzz.py" and "not slow" in str(config.option.markexpr)
    return True if leaves_out else None


@pytest.fixture(autouse=True)
def _json_logs() -> None:
    """Log as the server does."""
    configure_logging("warning")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service over the small library."""
    with build_service(tmp_path, *LIBRARY) as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client of an application over the small library."""
    with client_of(service) as client:
        yield client


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """A function that opens a client of an empty library with other settings."""
    with ExitStack() as stack:

        def open_one(**settings: Any) -> TestClient:  # noqa: ANN401
            service = stack.enter_context(build_service(tmp_path, **settings))
            return stack.enter_context(client_of(service))

        yield open_one


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client for tests that change nothing: one library for all of them."""
    with build_service(tmp_path_factory.mktemp("library"), *LIBRARY) as service, client_of(service) as client:
        yield client
