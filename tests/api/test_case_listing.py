"""Lists are walked by a cursor that survives changes."""

from starlette.testclient import TestClient

from retriever.api.models.responses import CaseListResponse
from retriever.wiring.service import Service
from tests.support.builders import make_case


def test_a_walk_sees_each_case_once_while_others_are_added(client: TestClient, service: Service) -> None:
    """Every case that stays unchanged during the walk is seen exactly once, whatever is added meanwhile."""
    service.write_cases([make_case(f"case-{number}") for number in range(20)])
    there = {stored.case.id for stored in service.store.cases.iter()}
    seen: list[str] = []
    address: str | None = "/v1/cases?limit=3"

    for step in range(100):
        if address is None:
            break
        response = client.get(address)
        CaseListResponse.model_validate(response.json(), strict=True)
        seen += [case["id"] for case in response.json()["cases"]]
        address = response.links["next"]["url"] if "next" in response.links else None
        assert (address is None) == (response.json()["next_cursor"] is None)
        service.put_case(make_case(f"later-{step}"))

    assert address is None
    assert len(seen) == len(set(seen))
    assert set(seen) == there


def test_filters_narrow_the_list_and_stay_on_the_walk(reader: TestClient) -> None:
    """The address of the next page repeats the filters."""
    first = reader.get("/v1/cases", params={"limit": 1, "product": ["office", "shop"], "status": "published"})
    second = reader.get(first.links["next"]["url"])
    third = reader.get(second.links["next"]["url"])

    found = [response.json()["cases"][0]["id"] for response in (first, second, third)]
    assert sorted(found) == ["druck", "parcel", "refund"]
    assert "next" not in third.links


def test_each_filter_works(reader: TestClient) -> None:
    """Status, language, product and time of change each select what they say."""

    def ids(**params: str) -> list[str]:
        return sorted(case["id"] for case in reader.get("/v1/cases", params=params).json()["cases"])

    assert ids(status="historical") == ["printer"]
    assert ids(language="de-DE") == ["druck"]
    assert ids(product="shop") == ["parcel", "refund"]
    assert ids(updated_since="2099-01-01") == []
    assert len(ids(updated_since="2020-01-01")) == 4


def test_a_cursor_belongs_to_its_filters(reader: TestClient) -> None:
    """A cursor used with other filters is refused, not silently wrong."""
    cursor = reader.get("/v1/cases", params={"limit": 1}).json()["next_cursor"]

    response = reader.get("/v1/cases", params={"limit": 1, "cursor": cursor, "language": "en"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "cursor"
