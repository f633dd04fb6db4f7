"""Generated requests, good and bad, over the whole description: no fault, no undescribed answer."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from retriever.api.app import create_app
from retriever.api.reference import described_api
from retriever.service import Service
from tests.api.conftest import LIBRARY, build_service

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LENIENT = {"createCase", "putCase", "putCases"}
"""A case is read as spreadsheets write it: numbers for texts and so on are understood, so they are not refused."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A library that the generated requests may change."""
    with build_service(tmp_path_factory.mktemp("fuzzed")) as service:
        service.put_cases(LIBRARY)
        yield service


schema = schemathesis.openapi.from_dict(described_api())


@schema.parametrize()
@settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests_are_answered_as_described(case: "schemathesis.Case[Any]", fuzzed: Service) -> None:
    """No request makes a fault, every answer has a described status, type and shape, and bad data is refused."""
    app = create_app(fuzzed)
    try:
        response = case.call(app=app)
        checks = (
            CHECKS if case.operation.definition.raw["operationId"] in LENIENT else [*CHECKS, negative_data_rejection]
        )
        case.validate_response(response, checks=checks)
    finally:
        app.state.serving.workers.close()
