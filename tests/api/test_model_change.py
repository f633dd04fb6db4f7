"""A snapshot of another model, published beside a running server, is served without a failed question."""

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.snapshots import Snapshots
from retriever.config import Settings
from retriever.indexing.rebuild import rebuild
from retriever.wiring.encoder import open_encoder
from retriever.wiring.service import Service, open_service
from tests.support.api import client_of
from tests.support.builders import make_case
from tests.support.tiny_models import build_tiny_static, build_tiny_transformer
from tests.support.waiting import until

QUESTION = {"problem": "the printer does not work", "min_confidence": 0}
CASES = [make_case("printer", "the printer does not work"), make_case("refund", "the refund has not arrived")]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two static models of 32 and of 16 dimensions."""
    folder = tmp_path_factory.mktemp("models")
    return build_tiny_static(folder / "one"), build_tiny_static(folder / "two", dim=16)


@contextmanager
def open_at(folder: Path, model: Path) -> Iterator[Service]:
    """A service over a library of two cases with a snapshot of `model`."""
    with open_service(Settings(data_dir=folder, model=str(model), poll_seconds=0.02)) as service:
        service.write_cases(CASES)
        publish(service, model)
        yield service


def publish(service: Service, model: Path) -> str:
    """What `model use` does in a process of its own: build and publish a snapshot of this model."""
    settings = service.settings.model_copy(update={"model": str(model), "dims": None})
    return rebuild(service.store, open_encoder(settings), settings.index_dir, keep=5).manifest.name


def served(client: TestClient) -> str:
    """Which model answers."""
    return str(client.get("/version").json()["model"])


def test_no_question_fails_while_the_model_changes(tmp_path: Path, models: tuple[Path, Path]) -> None:
    """Four clients ask without a pause through a change and the way back: each answer is 200 with the right case."""
    one, two = models
    stop = threading.Event()
    answers: list[tuple[int, Any]] = []

    def ask(client: TestClient) -> None:
        while not stop.is_set():
            answer = client.post("/v1/similar", json=QUESTION)
            found = answer.json().get("matches") or [{"id": ""}]
            answers.append((answer.status_code, found[0]["id"]))

    with (
        open_at(tmp_path, one) as service,
        client_of(service) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        asking = [pool.submit(ask, client) for _ in range(4)]
        try:
            publish(service, two)
            until(lambda: served(client) == str(two))
            Snapshots(service.settings.index_dir).rollback("000001")
            until(lambda: served(client) == str(one))
            asked = len(answers)
            until(lambda: len(answers) > asked + 20)
        finally:
            stop.set()
        for task in asking:
            task.result(20)

    assert set(answers) == {(200, "printer")}


def test_ready_all_the_time(tmp_path: Path, models: tuple[Path, Path]) -> None:
    """/readyz never says no while the model changes."""
    one, two = models
    with open_at(tmp_path, one) as service, client_of(service) as client:
        publish(service, two)
        seen = set()
        while served(client) != str(two):
            seen.add(client.get("/readyz").status_code)
        seen.add(client.get("/readyz").status_code)

    assert seen == {200}


def test_writes_go_on_across_the_change(tmp_path: Path, models: tuple[Path, Path]) -> None:
    """What is written through the old service after the change is found by the next question to the new one."""
    one, two = models
    with open_at(tmp_path, one) as service, client_of(service) as client:
        publish(service, two)
        until(lambda: served(client) == str(two))
        service.put_case(make_case("late", "my password was rejected"))

        found = client.post("/v1/similar", json={"problem": "my password was rejected", "min_confidence": 0}).json()

    assert found["matches"][0]["id"] == "late"
    assert found["model"] == str(two)


def test_a_model_that_is_gone_leaves_the_old_one_serving(tmp_path: Path, models: tuple[Path, Path]) -> None:
    """When the new snapshot's model cannot be loaded, the reason stands in /readyz, and answers and writes go on."""
    one, _ = models
    lost = build_tiny_static(tmp_path / "lost", dim=16)
    with open_at(tmp_path / "lib", one) as service, client_of(service) as client:
        encoder = open_encoder(service.settings.model_copy(update={"model": str(lost)}))
        shutil.rmtree(lost)
        rebuild(service.store, encoder, service.settings.index_dir, keep=5)
        until(lambda: client.get("/readyz").status_code == 503)
        client.post("/v1/cases", json={"id": "late", "problem": "my password was rejected", "solution": "s"})

        reasons = client.get("/readyz").json()["reasons"]
        found = client.post("/v1/similar", json={"problem": "my password was rejected", "min_confidence": 0}).json()

    assert "there is no model" in reasons[0]
    assert str(lost) in reasons[0]
    assert (found["matches"][0]["id"], found["model"]) == ("late", str(one))


def test_a_replaced_model_folder_is_refused(tmp_path: Path, models: tuple[Path, Path]) -> None:
    """Other weights under the name of the snapshot's model are not served: the fingerprint counts, not the name."""
    one, _ = models
    swapped = build_tiny_static(tmp_path / "swapped", dim=16)
    with open_at(tmp_path / "lib", one) as service, client_of(service) as client:
        encoder = open_encoder(service.settings.model_copy(update={"model": str(swapped)}))
        build_tiny_static(swapped, dim=16, mapped=True)
        name = rebuild(service.store, encoder, service.settings.index_dir, keep=5).manifest.name
        until(lambda: client.get("/readyz").status_code == 503)

        reasons = client.get("/readyz").json()["reasons"]
        assert served(client) == str(one)

    assert f"snapshot {name} was built with fingerprint {encoder.fingerprint[:16]}" in reasons[0]
    assert "similar-cases index rebuild" in reasons[0]


@pytest.mark.slow
def test_a_slow_model_answers_in_batches_after_the_change(tmp_path: Path, models: tuple[Path, Path]) -> None:
    """A change from a static model to a transformer and back opens and ends the queue; sixteen clients are answered."""
    one, _ = models
    transformer = build_tiny_transformer(tmp_path / "transformer")
    with open_at(tmp_path / "lib", one) as service, client_of(service) as client:
        first = str(service.indexing.current_manifest().name)  # type: ignore[union-attr]  # it was published above
        publish(service, transformer)
        until(lambda: served(client) == str(transformer))
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(client.post, "/v1/similar", json=QUESTION) for _ in range(64)]
            statuses = {answer.result(20).status_code for answer in asked}
        threads = sum(thread.name == "encoder" for thread in threading.enumerate())
        Snapshots(service.settings.index_dir).rollback(first)
        until(lambda: served(client) == str(one))
        until(lambda: all(thread.name != "encoder" for thread in threading.enumerate()))

    assert (statuses, threads) == ({200}, 1)
