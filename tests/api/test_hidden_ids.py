"""What a caller may not see is not told by a refusal either: neither its id, nor its source, nor that it is there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.api.routes.reviews import SCREENING
from retriever.domain import OPERATOR, Actor, Role
from retriever.wiring.service import Service
from tests.support.api import build_service
from tests.support.builders import make_case

SECRET = "classified-7"  # noqa: S105  an id
SOURCE = {"system": "zendesk", "external_id": "4711"}
WRITERS = (Role.CONTRIBUTOR, Role.REVIEWER, Role.KNOWLEDGE_MANAGER)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A library with a case that only the lab sees, and one that all see."""
    with build_service(tmp_path) as service:
        hidden = make_case(SECRET, "the prototype overheats", audience=["lab"], source=SOURCE)
        service.write_cases(
            [hidden, make_case("open", "the parcel has not arrived"), make_case("old", "the cup broke")]
        )
        yield service


@contextmanager
def client_as(service: Service, role: Role) -> Iterator[TestClient]:
    """A client with the key of somebody of another group."""
    key = service.store.keys.create(Actor(role.name.lower(), role, "north", ("desk",)), by=OPERATOR, days=1).text
    with TestClient(create_app(service), headers={"X-API-Key": key}, raise_server_exceptions=False) as client:
        yield client


def body_of(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A case to write."""
    return {"problem": "the lamp flickers", "solution": "change it", **more}


def plain(answer: Any, *ids: str) -> tuple[int, str]:  # noqa: ANN401  httpx's response
    """Status and text of an answer without what differs between any two requests, and without the ids named in it."""
    text = answer.text.replace(answer.headers["x-request-id"], "")
    for id in sorted(ids, key=len, reverse=True):
        text = text.replace(id, "ID")
    return answer.status_code, text


@pytest.mark.parametrize("role", WRITERS)
def test_a_taken_source_does_not_tell_whose_it_is(service: Service, role: Role) -> None:
    """Whoever gives a case the source of a hidden one reads the same as for a hidden id, and no id but their own."""
    none, any_version = {"If-None-Match": "*"}, {"If-Match": "*"}
    with client_as(service, role) as client:
        assert client.put("/v1/cases/mine", json=body_of(), headers=none).status_code == 201
        refused = [
            client.post("/v1/cases", json=body_of(id="new", source=SOURCE)),
            client.put("/v1/cases/new", json=body_of(source=SOURCE), headers=none),
            client.put("/v1/cases/mine", json=body_of(source=SOURCE), headers=any_version),
            client.put("/v1/cases/mine", json=body_of(source=SOURCE), headers={"If-Match": '"1"'}),
            client.put(f"/v1/cases/{SECRET}", json=body_of(), headers=none),
            client.post("/v1/cases", json=body_of(id=SECRET)),
        ]

        assert {answer.status_code for answer in refused} == {409}
        told = [(answer.json()["code"], answer.json()["detail"].partition(": ")[2]) for answer in refused]
        assert len(set(told)) == 1
        for answer in refused[:4]:
            assert SECRET not in answer.text


def test_a_bulk_upload_does_not_tell_whose_a_source_is(service: Service) -> None:
    """Each line is answered under the id that was sent; hidden ids and hidden sources read alike."""
    rows = [body_of(id="new", source=SOURCE), body_of(id=SECRET)]
    with client_as(service, Role.KNOWLEDGE_MANAGER) as client:
        sent = "\n".join(map(json.dumps, rows))
        answer = client.post("/v1/cases/bulk", content=sent, headers={"Content-Type": "application/x-ndjson"})

    first, second, _ = map(json.loads, answer.text.splitlines())
    assert (first["id"], second["id"]) == ("new", SECRET)
    assert first["error"] == second["error"]
    assert SECRET not in answer.text.splitlines()[0]


def test_a_revision_with_a_hidden_source_does_not_tell_its_reviewers(service: Service) -> None:
    """A proposal that takes over the source of a hidden case is refused where it would be published, without the id."""
    with client_as(service, Role.KNOWLEDGE_MANAGER) as client:
        proposed = client.post(
            "/v1/cases/open/revisions",
            json=body_of(id="open", problem="the parcel is lost", source=SOURCE),
            headers={"If-Match": "*"},
        )
        answers = [proposed]
        for step, content in (("submit", None), ("approve", SCREENING), ("approve", SCREENING)):
            answers.append(client.post(f"/v1/cases/open/{step}", json=content, headers={"If-Match": "*"}))

    assert not [answer.text for answer in answers if SECRET in answer.text]


def test_a_writer_who_names_no_version_reads_no_hidden_id(service: Service) -> None:
    """Many texts at once, by a contributor, as a program does it: the outcome names what was sent."""
    ann = Actor("ann", Role.CONTRIBUTOR, "north", ("desk",))

    (outcome,) = service.write_cases([make_case("new", "the lamp flickers", source=SOURCE)], actor=ann)

    assert (outcome.action, outcome.id) == ("refused", "new")
    assert SECRET not in outcome.reason


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/cases/open/merge", {"duplicates": ["{id}"]}),
        ("/v1/cases/open/retire", {"reason": "sold no more", "superseded_by": "{id}"}),
        ("/v1/feedback", {"case_id": "{id}", "event": "opened"}),
        ("/v1/cases/check", {"id": "{id}", "problem": "the prototype overheats", "solution": "wait"}),
        ("/v1/similar", {"problem": "the prototype overheats", "filters": {"exclude_ids": ["{id}"]}}),
        ("/v1/cases/{id}/retire", {"reason": "sold no more"}),
        ("/v1/cases/{id}/restore", {"version": 1}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["*", '"1"', '"9"', '"r1"'])
def test_a_hidden_id_in_a_request_reads_like_an_unknown_one(
    service: Service, path: str, body: dict[str, Any], version: str
) -> None:
    """In the body or the address, whatever version is named: status and text differ in the id alone."""
    answers = []
    with client_as(service, Role.KNOWLEDGE_MANAGER) as client:
        for id in (SECRET, "unknown-77"):
            content = json.loads(json.dumps(body).replace("{id}", id))
            answer = client.post(path.replace("{id}", id), json=content, headers={"If-Match": version})
            status, text = plain(answer, id)
            answered = json.loads(text)
            answers.append((status, {key: one for key, one in answered.items() if key not in ("took_ms", "query_id")}))

    assert answers[0] == answers[1]


@pytest.mark.parametrize("version", ["*", '"1"', '"9"', ""])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "HEAD"])
def test_an_address_of_a_hidden_case_reads_like_an_unknown_one(service: Service, method: str, version: str) -> None:
    """404, with a matching version, another one or none; a writer who names none is told to, before anything else."""
    headers = {"If-Match": version} if version else {}
    with client_as(service, Role.KNOWLEDGE_MANAGER) as client:
        content = body_of() if method == "PUT" else None
        answers = [
            plain(client.request(method, f"/v1/cases/{id}", json=content, headers=headers), id)
            for id in (SECRET, "unknown-77")
        ]

    assert answers[0] == answers[1]
    assert answers[0][0] in (404, 428)
