"""Questions over HTTP."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.api.models.matches import BatchResponse, SimilarResponse
from retriever.api.models.requests import SimilarRequest
from retriever.api.routes import search
from retriever.api.runtime import Runtime
from retriever.domain import Actor
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, build_service, client_of
from tests.support.builders import make_case

LONG = {"score", "problem", "steps", "outcome", "version", "source", "reuse"}


def ask(client: TestClient, problem: object = "the parcel has not arrived", **more: object) -> dict[str, Any]:
    """The answer to one question."""
    response = client.post("/v1/similar", json={"problem": problem} | more)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_the_nearest_case_comes_first(reader: TestClient) -> None:
    """A question in the words of a case finds it, with its solution, at rank 1."""
    answer = ask(reader)

    assert not answer["abstained"]
    assert answer["matches"][0]["id"] == "parcel"
    assert answer["matches"][0]["rank"] == 1
    assert answer["matches"][0]["solution"] == "clean the rollers"


def test_nothing_good_enough_is_an_answer(reader: TestClient) -> None:
    """A question unlike every case is answered 200 with no match and a reason."""
    answer = ask(reader, "zyx wvu")

    assert (answer["matches"], answer["abstained"]) == ([], True)
    assert answer["reason"]


@pytest.mark.parametrize("form", ["concise", "detailed"])
@pytest.mark.parametrize("explain", [False, True])
def test_answers_have_the_described_shape(reader: TestClient, form: str, explain: bool) -> None:
    """Every answer passes the model that OpenAPI shows, with no field more."""
    answer = ask(reader, format=form, explain=explain, min_confidence=0)

    SimilarResponse.model_validate(answer, strict=True)
    assert answer["matches"]
    for match in answer["matches"]:
        assert match["content_trust"] == "untrusted"
        assert ("matched_words" in match) == ("passages" in match) == explain
        assert form == "concise" or (0 < match["score"]["context"] <= 1 and 0 <= match["score"]["sharp"] <= 1)
        assert LONG.isdisjoint(match) == (form == "concise")
        assert match.keys() >= LONG or form == "concise"


def test_a_match_without_a_title_shows_its_first_words(reader: TestClient) -> None:
    """Even a concise answer says what its cases are about; the case itself is given as it is."""
    match = ask(reader, format="concise")["matches"][0]

    assert match["title"] == "the parcel has not arrived"
    assert reader.get(f"/v1/cases/{match['id']}").json()["title"] == ""


def test_parts_are_searched_together(reader: TestClient) -> None:
    """A question in parts finds what its error code names, and says so."""
    answer = ask(reader, {"title": "parcel", "error_codes": ["T-17"]}, explain=True, min_confidence=0)

    assert answer["matches"][0]["id"] == "parcel"
    assert answer["matches"][0]["matched_codes"] == ["T-17"]


@pytest.mark.parametrize("form", ["concise", "detailed"])
def test_passages_lie_in_the_returned_fields(reader: TestClient, form: str) -> None:
    """Offsets of both kinds cut each passage out of a field of the same match."""
    answer = ask(reader, "Der Drucker: refund, clean the rollers", explain=True, format=form, min_confidence=0)

    for match in answer["matches"]:
        assert match["passages"]
        for place in [*match["passages"], *(part["case"] for part in match["aligned"])]:
            text = match[place["field"]] if place["item"] is None else match[place["field"]][place["item"]]
            units = text.encode("utf-16-le")[2 * place["utf16_start"] : 2 * place["utf16_end"]]
            assert text[place["start"] : place["end"]] == units.decode("utf-16-le") == place["text"]


def test_phrases_and_fields_are_compared(reader: TestClient) -> None:
    """A question in another language is aligned with the case; another error code than the case's is named."""
    problem = {"problem": "Mein Paket ist nicht da", "product": "shop", "error_codes": ["T-18"]}

    match = next(m for m in ask(reader, problem, explain=True, min_confidence=0)["matches"] if m["id"] == "parcel")

    assert "parcel" in [part["case"]["text"] for part in match["aligned"]]
    agrees = {part["field"]: part["agrees"] for part in match["compared"]}
    assert agrees == {"product": True, "error_codes": False}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"product": "office"}, {"druck"}),
        ({"product": ["office", "shop"]}, {"druck", "parcel", "refund"}),
        ({"category": "pay"}, {"refund"}),
        ({"languages": ["DE-at"]}, {"druck"}),
        ({"tags": {"any": ["money", "delivery"]}}, {"parcel", "refund"}),
        ({"tags": {"none": ["money"]}}, {"parcel", "druck"}),
        ({"exclude_ids": ["refund"]}, {"parcel", "druck"}),
        ({"resolved": {"since": "2030-01-01"}}, set()),
        ({}, {"parcel", "refund", "druck"}),
    ],
)
def test_filters_narrow_the_search(reader: TestClient, filters: dict[str, Any], expected: set[str]) -> None:
    """Exactly the published cases that pass the filters can be found."""
    answer = ask(reader, "the parcel refund Drucker", filters=filters, min_confidence=0)

    assert {match["id"] for match in answer["matches"]} <= expected
    if filters:
        assert bool(answer["matches"]) == bool(expected)


def test_historical_cases_come_on_request(reader: TestClient) -> None:
    """A historical case is found only when asked for, and carries a warning."""
    asked = {"problem": "the printer jams", "min_confidence": 0}
    without, with_them = ask(reader, **asked), ask(reader, **asked, include_historical=True)

    assert "printer" not in [match["id"] for match in without["matches"]]
    found = next(match for match in with_them["matches"] if match["id"] == "printer")
    assert found["warnings"]


def test_limit_cuts_the_list(reader: TestClient) -> None:
    """The first matches of a longer list are the matches of a shorter one."""
    one, all_ = (ask(reader, limit=limit, min_confidence=0)["matches"] for limit in (1, 50))

    assert len(one) == 1 < len(all_)
    for match in (one[0], all_[0]):
        del match["reuse"]  # each answer counts as shown, some time later
    assert one[0] == all_[0]


def test_a_batch_answers_in_order(reader: TestClient) -> None:
    """The answers of a batch of 100 are those of its questions, one by one."""
    problems = ["the parcel has not arrived", "the refund has not arrived on the card"] * 50
    response = reader.post("/v1/similar/batch", json={"questions": [{"problem": text} for text in problems]})

    BatchResponse.model_validate(response.json(), strict=True)
    best = [result["matches"][0]["id"] for result in response.json()["results"]]
    assert best == ["parcel", "refund"] * 50


def test_a_case_does_not_find_itself(reader: TestClient) -> None:
    """Cases like a stored one are other cases."""
    response = reader.get("/v1/cases/parcel/similar", params={"min_confidence": 0, "language": ["en", "fr"]})

    ids = [match["id"] for match in response.json()["matches"]]
    assert "refund" in ids
    assert not {"parcel", "druck"} & set(ids)


def test_an_acknowledged_write_is_found_at_once(client: TestClient, service: Service) -> None:
    """A case is found right after 201, and never again after its 204."""
    case = {"id": "new", "problem": "flux capacitor hums", "solution": "ground it", "language": "en"}

    created = client.post("/v1/cases", json=case)
    found = ask(client, "flux capacitor hums")
    client.delete("/v1/cases/new", headers={"If-Match": created.headers["ETag"]})
    after = ask(client, "flux capacitor hums", min_confidence=0)

    assert found["matches"][0]["id"] == "new"
    assert found["revision"] < after["revision"]
    assert "new" not in [match["id"] for match in after["matches"]]


def test_copies_are_one_match_unless_asked_otherwise(client: TestClient, service: Service) -> None:
    """Cases that say the same are one match with the ids of the others; `collapse: false` shows each."""
    service.write_cases([replace(LIBRARY[1], id="parcel2")])

    one, both = (ask(client, min_confidence=0.5, collapse=collapse)["matches"] for collapse in (True, False))

    assert [(match["id"], match["more_like_this"]) for match in one if match["id"].startswith("parcel")] == [
        ("parcel", ["parcel2"])
    ]
    assert {"parcel", "parcel2"} <= {match["id"] for match in both}


def test_a_case_is_read_by_the_id_of_its_own_system(tmp_path: Path) -> None:
    """`SU-3` is `helpdesk:SU-3`, for reading and for its likes; a near miss is refused with what may be meant."""
    case = make_case("helpdesk:SU-3", source={"system": "helpdesk", "external_id": "SU-3"})
    with build_service(tmp_path, case) as service:
        client = client_of(service)

        assert client.get("/v1/cases/SU-3").json()["id"] == "helpdesk:SU-3"
        assert client.get("/v1/cases/su-3/similar").json()["matches"] == []
        missed = client.get("/v1/cases/SU3")
        assert (missed.status_code, "did you mean helpdesk:SU-3?" in missed.text) == (404, True)
        assert client.delete("/v1/cases/SU-3", headers={"If-Match": "*"}).status_code == 404


def test_long_questions_of_a_batch_are_answered_one_at_a_time(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single questions get their turn between them; short ones are answered together."""
    sizes = []
    answer_all = search._answer_all

    def counted(runtime: Runtime, actor: Actor, questions: list[SimilarRequest]) -> list[dict[str, Any]]:
        sizes.append(len(questions))
        return answer_all(runtime, actor, questions)

    monkeypatch.setattr(search, "_answer_all", counted)
    long, short = {"problem": "The parcel has not arrived. " * 75}, {"problem": "the parcel has not arrived"}
    response = reader.post("/v1/similar/batch", json={"questions": [*[short] * 10, *[long] * 3, short]})

    assert len(response.json()["results"]) == 14
    assert sizes == [8, 2, 1, 1, 1, 1]
