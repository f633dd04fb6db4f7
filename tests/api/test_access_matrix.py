"""Every role at every route over every kind of case; requests come from the route table, so a new route is in it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.api.reference import described_api
from retriever.api.security.permissions import PERMISSIONS, SpecialAccess, permission_of, with_table
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Case, Role
from retriever.wiring.service import Service
from tests.support.api import build_service
from tests.support.builders import make_case

MINE, THEIRS = "mine", "theirs"
DRAFT = {"status": "draft"}
CASES = {
    "open": make_case("open", "the parcel has not arrived", product="LX2 3.1"),
    "of-my-group": make_case("of-my-group", "the parcel has not arrived", audience=[MINE]),
    "of-both": make_case("of-both", "the parcel has not arrived", audience=[MINE, THEIRS]),
    "of-others": make_case("of-others", "the parcel has not arrived", audience=[THEIRS]),
    "my-draft": make_case("my-draft", "the parcel has not arrived", created_by="{me}", **DRAFT),
    "draft": make_case("draft", "the parcel has not arrived", created_by="somebody", **DRAFT),
    "draft-of-others": make_case("draft-of-others", "the parcel", created_by="{me}", audience=[THEIRS], **DRAFT),
    "historical": make_case("historical", "the parcel has not arrived", status="historical"),
}
DESCRIBED = {
    operation["operationId"]: operation
    for methods in described_api()["paths"].values()
    for operation in methods.values()
}
ROUTES = {
    route.operation_id: route
    for route in create_app(lambda: pytest.fail("opened"), Settings()).routes
    if isinstance(route, APIRoute)
}
CALLERS = (None, *Role)
Restore: TypeAlias = Callable[[str], None]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A library with one case of each kind."""
    with build_service(tmp_path_factory.mktemp("matrix")) as service:
        yield service


@pytest.fixture(scope="module")
def keys(service: Service) -> dict[Role, str]:
    """One key per role, all in the same group; the admin sees all groups by being one."""
    return {
        role: service.store.keys.create(
            Actor(role.name.lower(), role, "north", (MINE,)), by=OPERATOR, days=1, rate_limit=1_000_000
        ).text
        for role in Role
    }


@pytest.fixture(scope="module")
def client(service: Service, keys: dict[Role, str]) -> Iterator[TestClient]:
    """A client that faults reach as answers."""
    del keys
    # Nobody knocks this often outside of tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("retriever.api.security.gate.FAILURES_PER_MINUTE", 100_000)
        app = create_app(service, service.settings.model_copy(update={"rate_limit": 0}))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def restore(service: Service) -> Restore:
    """A function that puts all cases back as they were and no others, drafts in the name of the caller."""
    restored: tuple[str, int] | None = None

    def restore(me: str) -> None:
        nonlocal restored
        if restored == (me, service.store.cases.revision()):
            return  # nothing was written since the last time
        for stored in list(service.store.cases.iter()):
            if stored.case.id not in CASES:
                service.delete_case(stored.case.id)
        service.write_cases([_named(case, me) for case in CASES.values()])
        restored = (me, service.store.cases.revision())

    return restore


def _named(case: Case, me: str) -> Case:
    return replace(case, created_by=case.created_by.format(me=me))


def exists_for(role: Role, case_id: str) -> bool:
    """May this caller see this case? Written down once more, independently of the program."""
    if case_id not in CASES:
        return False
    if case_id in ("of-others", "draft-of-others"):
        return role is Role.ADMIN
    if case_id == "my-draft":
        return role >= Role.CONTRIBUTOR
    if case_id == "draft":
        return role >= Role.REVIEWER
    return True


def request_of(operation: str, case_id: str) -> dict[str, Any]:
    """A sensible request to a route about a case, from its description."""
    route = ROUTES[operation]
    path = re.sub(r"\{case_id\}", case_id, route.path)
    path = re.sub(r"\{\w+\}", "1", path)
    request: dict[str, Any] = {"method": sorted(route.methods or ())[0], "url": path, "headers": {"If-Match": "*"}}
    body = DESCRIBED[operation].get("requestBody")
    if body:
        media_type, content = next(iter(body["content"].items()))
        example = next(iter(content.get("examples", {"": {"value": {}}}).values()))["value"]
        example = {**example, "case_id": case_id} if "case_id" in example else example
        if operation in ("putCase", "putCases"):
            example = {"id": case_id, "problem": "the parcel has not arrived", "solution": "wait"}
        request["content"] = json.dumps(example)
        request["headers"]["Content-Type"] = media_type
    return request


def ask(client: TestClient, request: dict[str, Any], key: str | None) -> Any:  # noqa: ANN401  httpx's response
    """One request with a key."""
    headers = {**request["headers"], **({"X-API-Key": key} if key else {})}
    return client.request(**{**request, "headers": headers})


def test_every_route_is_in_the_table() -> None:
    """A route without a declared role cannot be added, and the table has no role for a route that is not there."""
    app = create_app(lambda: pytest.fail("opened"), Settings())

    assert set(ROUTES) == set(PERMISSIONS)
    assert {getattr(route, "path", "") for route in app.routes} - {r.path for r in ROUTES.values()} == {"/openapi.json"}
    with pytest.raises(LookupError, match="declares no permission"):
        app.add_api_route("/v1/new", lambda: None, operation_id="somethingNew")
    with pytest.raises(LookupError):
        app.add_api_route("/v1/new", lambda: None)
    with pytest.raises(LookupError):
        permission_of("")


@pytest.mark.parametrize("operation", sorted(PERMISSIONS))
@pytest.mark.parametrize("role", CALLERS, ids=lambda role: role.name.lower() if role else "nobody")
def test_each_cell_of_the_matrix(
    restore: Restore, client: TestClient, keys: dict[Role, str], operation: str, role: Role | None
) -> None:
    """Without a key 401; below the declared role 403 whatever the case; then 404 for what is not visible, else in."""
    permission = PERMISSIONS[operation]
    about_a_case = "{case_id}" in ROUTES[operation].path or operation == "giveFeedback"
    for case_id in (*CASES, "missing") if about_a_case else ("open",):
        restore(role.name.lower() if role else "nobody")
        status = ask(client, request_of(operation, case_id), keys[role] if role else None).status_code

        if permission in (SpecialAccess.PUBLIC, SpecialAccess.SIGNED):
            assert status not in (403, 404, 500), case_id
        elif role is None:
            assert status == 401, case_id
        elif isinstance(permission, Role) and role < permission:
            assert status == 403, case_id
        elif about_a_case and not exists_for(role, case_id):
            assert status == 404, case_id
        else:
            assert status not in (401, 404, 500), case_id


@pytest.mark.parametrize("operation", [name for name in sorted(PERMISSIONS) if "{case_id}" in ROUTES[name].path])
def test_a_foreign_case_looks_exactly_like_a_missing_one(
    restore: Restore, client: TestClient, keys: dict[Role, str], operation: str
) -> None:
    """Status, headers and body differ in the id alone."""
    restore("nobody")
    answers = []
    for case_id in ("of-others", "missing"):
        answer = ask(client, request_of(operation, case_id), keys[Role.KNOWLEDGE_MANAGER])
        text = answer.text.replace(answer.headers["x-request-id"], "")
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("x-request-id", "content-length", "ratelimit")
        }
        answers.append((answer.status_code, text.replace(case_id, "ID"), headers))

    assert answers[0][0] == 404
    assert answers[0] == answers[1]


def ids_of(answer: Any) -> set[str]:  # noqa: ANN401
    """Ids of cases anywhere in an answer, those that a match stands for too."""
    named = "".join(re.findall(r'"more_like_this":\[([^\]]*)\]', answer.text))
    return {*re.findall(r'"id":"([^"]+)"', answer.text), *re.findall(r'"([^"]+)"', named)}


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name.lower())
def test_lists_hold_what_the_caller_may_see(
    restore: Restore, client: TestClient, keys: dict[Role, str], role: Role
) -> None:
    """The list of cases, page by page, is exactly what `getCase` would show."""
    restore(role.name.lower())
    found: list[str] = []
    cursor = ""
    while True:
        page = client.get("/v1/cases", params={"limit": 2, "cursor": cursor}, headers={"X-API-Key": keys[role]}).json()
        found += [case["id"] for case in page["cases"]]
        cursor = page["next_cursor"]
        if not cursor:
            break

    assert sorted(found) == sorted(case_id for case_id in CASES if exists_for(role, case_id))


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name.lower())
def test_questions_find_what_the_caller_may_see(
    restore: Restore, client: TestClient, keys: dict[Role, str], role: Role
) -> None:
    """Every way to ask finds published cases of the caller's groups and no others, with history only on request."""
    restore(role.name.lower())
    question = {"problem": "the parcel has not arrived", "limit": 50, "min_confidence": 0, "include_historical": True}
    headers = {"X-API-Key": keys[role]}
    live = {case_id for case_id in CASES if "draft" not in case_id and exists_for(role, case_id)}

    assert ids_of(client.post("/v1/similar", json=question, headers=headers)) == live
    assert ids_of(client.post("/v1/similar/batch", json={"questions": [question]}, headers=headers)) == live
    params = {"limit": 50, "min_confidence": 0, "include_historical": True}
    assert ids_of(client.get("/v1/cases/open/similar", params=params, headers=headers)) == live - {"open"}


def test_older_versions_are_for_those_they_were_for(
    service: Service, client: TestClient, keys: dict[Role, str]
) -> None:
    """A case that was opened for all shows no version from when it was for others, nor drafts to viewers."""
    service.write_cases([make_case("moved", "secret text", audience=[THEIRS])])
    service.write_cases([make_case("moved", "draft text", status="draft")])
    service.write_cases([make_case("moved", "open text")])

    def versions(role: Role) -> list[int]:
        answer = client.get("/v1/cases/moved/versions", headers={"X-API-Key": keys[role]}).json()
        return [version["version"] for version in answer["versions"]]

    assert versions(Role.VIEWER) == [3]
    assert versions(Role.REVIEWER) == [3, 2]
    assert versions(Role.ADMIN) == [3, 2, 1]


def put(client: TestClient, key: str, case: dict[str, Any], **headers: str) -> Any:  # noqa: ANN401
    """Replace a case."""
    return client.put(f"/v1/cases/{case['id']}", json=case, headers={"X-API-Key": key, "If-Match": "*"} | headers)


TEXT = {"problem": "the parcel has not arrived", "solution": "wait"}


@pytest.mark.parametrize(
    "role", [Role.CONTRIBUTOR, Role.REVIEWER, Role.KNOWLEDGE_MANAGER], ids=lambda role: role.name.lower()
)
def test_nobody_names_a_group_that_they_are_not_in(
    restore: Restore, client: TestClient, keys: dict[Role, str], role: Role
) -> None:
    """Neither for a new case nor for their own; their own group is theirs to name."""
    restore(role.name.lower())
    headers = {"X-API-Key": keys[role]}

    for audience, status in (([THEIRS], 403), ([MINE, THEIRS], 403), ([MINE], 201)):
        new = {"id": f"new-{role.name}-{len(audience)}-{status}", **TEXT, "audience": audience}
        assert client.post("/v1/cases", json=new, headers=headers).status_code == status
    assert put(client, keys[role], {"id": "my-draft", **TEXT, "audience": [THEIRS]}).status_code == 403


def test_a_star_is_no_group(client: TestClient, keys: dict[Role, str]) -> None:
    """`*` means all groups for a key, so no case may have it."""
    answer = client.post(
        "/v1/cases", json={"id": "star", **TEXT, "audience": ["*"]}, headers={"X-API-Key": keys[Role.ADMIN]}
    )

    assert answer.status_code == 422


def test_no_request_overwrites_a_case_that_its_sender_cannot_see(
    service: Service, client: TestClient, keys: dict[Role, str]
) -> None:
    """Not by id, not by source, not in bulk; the refusal tells nothing of the case but that the name is taken."""
    source = {"system": "desk", "external_id": "7"}
    service.write_cases([make_case("hidden", "hidden text", audience=[THEIRS], source=source)])
    key = {"X-API-Key": keys[Role.KNOWLEDGE_MANAGER]}
    lines = [{"id": "hidden", **TEXT}, {"id": "other", **TEXT, "source": source}, {"id": "fine", **TEXT}]
    bulk = client.post(
        "/v1/cases/bulk",
        content="\n".join(map(json.dumps, lines)),
        headers={**key, "Content-Type": "application/x-ndjson"},
    )
    results = [json.loads(line) for line in bulk.text.splitlines()]
    single = client.post("/v1/cases", json=lines[0], headers=key)
    by_source = client.post("/v1/cases", json=lines[1], headers=key)
    created = client.put("/v1/cases/hidden", json=TEXT, headers={**key, "If-None-Match": "*"})

    assert [result.get("action", "refused") for result in results[:3]] == ["refused", "refused", "created"]
    assert [answer.status_code for answer in (single, by_source, created)] == [409, 409, 409]
    assert service.store.cases.get("hidden").case.problem == "hidden text"
    for text in (bulk.text, by_source.text):
        assert "hidden text" not in text
        assert THEIRS not in text
    assert '"hidden"' not in by_source.text


def test_no_request_says_who_wrote_or_reviewed(service: Service, client: TestClient, keys: dict[Role, str]) -> None:
    """`created_by` and `reviewers` of a request count only for new cases from a knowledge manager."""
    names = {"created_by": "eve", "reviewers": ["eve"], "status": "published"}
    client.post(
        "/v1/cases", json={"id": "by-contributor", **TEXT, **names}, headers={"X-API-Key": keys[Role.CONTRIBUTOR]}
    )
    client.post(
        "/v1/cases", json={"id": "by-manager", **TEXT, **names}, headers={"X-API-Key": keys[Role.KNOWLEDGE_MANAGER]}
    )
    put(client, keys[Role.KNOWLEDGE_MANAGER], {"id": "by-contributor", **TEXT, **names})

    one, two = (service.store.cases.get(id).case for id in ("by-contributor", "by-manager"))
    assert (one.created_by, one.reviewers) == ("contributor", ())
    assert (two.created_by, two.reviewers) == ("eve", ("eve",))


def test_a_contributor_publishes_nothing(service: Service, client: TestClient, keys: dict[Role, str]) -> None:
    """Whatever status a request names, a new case of a contributor is a draft, and what is published stays as it is."""
    key = keys[Role.CONTRIBUTOR]
    before = service.store.cases.get("open")
    client.post("/v1/cases", json={"id": "eager", **TEXT, "status": "published"}, headers={"X-API-Key": key})
    put(client, key, {"id": "eager", **TEXT, "status": "published", "title": "now"})
    put(client, key, {"id": "open", **TEXT, "title": "taken over"})

    assert service.store.cases.get("eager").case.status == "draft"
    assert service.store.cases.get("open").case == before.case


def test_only_a_manager_shows_a_case_to_more_people(
    restore: Restore, service: Service, client: TestClient, keys: dict[Role, str]
) -> None:
    """The author of a draft of a group cannot open it for all; a knowledge manager of the group can."""
    restore("contributor")
    service.write_cases([make_case("narrow", "text", audience=[MINE], created_by="contributor", status="draft")])
    wide = {"id": "narrow", "problem": "text", "solution": "wait"}

    assert put(client, keys[Role.CONTRIBUTOR], wide).status_code == 403
    assert put(client, keys[Role.CONTRIBUTOR], {**wide, "audience": [MINE]}).status_code == 200
    assert put(client, keys[Role.KNOWLEDGE_MANAGER], wide).status_code == 200


def test_every_write_is_in_the_audit_log(service: Service, client: TestClient, keys: dict[Role, str]) -> None:
    """With the name of the key's owner, in order, and nothing of what was refused."""
    last = service.store.audit.head().count
    key = {"X-API-Key": keys[Role.KNOWLEDGE_MANAGER]}
    client.post("/v1/cases", json={"id": "logged", **TEXT}, headers=key)
    put(client, keys[Role.KNOWLEDGE_MANAGER], {"id": "logged", **TEXT, "title": "new"})
    client.delete("/v1/cases/logged", headers={"X-API-Key": keys[Role.VIEWER], "If-Match": "*"})
    client.delete("/v1/cases/logged", headers={**key, "If-Match": "*"})

    entries = [entry for entry in service.store.audit.iter_entries(after=last) if entry.subject == "logged"]
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("knowledge_manager", "case.create"),
        ("knowledge_manager", "case.update"),
        ("knowledge_manager", "case.delete"),
    ]
    assert service.store.audit.verify().findings == ()


def test_the_page_has_the_table() -> None:
    """docs/security.md shows the roles that the program asks for."""
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")

    assert "findSimilar" in page
    assert with_table(page) == page
