"""Generated requests, good and bad, over the whole description: no fault, no undescribed answer."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
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
from retriever.api.security.permissions import PERMISSIONS, SpecialAccess
from retriever.domain import OPERATOR, Actor, Role
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, build_service

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LENIENT = {"checkCase", "createCase", "putCase", "putCases", "reviseCase"}
"""A case is read as spreadsheets write it: numbers for texts and so on are understood, so they are not refused."""


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: object, value: object) -> bytes:
    """One generated case as the only line of a bulk upload."""
    del ctx
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A library that the generated requests may change."""
    with build_service(tmp_path_factory.mktemp("fuzzed"), *LIBRARY) as service:
        yield service


@pytest.fixture(scope="module")
def keys(fuzzed: Service) -> dict[str, str]:
    """A key without a limit for each of some roles."""
    return {
        name: fuzzed.store.keys.create(Actor(name, role), by=OPERATOR, days=1, rate_limit=1_000_000).text
        for name, role in ROLES.items()
    }


@asynccontextmanager
async def idle(_app: FastAPI) -> AsyncIterator[None]:
    """No threads that follow the library: each generated request would start its own."""
    yield


@pytest.fixture(scope="module")
def app(fuzzed: Service) -> Iterator[FastAPI]:
    """One application for all generated requests."""
    app = create_app(fuzzed)
    app.router.lifespan_context = idle
    yield app
    app.state.runtime.workers.close()


schema = schemathesis.openapi.from_dict(described_api())
# Keys are sent by the tests themselves: generated ones would be refused nearly always.
schema.config.generation.update(with_security_parameters=False)
ROLES = {role.name.lower(): role for role in (Role.CONTRIBUTOR, Role.ADMIN)}


@pytest.mark.parametrize("role", ROLES)
@schema.parametrize()
@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests_are_answered_as_described(
    case: "schemathesis.Case[Any]", app: FastAPI, keys: dict[str, str], role: str
) -> None:
    """With a key: no request makes a fault, every answer has a described status and shape, bad data is refused."""
    response = case.call(app=app, headers={"Authorization": f"Bearer {keys[role]}"})
    checks = CHECKS if case.operation.definition.raw["operationId"] in LENIENT else [*CHECKS, negative_data_rejection]

    case.validate_response(response, checks=checks)


@schema.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests_without_a_key_are_refused(
    case: "schemathesis.Case[Any]", app: FastAPI, keys: dict[str, str]
) -> None:
    """Whatever a stranger sends, routes that need a role answer 401 (or 429), and no other route fails."""
    del keys
    response = case.call(app=app)

    permission = PERMISSIONS[case.operation.definition.raw["operationId"]]
    refused = response.status_code in (401, 429)
    # A webhook asks for a signature instead of a key, and refuses one that is missing in the same way.
    wanted = (refused,) if permission is SpecialAccess.SIGNED else (permission is not SpecialAccess.PUBLIC,)
    assert refused in wanted or response.status_code in (404, 405, 413)
    assert response.status_code < 500 or response.status_code == 503
