"""The description says what the program does, and the page in docs/ what the description says."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from retriever import domain
from retriever.api.app import create_app
from retriever.api.models import matches, requests, responses
from retriever.api.reference import api_reference, described_api
from retriever.case.format import case_from_dict
from retriever.config import Settings
from retriever.errors import InvalidCase

OPERATIONS = {
    "listReviews",
    "listDueReviews",
    "getReview",
    "submitCase",
    "withdrawCase",
    "approveCase",
    "rejectCase",
    "reviseCase",
    "discardRevision",
    "confirmCase",
    "retireCase",
    "reinstateCase",
    "mergeCases",
    "unmergeCase",
    "retireProduct",
    "listDeletedCases",
    "undeleteCase",
    "restoreVersion",
    "diffVersions",
    "listSteps",
    "putCases",
    "findSimilar",
    "findSimilarBatch",
    "findSimilarTo",
    "giveFeedback",
    "checkCase",
    "createCase",
    "listCases",
    "getCase",
    "putCase",
    "deleteCase",
    "listVersions",
    "getHealth",
    "getReady",
    "getVersion",
    "getMetrics",
    "receiveWebhook",
    "linkCase",
    "unlinkCase",
}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The description."""
    return described_api()


def operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    """All operations of all paths."""
    return [operation for methods in described["paths"].values() for operation in methods.values()]


def test_operations_have_stable_names(described: dict[str, Any]) -> None:
    """The names that clients are generated from change only on purpose."""
    names = [operation["operationId"] for operation in operations(described)]

    assert described["openapi"].startswith("3.1")
    assert len(names) == len(set(names))
    assert set(names) == OPERATIONS


def test_every_route_is_described(described: dict[str, Any]) -> None:
    """No route hides from the description, and each one names problem+json for its errors."""
    app = create_app(lambda: pytest.fail("opened"), Settings())
    routes = {(route.path, *sorted(route.methods or ())) for route in app.routes if isinstance(route, APIRoute)}

    assert routes == {(path, method.upper()) for path, methods in described["paths"].items() for method in methods}
    for operation in operations(described):
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """Each $ref names a schema that is there, and each schema is referred to."""
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                found.add(node["$ref"].rpartition("/")[2])
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(described)
    assert found == set(described["components"]["schemas"])


def test_examples_are_accepted(described: dict[str, Any], reader: TestClient) -> None:
    """Every example of a body passes the check that real bodies pass."""
    models: dict[str, Any] = {
        "findSimilar": requests.SimilarRequest.model_validate,
        "findSimilarBatch": requests.BatchRequest.model_validate,
        "giveFeedback": requests.FeedbackRequest.model_validate,
        "checkCase": case_from_dict,
        "createCase": case_from_dict,
        "putCase": case_from_dict,
        "reviseCase": case_from_dict,
        "approveCase": requests.ScreeningRequest.model_validate,
        "confirmCase": requests.ScreeningRequest.model_validate,
        "rejectCase": requests.RejectRequest.model_validate,
        "retireCase": requests.RetireRequest.model_validate,
        "retireProduct": requests.RetireProductRequest.model_validate,
        "mergeCases": requests.MergeRequest.model_validate,
        "restoreVersion": requests.RestoreRequest.model_validate,
        "linkCase": requests.LinkRequest.model_validate,
        "unlinkCase": requests.LinkRequest.model_validate,
    }
    seen = set()
    for operation in operations(described):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in content.get("examples", {}).values():
                models[operation["operationId"]](example["value"])
                seen.add(operation["operationId"])
    answer = described["paths"]["/v1/similar"]["post"]["responses"]["200"]["content"]["application/json"]["example"]

    matches.SimilarResponse.model_validate(answer, strict=True)
    assert seen == models.keys()


def test_the_described_case_is_the_case() -> None:
    """The described fields, and their required ones, are those of the domain, in order."""
    assert list(responses.CaseFields.model_fields) == [field.name for field in fields(domain.Case)]
    for model, cls in (
        (responses.SourcePart, domain.Source),
        (responses.OutcomePart, domain.Outcome),
        (responses.ReusePart, domain.Reuse),
        (matches.ScorePart, domain.ScoreParts),
    ):
        assert list(model.model_fields) == [field.name for field in fields(cls)]


@pytest.mark.parametrize("name", ["problem", "title", "summary", "product", "category", "steps", "tags"])
def test_the_described_limits_are_the_limits(described: dict[str, Any], name: str) -> None:
    """A field at its described limit is accepted, one above is refused."""
    schema = described["components"]["schemas"]["CaseFields"]["properties"][name]
    case = {"id": "x", "problem": "p", "solution": "s"}
    limit = schema.get("maxLength") or schema["items"]["maxLength"]

    def sized(size: int) -> dict[str, Any]:
        return case | {name: "x" * size if schema["type"] == "string" else ["x" * size]}

    case_from_dict(sized(limit))
    with pytest.raises(InvalidCase):
        case_from_dict(sized(limit + 1))


def test_no_page_needs_the_web(reader: TestClient) -> None:
    """The pages that would load scripts from elsewhere are off; the description is served."""
    assert [reader.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 200]


def test_the_page_is_in_step(described: dict[str, Any]) -> None:
    """docs/api.md is what `python -m retriever.api.reference` writes."""
    page = Path(__file__).parents[2] / "docs" / "api.md"

    assert page.read_text(encoding="utf-8") == api_reference(described)
