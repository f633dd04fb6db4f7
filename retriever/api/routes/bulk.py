"""Many cases at once: one JSON object per line in, one result per line out; a bad line never stops the good ones."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from retriever.api.openapi import REFERENCE, problems
from retriever.api.requests import NDJSON, actor_of, check_media_type, serving_of
from retriever.case.format import case_from_dict
from retriever.domain import Actor, Case
from retriever.errors import InvalidCase
from retriever.wiring.service import Service

PATH = "/v1/cases/bulk"
LINES_PER_TURN = 200
LINE_LIMIT = 1_048_576
"""Bytes of one line; a case with every field full is smaller."""
IN_MEMORY = 1_048_576
PIECE = 65_536


@dataclass(slots=True)
class Lines:
    """Cuts a stream of bytes into numbered lines; a line that is too long is cut off and marked, not kept."""

    limit: int = LINE_LIMIT
    number: int = 0
    _rest: bytearray = field(default_factory=bytearray)
    _too_long: bool = False

    def feed(self, piece: bytes) -> list[tuple[int, bytes | None]]:
        """The lines that end in this piece, blank ones left out; None stands for a line above the limit."""
        *ends, rest = piece.split(b"\n")
        lines = []
        for end in ends:
            self._keep(end)
            lines += self.finish()
        self._keep(rest)
        return lines

    def finish(self) -> list[tuple[int, bytes | None]]:
        """The line in the making, if there is one."""
        self.number += 1
        line = None if self._too_long else bytes(self._rest).strip()
        self._rest.clear()
        self._too_long = False
        return [] if line == b"" else [(self.number, line)]

    def _keep(self, part: bytes) -> None:
        self._too_long = self._too_long or len(self._rest) + len(part) > self.limit
        if self._too_long:
            self._rest.clear()
        else:
            self._rest += part


@dataclass(slots=True)
class Tally:
    """What became of all lines."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def count(self, action: str) -> None:
        """One more line with this outcome."""
        setattr(self, action, getattr(self, action) + 1)


def add_bulk_routes(app: FastAPI) -> None:
    """Register the route of this file."""
    lines = {"schema": {"$ref": REFERENCE.format(model="BulkLineResponse")}}
    case = {"schema": {"$ref": REFERENCE.format(model="CaseFields")}}
    app.add_api_route(
        PATH, put_cases, methods=["POST"], operation_id="putCases", tags=["cases"], response_class=StreamingResponse,
        openapi_extra={"requestBody": {"required": True, "content": {NDJSON[0]: case}}},
        responses=problems(400, 413, 415) | {200: {"description": DESCRIPTION, "content": {NDJSON[0]: lines}}},
    )  # fmt: skip


DESCRIPTION = "One result per line that is not blank, in order, then one line with `done` and the counts."


async def put_cases(request: Request) -> Response:
    """Create or replace many cases. Lines go in by the hundred as they arrive, each hundred searchable at once.

    When the upload is cut off or refused half-way, what came before is kept; sending all of it again changes nothing.
    """
    check_media_type(request.headers, NDJSON)
    service, workers, actor = serving_of(request).service, serving_of(request).workers, actor_of(request)
    results = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the response closes it
    tally = Tally()
    try:
        async for turn in _turns(request):
            # Results are kept until the upload ends: few clients read while they still send.
            results.write(await workers.run_patiently(partial(_put_turn, service, actor, turn, tally)))
    except BaseException:
        results.close()
        raise
    results.write(orjson.dumps({"done": True, **_counts(tally)}) + b"\n")
    results.seek(0)
    return StreamingResponse(_pieces(results), media_type=NDJSON[0])


async def _turns(request: Request) -> AsyncIterator[list[tuple[int, bytes | None]]]:
    lines, waiting = Lines(), list[tuple[int, bytes | None]]()
    async for piece in request.stream():
        waiting += lines.feed(piece)
        while len(waiting) >= LINES_PER_TURN:
            yield waiting[:LINES_PER_TURN]
            del waiting[:LINES_PER_TURN]
    waiting += lines.finish()
    if waiting:
        yield waiting


async def _pieces(results: "SpooledTemporaryFile[bytes]") -> AsyncIterator[bytes]:
    try:
        while piece := results.read(PIECE):
            yield piece
    finally:
        results.close()


def _put_turn(service: Service, actor: Actor, turn: list[tuple[int, bytes | None]], tally: Tally) -> bytes:
    """Write the cases of some lines; the result lines."""
    answers: list[dict[str, Any]] = []
    cases: list[Case] = []
    for number, line in turn:
        answer: dict[str, Any] = {"line": number}
        try:
            cases.append(_read_line(line))
            answer["id"] = cases[-1].id
        except InvalidCase as error:
            answer["error"] = {"field": error.field, "reason": error.reason}
        answers.append(answer)
    outcomes = iter(service.write_cases(cases, actor=actor) if cases else [])
    for answer in answers:
        if "error" not in answer:
            outcome = next(outcomes)
            if outcome.action == "refused":
                answer["error"] = {"field": "id", "reason": outcome.reason}
            else:
                answer |= {"id": outcome.id, "action": outcome.action}
        tally.count(answer.get("action", "refused"))
    return b"".join(orjson.dumps(answer) + b"\n" for answer in answers)


def _read_line(line: bytes | None) -> Case:
    if line is None:
        raise InvalidCase("line", f"is longer than {LINE_LIMIT:,} bytes")
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidCase("line", f"is not valid JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidCase("line", "is no JSON object")
    return case_from_dict(row)


def _counts(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in ("created", "updated", "unchanged", "refused")}
