"""The server answers before its library is open, and says when it should get no questions."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.words import compiled_loops as posting_loops
from index.words import loops as engine
from index.words import plain_loops
from retriever.api.app import create_app
from retriever.api.models.responses import BuildResponse, HealthResponse, ReadinessResponse
from retriever.config import Settings
from retriever.embedding.alignment import aligner
from retriever.embedding.alignment import compiled_loops as alignment_loops
from retriever.embedding.alignment import plain_loops as plain_alignment
from retriever.errors import ModelMismatch
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, LOCAL, build_service, client_of
from tests.support.builders import make_case
from tests.support.waiting import until


def test_it_answers_while_the_library_opens(tmp_path: Path) -> None:
    """While the library opens: alive, not ready, questions 503; then ready, and closed at the end."""
    gate, opened = threading.Event(), list[Service]()

    def open_slowly() -> Service:
        assert gate.wait(20)
        opened.append(build_service(tmp_path))
        return opened[0]

    with TestClient(create_app(open_slowly, Settings(data_dir=tmp_path)), base_url=LOCAL) as client:
        HealthResponse.model_validate(client.get("/healthz").json(), strict=True)
        not_ready = client.get("/readyz")
        asked = client.post("/v1/similar", json={"problem": "x"})
        assert client.get("/version").json()["model"] == ""
        assert 'route="/healthz"' in client.get("/metrics").text
        gate.set()
        until(lambda: client.get("/readyz").status_code == 200)
        assert client.post("/v1/similar", json={"problem": "x"}).status_code == 200
        BuildResponse.model_validate(client.get("/version").json(), strict=True)

    assert (not_ready.status_code, not_ready.json()["ready"], not_ready.headers["Retry-After"]) == (503, False, "1")
    assert not_ready.json()["reasons"] == ["the library is being opened"]
    assert (asked.status_code, asked.json()["code"]) == (503, "unavailable")
    with pytest.raises(Exception, match="closed"):
        opened[0].store.cases.revision()


def test_it_recovers_when_opening_fails(tmp_path: Path) -> None:
    """A library that does not open is tried again; its reason stands in /readyz until it does."""
    attempts = 0
    mended = threading.Event()

    def open_at_last() -> Service:
        nonlocal attempts
        attempts += 1
        if not mended.is_set():
            raise ModelMismatch("built by abc, loaded is def; run `similar-cases index rebuild`")
        return build_service(tmp_path)

    with TestClient(create_app(open_at_last, Settings(data_dir=tmp_path, poll_seconds=0.01)), base_url=LOCAL) as client:
        until(lambda: attempts >= 2)
        failed = client.get("/readyz")
        mended.set()
        until(lambda: client.get("/readyz").status_code == 200)

    assert failed.status_code == 503
    assert "index rebuild" in failed.json()["reasons"][0]


def test_it_loads_what_is_compiled_once_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first questions run on plain loops; the compiled ones come by themselves."""
    monkeypatch.setattr(engine, "_loops", plain_loops)
    monkeypatch.setattr(aligner, "_loops", plain_alignment)

    with TestClient(create_app(lambda: build_service(tmp_path), Settings(data_dir=tmp_path)), base_url=LOCAL) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        until(lambda: aligner._loops is alignment_loops)

    assert engine.posting_loops() is posting_loops


def test_it_serves_without_what_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba cannot be loaded, questions are answered and the library is followed all the same."""
    tried = list[bool]()

    def fail() -> None:
        tried.append(True)
        raise RuntimeError("no such processor")

    monkeypatch.setattr("retriever.api.runtime.load_compiled", fail)
    settings = Settings(data_dir=tmp_path, poll_seconds=0.05)
    with TestClient(create_app(lambda: build_service(tmp_path), settings), base_url=LOCAL) as client:
        until(lambda: bool(tried))
        with build_service(tmp_path) as other:
            other.put_case(make_case("later", problem="the scanner is slow"))
        until(lambda: "later" in client.post("/v1/similar", json={"problem": "the scanner", "min_confidence": 0}).text)

        assert client.get("/readyz").status_code == 200


def test_collections_leave_out_what_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full collection that looks at library, model and modules holds up every question for 50 ms."""
    kept: list[dict[str, int]] = []

    def load() -> None:
        kept.append({"value": len(kept)})

    monkeypatch.setattr("retriever.api.runtime.load_compiled", load)
    gc.unfreeze()
    with TestClient(create_app(lambda: build_service(tmp_path), Settings(data_dir=tmp_path)), base_url=LOCAL):
        until(lambda: gc.get_freeze_count() > 0)

        assert not any(each is kept for each in gc.get_objects())
    gc.unfreeze()


def test_it_follows_while_it_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling takes minutes on a busy machine that never did it: what others write is found meanwhile."""
    begun, compiled = threading.Event(), threading.Event()

    def compile_slowly() -> None:
        begun.set()
        assert compiled.wait(30)

    monkeypatch.setattr("retriever.api.runtime.load_compiled", compile_slowly)
    settings = Settings(data_dir=tmp_path, poll_seconds=0.05)
    with TestClient(create_app(lambda: build_service(tmp_path), settings), base_url=LOCAL) as client:
        assert begun.wait(20)
        with build_service(tmp_path) as other:
            other.put_case(make_case("later", problem="the scanner is slow"))
        until(lambda: "later" in client.post("/v1/similar", json={"problem": "the scanner", "min_confidence": 0}).text)

        assert client.get("/readyz").status_code == 200
        compiled.set()


def test_it_follows_other_processes(tmp_path: Path) -> None:
    """What another process writes is found without a restart."""
    with (
        build_service(tmp_path, poll_seconds=0.02) as service,
        build_service(tmp_path) as other,
        client_of(service) as client,
    ):
        other.put_case(make_case("theirs", "flux capacitor hums"))

        def found() -> bool:
            answer = client.post("/v1/similar", json={"problem": "flux capacitor hums"}).json()
            return [match["id"] for match in answer["matches"]] == ["theirs"]

        until(found)
        ReadinessResponse.model_validate(client.get("/readyz").json(), strict=True)


def test_it_says_when_it_cannot_follow(tmp_path: Path) -> None:
    """A library that can no longer be read makes the server not ready, with a reason; the process stays alive."""
    with (
        build_service(tmp_path, poll_seconds=0.02) as service,
        client_of(service) as client,
    ):
        assert client.get("/readyz").status_code == 200
        service.store.close()

        until(lambda: client.get("/readyz").status_code == 503)

        assert client.get("/readyz").json()["reasons"]
        assert client.get("/healthz").status_code == 200


def swap(folder: Path) -> None:
    """Put a copy of the library in its place: the same bytes, another file."""
    database = folder / "library.sqlite3"
    copy = folder / "copy"
    copy.write_bytes(database.read_bytes())
    copy.replace(database)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda folder: (folder / "library.sqlite3").unlink(), "is gone"),
        (lambda folder: (folder / "library.sqlite3").rename(folder / "elsewhere"), "is gone"),
        (swap, "another file"),
        (lambda folder: (folder / "library.sqlite3").write_bytes(b""), "library.sqlite3"),
        (lambda folder: (folder / "library.sqlite3").write_bytes(b"\0" * 65_536), "library.sqlite3"),
    ],
    ids=["deleted", "moved", "replaced", "emptied", "overwritten"],
)
def test_it_says_when_its_library_is_gone(tmp_path: Path, harm: Callable[[Path], object], reason: str) -> None:
    """SQLite goes on with a file that nobody can find any more: the server is not ready, says why, and takes nothing
    in, since what is written there would be lost."""
    with build_service(tmp_path, *LIBRARY) as service, client_of(service) as client:
        assert client.get("/readyz").status_code == 200
        harm(tmp_path)
        until(lambda: client.get("/readyz").status_code == 503)

        assert reason in client.get("/readyz").json()["reasons"][0]
        assert client.head("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        written = client.post("/v1/cases", json={"id": "new", "problem": "p", "solution": "s"})
        assert written.status_code == 503


def test_it_says_at_once_that_its_library_is_gone(tmp_path: Path) -> None:
    """The first look after the file has gone knows it; put back, all is well again."""
    database = tmp_path / "library.sqlite3"
    with build_service(tmp_path, *LIBRARY) as service, client_of(service) as client:
        moved = database.rename(tmp_path / "elsewhere")
        gone = client.get("/readyz")
        moved.rename(database)
        until(lambda: client.get("/readyz").status_code == 200)

        assert gone.status_code == 503
        assert client.post("/v1/cases", json={"id": "new", "problem": "p", "solution": "s"}).status_code == 201


def test_it_says_when_an_older_library_is_put_into_its_file(tmp_path: Path) -> None:
    """The same file with what was in it yesterday: what is served is not what is stored."""
    database = tmp_path / "library.sqlite3"
    with build_service(tmp_path, *LIBRARY, poll_seconds=0.02) as service, client_of(service) as client:
        yesterday = database.read_bytes()
        client.post("/v1/cases", json={"id": "new", "problem": "p", "solution": "s"})
        database.write_bytes(yesterday)

        # While the file is written, a look may find it empty.
        until(lambda: "older" in str(client.get("/readyz").json()["reasons"]))

        assert client.get("/readyz").status_code == 503


def test_an_open_service_stays_the_callers(service: Service) -> None:
    """The application does not close what it did not open."""
    with client_of(service):
        pass

    assert service.store.cases.revision() > 0


def test_metrics_have_few_labels(client: TestClient) -> None:
    """Paths and odd methods never become labels."""
    client.get("/v1/cases/parcel")
    client.get("/v1/cases/nobody-knows-me")
    client.get("/nowhere/secret")
    client.request("BREW", "/v1/cases")

    text = client.get("/metrics").text

    assert 'similar_cases_requests_total{method="GET",route="/v1/cases/{case_id}",status="200"} 1.0' in text
    assert 'route="unmatched"' in text
    assert 'method="OTHER"' in text
    assert "similar_cases_cases 4.0" in text
    for word in ("parcel", "nobody", "secret", "BREW"):
        assert word not in text
