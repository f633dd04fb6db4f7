"""Questions and feedback over HTTP, and what the library keeps of them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from retriever.api.feedback import FEEDBACK_DAYS
from retriever.api.models.responses import FeedbackResponse
from retriever.api.routes.reviews import SCREENING
from retriever.domain import OPERATOR, Actor, Role
from retriever.evaluation.judgements import judgements_from_feedback
from retriever.store import LoggedQuery, ShownCase, open_store
from retriever.store.query_ids import QueryIds
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, build_service, client_of
from tests.support.builders import make_case

PARCEL = "the parcel has not arrived. The parcel has not arrived: mia.lang@example.org"


def asked(client: TestClient, text: str = PARCEL, **more: Any) -> str:  # noqa: ANN401
    """Ask; the id of the answer."""
    answer = client.post("/v1/similar", json={"problem": text, **more}).json()
    return str(answer["query_id"])


def tell(client: TestClient, query_id: str = "", case: str = "parcel", event: str = "solved", **more: Any) -> bool:  # noqa: ANN401
    """Give feedback; was it recorded? One that is not says why."""
    sent = {"case_id": case, "event": event, "query_id": query_id, **more}
    answer = client.post("/v1/feedback", json=sent)
    told = FeedbackResponse.model_validate(answer.json(), strict=True)
    assert answer.status_code == 200
    assert bool(told.reason) is not told.recorded
    return told.recorded


def reuse(client: TestClient, case: str = "parcel") -> dict[str, Any]:
    """How often a case was used."""
    found: dict[str, Any] = client.get(f"/v1/cases/{case}").json()["reuse"]
    return found


def test_feedback_counts_once_for_a_question(client: TestClient) -> None:
    """The same event for the same question and case is recorded once and shows in the case's reuse; another question
    or another kind counts again."""
    question = asked(client)

    assert [tell(client, question) for _ in range(3)] == [True, False, False]
    assert [tell(client, question, event=event) for event in ("opened", "copied", "linked")] == [True] * 3
    assert tell(client, asked(client))
    assert {name: reuse(client)[name] for name in ("opened", "copied", "linked", "solved")} == {
        "opened": 1, "copied": 1, "linked": 1, "solved": 2,
    }  # fmt: skip


def forged(question: str) -> list[str]:
    """What somebody may send instead of an id that was issued."""
    bare, _, sealed = question.partition("-")
    other = f"{int(bare, 16) ^ 1:016x}"
    return [
        "", "abc", other, "9f86d081884c7d65", f"{other}-{sealed}", f"{bare}-", f"{bare}-{sealed[:-4]}",
        f"{bare}-{'A' * len(sealed)}", f"{bare}-{sealed[4:]}", f"{bare.upper()}-{sealed}", f"{bare}-{sealed}A",
        f"{bare}-{sealed}{sealed}"[:320], f"{bare}-_{sealed[1:]}", "-" + sealed, "x" * 320,
    ]  # fmt: skip


def test_invented_questions_count_for_nothing(client: TestClient) -> None:
    """Ids that were made up, cut, mixed or left out; a question that was asked of another library."""
    question = asked(client)
    foreign = QueryIds(bytes(32)).issue(question[:16], ["parcel"], now=time.time())

    for event in ("solved", "opened", "copied", "linked", "wrong"):
        given = [*forged(question), foreign]
        assert [id for id in given if tell(client, id, event=event) and (id or event != "wrong")] == []
    assert {name: reuse(client)[name] for name in ("opened", "copied", "linked", "solved")} == {
        "opened": 0, "copied": 0, "linked": 0, "solved": 0,
    }  # fmt: skip


def test_only_cases_that_were_shown_count(client: TestClient) -> None:
    """The answer named one case; what it did not name it cannot have solved."""
    question = asked(client, filters={"exclude_ids": ["refund", "druck"]})

    assert not tell(client, question, case="refund")
    assert not tell(client, question, case="druck", event="opened")
    assert tell(client, question)
    assert (reuse(client, "refund")["solved"], reuse(client, "druck")["opened"]) == (0, 0)


def test_an_answer_that_abstained_counts_for_no_case(client: TestClient) -> None:
    """It showed none."""
    assert not tell(client, asked(client, "zyx wvu"))


def test_cases_shown_by_their_id_alone_count_too(tmp_path: Path) -> None:
    """A case that another one stands for was shown by its id."""
    twins = [make_case(name, "the parcel has not arrived", solution="wait a week for it") for name in ("one", "two")]
    with build_service(tmp_path, *twins) as service, client_of(service) as client:
        answer = client.post("/v1/similar", json={"problem": "the parcel has not arrived"}).json()
        (match,) = answer["matches"]

        assert [tell(client, answer["query_id"], case=case) for case in (match["id"], *match["more_like_this"])] == [
            True, True,
        ]  # fmt: skip


def test_every_way_to_ask_issues_ids(client: TestClient) -> None:
    """Single questions, batches, and cases like a stored one."""
    batch = client.post("/v1/similar/batch", json={"questions": [{"problem": PARCEL}]}).json()["results"]
    like = client.get("/v1/cases/refund/similar", params={"min_confidence": 0}).json()

    assert tell(client, batch[0]["query_id"])
    assert tell(client, like["query_id"], case=like["matches"][0]["id"])


def test_ids_count_in_every_process_and_after_a_restart(tmp_path: Path) -> None:
    """Another process of the same library knows them at once, and a later one too, with or without a log."""
    for log in (True, False):
        with build_service(tmp_path, *LIBRARY, log_queries=log) as one, client_of(one) as first:
            question, later = asked(first), asked(first)
            with build_service(tmp_path, log_queries=log) as two, client_of(two) as second:
                assert tell(second, question)
                assert not tell(first, question)
        with build_service(tmp_path, log_queries=log) as again, client_of(again) as third:
            assert tell(third, later)
            assert not tell(third, question)


def test_ids_expire(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three months nobody says any more what came of a question; a day before, one may."""
    early, late = asked(client), asked(client)
    now = time.time()
    monkeypatch.setattr("retriever.api.feedback.time.time", lambda: now + (FEEDBACK_DAYS - 1) * 86_400)
    assert tell(client, early)
    monkeypatch.setattr("retriever.api.feedback.time.time", lambda: now + (FEEDBACK_DAYS + 1) * 86_400)
    assert not tell(client, late)
    assert reuse(client)["solved"] == 1


def test_what_is_forgotten_does_not_count_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where questions are kept for a week only, an older id is refused: nobody knows what was told of it."""
    with build_service(tmp_path, *LIBRARY, log_retention_days=7) as service, client_of(service) as client:
        question = asked(client)
        assert tell(client, question)
        service.store.events.delete_before("2999-01-01T00:00:00Z")
        now = time.time()
        monkeypatch.setattr("retriever.api.feedback.time.time", lambda: now + 8 * 86_400)

        assert not tell(client, question)
        assert reuse(client)["solved"] == 1


def test_feedback_can_be_taken_back(client: TestClient) -> None:
    """And given again; what was never told, or of another kind, cannot."""
    question = asked(client)
    tell(client, question)
    tell(client, question, event="opened")

    assert not tell(client, question, event="copied", retract=True)
    assert [tell(client, question, retract=True) for _ in range(2)] == [True, False]
    taken = reuse(client)
    assert (taken["solved"], taken["opened"], taken["last_solved_at"]) == (0, 1, "")
    assert tell(client, question)
    assert reuse(client)["solved"] == 1


def test_people_count_and_take_back_apart(service: Service) -> None:
    """Each key counts once for a question, whoever asked it; nobody takes back what another one told."""
    people = {name: service.store.keys.create(Actor(name, Role.VIEWER), by=OPERATOR, days=1).text for name in "ab"}
    with client_of(service) as client:
        client.headers["X-API-Key"] = people["a"]
        question = asked(client)
        assert [tell(client, question) for _ in range(2)] == [True, False]
        client.headers["X-API-Key"] = people["b"]
        assert not tell(client, question, retract=True)
        assert [tell(client, question) for _ in range(2)] == [True, False]
        assert reuse(client)["solved"] == 2
        assert tell(client, question, retract=True)
        assert reuse(client)["solved"] == 1


def due(client: TestClient) -> list[tuple[str, int, int]]:
    """What is due for review, and what readers say of it."""
    cases = client.get("/v1/reviews/due").json()["cases"]
    return [(case["id"], case["reuse"]["wrong"], case["reuse"]["outdated"]) for case in cases]


def test_wrong_and_outdated_put_a_case_on_the_list(service: Service) -> None:
    """With or without a question, once per person and version; taken back, it is off the list again."""
    people = {name: service.store.keys.create(Actor(name, Role.REVIEWER), by=OPERATOR, days=1).text for name in "ab"}
    with client_of(service) as client:
        client.headers["X-API-Key"] = people["a"]
        assert due(client) == []
        assert [tell(client, event="wrong"), tell(client, asked(client), event="wrong")] == [True, False]
        assert tell(client, case="refund", event="outdated")
        client.headers["X-API-Key"] = people["b"]
        assert tell(client, event="wrong")
        assert tell(client, event="outdated")
        assert due(client) == [("refund", 0, 1), ("parcel", 2, 1)]

        assert tell(client, event="wrong", retract=True)
        assert tell(client, event="outdated", retract=True)
        assert due(client) == [("refund", 0, 1), ("parcel", 1, 0)]
        client.headers["X-API-Key"] = people["a"]
        assert tell(client, event="wrong", retract=True)
        assert due(client) == [("refund", 0, 1)]
        assert reuse(client)["solved"] == 0


def test_a_new_version_or_a_look_answers_a_report(service: Service) -> None:
    """Whoever changes the case, or confirms that it holds, has read what readers said; they may say it again."""
    people = {
        role: service.store.keys.create(Actor(role.name.lower(), role), by=OPERATOR, days=1).text
        for role in (Role.VIEWER, Role.KNOWLEDGE_MANAGER)
    }
    with client_of(service) as client:
        reader, manager = ({"X-API-Key": key} for key in people.values())
        case = client.get("/v1/cases/parcel", headers=manager).json()
        deeds: tuple[Callable[[], Any], ...] = (
            lambda: client.put(
                "/v1/cases/parcel", json=case | {"solution": "new"}, headers=manager | {"If-Match": "*"}
            ),
            lambda: client.post("/v1/cases/parcel/confirm", json=SCREENING, headers=manager | {"If-Match": "*"}),
            lambda: client.post("/v1/cases/parcel/confirm", json=SCREENING, headers=manager | {"If-Match": "*"}),
        )
        for deed in deeds:
            client.headers.update(reader)
            assert tell(client, event="outdated")
            assert not tell(client, event="outdated")
            client.headers.update(manager)
            assert [id for id, *_ in due(client)] == ["parcel"]
            assert deed().status_code == 200
            assert due(client) == []


def test_reports_of_hidden_cases_do_not_exist(service: Service) -> None:
    """Nobody reports, or takes back, what they cannot see."""
    service.write_cases([make_case("secret", "the prototype overheats", audience=["lab"])])
    key = service.store.keys.create(Actor("a", Role.VIEWER), by=OPERATOR, days=1).text
    with client_of(service) as client:
        for more in ({}, {"retract": True}):
            told = {"case_id": "secret", "event": "wrong", **more}
            assert client.post("/v1/feedback", json=told, headers={"X-API-Key": key}).status_code == 404


def test_a_question_of_an_older_version_counts_by_the_log(service: Service) -> None:
    """Its id has no seal; the log of questions says which cases were shown."""
    parcel, refund = (service.store.cases.get(id).key for id in ("parcel", "refund"))
    logged = LoggedQuery("9f86d081884c7d65", "2026-11-01T00:00:00Z", matches=(ShownCase(parcel, 0.9),))
    service.store.events.log_queries([logged])
    with client_of(service) as client:
        assert refund != parcel
        assert not tell(client, "9f86d081884c7d65", case="refund")
        assert [tell(client, "9f86d081884c7d65") for _ in range(2)] == [True, False]


def test_feedback_on_an_unknown_case_is_404(client: TestClient) -> None:
    """Feedback names a case that exists."""
    response = client.post("/v1/feedback", json={"case_id": "nobody", "event": "opened"})

    assert (response.status_code, response.json()["code"]) == (404, "case_not_found")


def ask_and_leave(folder: Path, *questions: str, **settings: Any) -> list[str]:  # noqa: ANN401
    """Ask a new server each question and stop it; the ids of the answers, as the log has them: without the seal."""
    with build_service(folder, *LIBRARY, **settings) as service, client_of(service) as client:
        ids = [client.post("/v1/similar", json={"problem": text}).json()["query_id"] for text in questions]
        batch = {"questions": [{"problem": text} for text in questions]}
        ids += [one["query_id"] for one in client.post("/v1/similar/batch", json=batch).json()["results"]]
        client.post("/v1/feedback", json={"query_id": ids[0], "case_id": "parcel", "event": "solved"})
    return [id.partition("-")[0] for id in ids]


def test_questions_are_kept_with_what_was_shown(tmp_path: Path) -> None:
    """A stopped server has logged every question, single and of a batch, and counted what it showed; no text."""
    ids = ask_and_leave(tmp_path, PARCEL, "zyx wvu")

    with open_store(tmp_path / "library.sqlite3") as store:
        logged = {query.query_id: query for query in store.events.iter_queries()}
        assert set(logged) == set(ids)
        assert [logged[id].abstained for id in ids] == [False, True, False, True]
        assert logged[ids[0]].matches[0].key == store.cases.get("parcel").key
        assert store.cases.get("parcel").reuse.shown == 2
        assert {query.text for query in logged.values()} == {""}


def test_kept_texts_are_masked_and_become_judgements(tmp_path: Path) -> None:
    """With `log_questions` the text is kept without personal values, and feedback makes it a judged question."""
    ask_and_leave(tmp_path, PARCEL, log_questions=True)

    with open_store(tmp_path / "library.sqlite3") as store:
        labelled = judgements_from_feedback(store)
    (question,) = labelled.questions
    assert "the parcel has not arrived" in question.text
    assert "mia.lang" not in question.text
    assert labelled.qrels == {question.id: {"parcel": 3}}


def test_questions_are_not_kept_when_not_wanted(tmp_path: Path) -> None:
    """`log_queries` off keeps nothing, whatever `log_questions` says; feedback is still counted."""
    ask_and_leave(tmp_path, PARCEL, log_queries=False, log_questions=True)

    with open_store(tmp_path / "library.sqlite3") as store:
        assert list(store.events.iter_queries()) == []
        assert (store.cases.get("parcel").reuse.shown, store.cases.get("parcel").reuse.solved) == (0, 1)


@pytest.mark.parametrize("name", ["similar_cases_queries_logged_total", "similar_cases_queries_dropped_total"])
def test_the_log_is_measured(reader: TestClient, name: str) -> None:
    """What is logged and what is dropped can be watched."""
    assert name in reader.get("/metrics").text
