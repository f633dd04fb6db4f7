"""A text is masked once for each time it is written, on each way in: masking is the dearest step of a write."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient
from typer.testing import CliRunner

from retriever.api.app import create_app
from retriever.cli.app import app
from retriever.config import Settings
from retriever.domain import Case, Role
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.report import Arrival
from retriever.lifecycle import Lifecycle, Policy, open_lifecycle
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.masking import cases as masking_of_cases
from retriever.store import Store, open_store
from retriever.wiring.service import Service, open_service
from tests.support.builders import make_case
from tests.support.people import AUTHOR, LEAD, MANAGER, SCREENED
from tests.support.tickets import ZENDESK, export, ticket
from tests.support.tiny_models import build_tiny_static

Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A library with one published case."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        opened.cases.upsert([make_case("a", "the printer jams")])
        yield opened


@pytest.fixture
def life(store: Store) -> Lifecycle:
    """Its lifecycle."""
    return open_lifecycle(store, Policy(), searchable=lambda: None)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A whole service over an empty library."""
    settings = Settings(data_dir=tmp_path / "lib", model=str(build_tiny_static(tmp_path / "model")))
    with open_service(settings) as opened:
        yield opened


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Logging as it was before a command set it up."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """How many cases some work masks, whoever asks for it."""
    masked = 0
    real = masking_of_cases._fields

    def counted(*given: Any) -> object:  # noqa: ANN401
        nonlocal masked
        masked += 1
        return real(*given)

    monkeypatch.setattr(masking_of_cases, "_fields", counted)

    def of(work: Callable[[], object]) -> int:
        nonlocal masked
        masked = 0
        work()
        return masked

    return of


def test_direct_writes(store: Store, count: Count) -> None:
    """One by one and many at once, new and unchanged."""
    cases = [make_case(f"n{number}", "text") for number in range(3)]

    assert count(lambda: store.cases.upsert(cases)) == 3
    assert count(lambda: store.cases.upsert(cases[:1])) == 1


@pytest.mark.parametrize("dry_run", [False, True])
def test_files(store: Store, count: Count, tmp_path: Path, *, dry_run: bool) -> None:
    """Rows of a file, compared with other cases or shown as examples of a dry run."""
    path = tmp_path / "cases.jsonl"
    rows = [{"id": f"f{number}", "problem": f"p {number}", "solution": "s"} for number in range(4)]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    compared: list[Case] = []

    def compare(case: Case) -> Arrival:
        compared.append(case)
        return Arrival(case.id, (), {})

    assert count(lambda: ingest(path, store, IngestOptions(dry_run=dry_run), check=compare)) == 4
    assert [case.id for case in compared] == ["f0", "f1", "f2", "f3"]


def test_tickets(store: Store, count: Count, tmp_path: Path) -> None:
    """New ones and unchanged ones; a proposal writes two texts, the ticket's and what it makes of the case's."""
    first = [ticket(number) for number in range(1, 4)]
    assert count(lambda: ingest(export(tmp_path, first), store, ZENDESK, revise=revised_by_ticket)) == 3
    assert count(lambda: ingest(export(tmp_path, first), store, ZENDESK, revise=revised_by_ticket)) == 3

    published = replace(ZENDESK, publish=True)
    assert count(lambda: ingest(export(tmp_path, first), store, published)) == 3
    changed = export(tmp_path, [ticket(1, answer="Replace the whole power supply.")])
    assert count(lambda: ingest(changed, store, ZENDESK, revise=revised_by_ticket)) == 2


def test_steps_of_the_lifecycle(store: Store, life: Lifecycle, count: Count) -> None:
    """Each step masks the text that it writes, whether that is the case or its pending revision."""
    draft = make_case("d", "the scanner hums")
    assert count(lambda: life.writing.write(draft, AUTHOR)) == 1
    assert count(lambda: life.writing.write(replace(draft, solution="oil it"), AUTHOR)) == 1
    assert count(lambda: life.reviewing.submit("d", AUTHOR)) == 1
    assert count(lambda: life.reviewing.approve("d", LEAD, SCREENED)) == 1
    assert count(lambda: life.reviewing.approve("d", MANAGER, SCREENED)) == 1

    assert count(lambda: life.writing.revise("d", replace(draft, problem="it hums and stops"), AUTHOR)) == 1
    assert count(lambda: life.reviewing.submit("d", AUTHOR)) == 1
    assert count(lambda: life.reviewing.approve("d", LEAD, SCREENED)) == 1
    assert count(lambda: life.reviewing.approve("d", MANAGER, SCREENED)) == 1
    assert store.cases.get("d").case.problem == "it hums and stops"

    assert count(lambda: life.writing.restore("d", 5, MANAGER)) == 1
    assert count(lambda: life.ageing.confirm("d", LEAD, SCREENED)) == 1
    assert count(lambda: life.merging.merge("d", ["a"], MANAGER)) == 1
    assert count(lambda: life.merging.unmerge("a", MANAGER)) == 1
    assert count(lambda: life.ageing.retire("a", MANAGER, "old")) == 1
    assert count(lambda: life.ageing.reinstate("a", MANAGER)) == 1


def test_the_api(service: Service, count: Count) -> None:
    """PUT and POST of one case, many cases at once, and a webhook: noted when it comes, written when it is taken in."""
    with TestClient(create_app(service), base_url="http://localhost") as client:
        texts = {"problem": "it hums", "solution": "oil it"}
        new = {"If-None-Match": "*"}
        assert count(lambda: client.put("/v1/cases/one", json={"id": "one", **texts}, headers=new)) == 1
        assert count(lambda: client.post("/v1/cases", json={"id": "two", **texts})) == 1
        lines = "\n".join(json.dumps({"id": f"many{number}", **texts}) for number in range(3))
        many = {"Content-Type": "application/x-ndjson"}
        assert count(lambda: client.post("/v1/cases/bulk", content=lines, headers=many)) == 3
    assert sum(service.store.cases.count_by_status().values()) == 5

    body = json.dumps(ticket(7)).encode()
    assert count(lambda: service.arrivals.receive_webhook("zendesk", body, delivery_id="d7")) == 1
    assert count(service.arrivals.process_deliveries) == 1
    assert service.store.cases.get("zendesk:7")


@pytest.mark.usefixtures("restored_logging")
def test_the_command(count: Count, tmp_path: Path) -> None:
    """`case put`."""
    file = tmp_path / "case.json"
    file.write_text(json.dumps({"id": "x", "problem": "it hums", "solution": "oil it"}), encoding="utf-8")
    put = ["--data-dir", str(tmp_path / "lib"), "--log-level", "error", "case", "put", str(file)]

    assert count(lambda: CliRunner().invoke(app, put, catch_exceptions=False)) == 1
    with open_store(tmp_path / "lib" / "library.sqlite3", read_only=True) as store:
        assert store.cases.get("x").version == 1


@pytest.mark.parametrize("role", list(Role)[1:])
def test_every_role(service: Service, count: Count, role: Role) -> None:
    """What waits for review, and what knowledge managers write at once."""
    actor = replace(AUTHOR, role=role)

    assert count(lambda: service.put_case(make_case("x", "text"), actor=actor)) == 1
    assert count(lambda: service.write_cases([make_case("y", "text"), make_case("z", "text")], actor=actor)) == 2
