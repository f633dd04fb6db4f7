"""The walk by HTTP in docs/lifecycle.md, and what a reviewer sees on the way."""

import re
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.api.models.responses import CaseStateResponse, ReviewListResponse, StepListResponse
from retriever.api.routes.lifecycle import RETIREMENT
from retriever.api.routes.reviews import SCREENING
from retriever.domain import OPERATOR, Actor, Role
from retriever.wiring.service import Service

PAGE = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
PEOPLE = (
    Actor("ann", Role.CONTRIBUTOR, "red"),
    Actor("lee", Role.REVIEWER, "red"),
    Actor("kim", Role.KNOWLEDGE_MANAGER, ""),
)
CASE = {"id": "D-1", "problem": "the plotter draws crooked lines", "solution": "level the table", "product": "LX2"}
BODIES: dict[str, Any] = {
    "/v1/cases": CASE,
    "approve": SCREENING,
    "reject": {"reason": "which one?"},
    "retire": {"reason": "sold no more"},
    "retirements": RETIREMENT,
    "D-1": {**CASE, "solution": "level the table twice"},
}


def test_the_walk_by_http(service: Service) -> None:
    """Every request of the page has the status that the page says; search follows at once."""
    keys = {who.id: service.store.keys.create(who, by=OPERATOR, days=1).text for who in PEOPLE}
    block = re.search(r"```http\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    tag, answers = "*", []
    with TestClient(create_app(service), raise_server_exceptions=False) as client:

        def live() -> list[str]:
            question = {"problem": "the plotter draws crooked lines", "min_confidence": 0.5}
            found = client.post("/v1/similar", json=question, headers={"X-API-Key": keys["ann"]}).json()["matches"]
            return [match["solution"] for match in found if match["id"] == "D-1"]

        seen = []
        for line in block[1].splitlines():
            who, method, path, status = line.split()
            body = next((body for end, body in BODIES.items() if path.endswith(end)), None)
            sent = {"json": body} if body is not None and method in ("POST", "PUT") else {}
            answer = client.request(method, path, headers={"X-API-Key": keys[who], "If-Match": tag}, **sent)
            assert answer.status_code == int(status), (line, answer.text)
            tag = answer.headers.get("ETag", tag)
            answers.append(answer.json())
            seen.append(live())

    first = ["level the table"]
    assert seen == [[]] * 6 + [first] * 6 + [[]] + [first] * 3
    ReviewListResponse.model_validate(answers[3], strict=True)
    assert answers[3]["reviews"][0]["review"]["waiting_for"] == "first"
    CaseStateResponse.model_validate(answers[8], strict=True)
    assert [change["field"] for change in answers[8]["review"]["changes"]] == ["solution"]
    StepListResponse.model_validate(answers[-1], strict=True)
    assert answers[-1]["steps"][0]["actor"] == "ann"
