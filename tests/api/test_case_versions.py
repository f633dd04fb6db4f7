"""No change is lost: a change names the version that it changes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from retriever.api.models.responses import CaseResponse, VersionListResponse
from tests.support.api import build_service, client_of
from tests.support.numbers import LONG_INTEGERS, NO_NUMBERS

CASE = {"id": "a:b+c", "problem": "p", "solution": "s"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of one library for all tests: each changes a case of its own."""
    with build_service(tmp_path_factory.mktemp("versions")) as service, client_of(service) as client:
        yield client


@pytest.fixture
def place(client: TestClient) -> str:
    """The address of a new case, at version 1."""
    case = {"id": f"case-{uuid4()}", "problem": "the parcel has not arrived", "solution": "send it again"}
    return str(client.post("/v1/cases", json=case).headers["Location"])


def test_a_new_case_has_a_place_and_a_tag(client: TestClient) -> None:
    """201 names the address and version of the new case; that address gives the same case."""
    created = client.post("/v1/cases", json=CASE)

    assert created.status_code == 201
    assert created.headers["ETag"] == '"1"'
    CaseResponse.model_validate(created.json(), strict=True)
    read = client.get(created.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (created.json(), '"1"')


@pytest.mark.parametrize(
    ("sent", "status"), [('"1"', 304), ('W/"1"', 304), ("*", 304), ('"7", "1"', 304), ('"2"', 200)]
)
def test_a_known_version_is_not_sent_again(reader: TestClient, sent: str, status: int) -> None:
    """If-None-Match with the current version is answered 304 without a body."""
    response = reader.get("/v1/cases/parcel", headers={"If-None-Match": sent})

    assert response.status_code == status
    assert response.headers["ETag"] == '"1"'
    assert (response.content == b"") == (status == 304)


@pytest.mark.parametrize(("sent", "status"), [('"1"', 200), ("*", 200), ('"8", "1"', 200), ('W/"1"', 412), ("1", 412)])
def test_a_change_needs_the_current_version(client: TestClient, place: str, sent: str, status: int) -> None:
    """PUT is accepted with the current strong tag or with *, and answers with the next tag."""
    case = {"problem": "the parcel is late", "solution": "wait"}

    response = client.put(place, json=case, headers={"If-Match": sent})

    assert response.status_code == status
    if status == 200:
        assert response.headers["ETag"] == '"2"'
        assert client.get(place).json()["problem"] == "the parcel is late"


def test_what_was_read_can_be_sent_back(client: TestClient, place: str) -> None:
    """Putting back exactly what was read changes nothing and keeps the version."""
    read = client.get(place)

    written = client.put(place, json=read.json(), headers={"If-Match": read.headers["ETag"]})

    assert (written.status_code, written.headers["ETag"]) == (200, read.headers["ETag"])
    assert written.json() == read.json()


def test_put_creates_only_where_nothing_is(client: TestClient) -> None:
    """If-None-Match: * creates a case once; the second time is 412, and If-Match on nothing is 404."""
    sent = {"json": {"problem": "p", "solution": "s"}, "headers": {"If-None-Match": "*"}}

    first, second = (client.put("/v1/cases/new", **sent) for _ in range(2))  # type: ignore[arg-type]
    missing = client.put("/v1/cases/none", json=sent["json"], headers={"If-Match": '"1"'})

    assert (first.status_code, second.status_code, missing.status_code) == (201, 412, 404)


def test_of_two_changes_at_once_one_wins(client: TestClient, place: str) -> None:
    """Of many changes to one version at the same time exactly one is accepted."""

    def change(number: int) -> int:
        case = {"problem": f"change {number}", "solution": "s"}
        return client.put(place, json=case, headers={"If-Match": '"1"'}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(change, range(8)))

    assert statuses == [200] + [412] * 7


def test_delete_needs_the_version_too(client: TestClient, place: str) -> None:
    """A deleted case is gone; deleting it again is 404, and a new one goes on counting."""
    refused = client.delete(place)
    deleted = client.delete(place, headers={"If-Match": '"1"'})
    again = client.delete(place, headers={"If-Match": "*"})
    created = client.post("/v1/cases", json={"id": place.rpartition("/")[2], "problem": "p", "solution": "s"})

    assert [r.status_code for r in (refused, deleted, again, created)] == [428, 204, 404, 201]
    assert created.headers["ETag"] != '"1"'


def test_versions_are_listed_newest_first(client: TestClient, place: str) -> None:
    """Every version is there as it was, page by page."""
    for number in range(2, 5):
        case = {"problem": f"problem {number}", "solution": "s"}
        client.put(place, json=case, headers={"If-Match": "*"})

    newest = client.get(f"{place}/versions", params={"limit": 3}).json()
    oldest = client.get(f"{place}/versions", params={"before": 2}).json()

    VersionListResponse.model_validate(newest, strict=True)
    assert [version["version"] for version in newest["versions"]] == [4, 3, 2]
    assert newest["versions"][0]["case"]["problem"] == "problem 4"
    assert [version["version"] for version in oldest["versions"]] == [1]


@pytest.mark.parametrize("number", LONG_INTEGERS)
def test_a_long_integer_is_itself(client: TestClient, number: int) -> None:
    """In what POST and PUT read: its neighbour is another case, and no conflict."""
    case = {"source": {"system": uuid4().hex, "external_id": number}, "problem": "p", "solution": "s"}
    next_one = case | {"source": case["source"] | {"external_id": number + 1}}  # type: ignore[operator]  # a mapping

    first, second = (client.post("/v1/cases", json=body) for body in (case, next_one))

    assert (first.status_code, second.status_code) == (201, 201)
    assert [answer.json()["source"]["external_id"] for answer in (first, second)] == [str(number), str(number + 1)]
    tagged = case | {"tags": [number], "error_codes": [number + 1]}
    put = client.put(first.headers["Location"], json=tagged, headers={"If-Match": "*"})
    assert (put.json()["tags"], put.json()["error_codes"]) == ([str(number)], [str(number + 1)])


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused(client: TestClient, value: str) -> None:
    """400, beside a long integer, too."""
    for number in (1, 10**20):
        body = f'{{"id": "n", "problem": "p", "solution": "s", "product": {value}, "tags": [{number}]}}'
        answer = client.post("/v1/cases", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_deep_nesting_is_refused_beside_a_long_integer(client: TestClient) -> None:
    """As it is without one, if in other words: never by a fault of ours."""
    for depth in (300, 1_000, 5_000):
        body = '{"id": 18446744073709551616, "tags": ' + "[" * depth + "]" * depth + "}"
        answer = client.post("/v1/cases", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
