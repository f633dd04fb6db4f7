"""Many cases at once: one JSON object per line in, one result per line out; a bad line never stops the good ones."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any, TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from index.turns import in_turns
from retriever.api.models.responses import BulkLineResponse, CaseFields
from retriever.api.openapi import reference_to
from retriever.api.requests import NDJSON, actor_of, check_media_type, iter_body, runtime_of, service_of
from retriever.api.routing import RequestBody, Responses, Route
from retriever.case.reading import case_of
from retriever.domain import Actor, Case
from retriever.errors import InvalidCase
from retriever.ingest.files.json_text import exact_json
from retriever.wiring.service import Service

PATH = "/v1/cases/bulk"
OUTCOMES = ("created", "updated", "unchanged", "refused")
LINES_PER_BATCH = 200
LINE_LIMIT = 1_048_576
"""Bytes of one line; a case with every field full is smaller."""
BYTES_IN_MEMORY = 1_048_576
CHUNK_BYTES = 65_536
NumberedLine: TypeAlias = tuple[int, bytes | None]
"""Its number from 1, and its content; None when it is above the limit."""


@dataclass(slots=True)
class LineSplitter:
    """Cuts a stream of bytes into numbered lines; a line that is too long is cut off and marked, not kept."""

    limit: int = LINE_LIMIT
    number: int = 0
    _rest: bytearray = field(default_factory=bytearray)
    _too_long: bool = False

    def feed(self, piece: bytes) -> list[NumberedLine]:
        """The lines that end in this piece, blank ones left out."""
        *ends, rest = piece.split(b"\n")
        lines = []
        for end in ends:
            if not end and not self._rest and not self._too_long:
                self.number += 1
                continue
            self._keep(end)
            lines += self.finish()
        self._keep(rest)
        return lines

    def finish(self) -> list[NumberedLine]:
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


async def put_cases(request: Request) -> Response:
    """Create or replace many cases. Lines go in by the hundred as they arrive, each hundred searchable at once.

    When the upload is cut off or refused half-way, what came before is kept; sending all of it again changes nothing.
    """
    check_media_type(request.headers, NDJSON)
    service, arrivals, actor = service_of(request), runtime_of(request).arrivals, actor_of(request)
    counts = dict.fromkeys(OUTCOMES, 0)
    with ExitStack() as stack:
        results = stack.enter_context(SpooledTemporaryFile(BYTES_IN_MEMORY))
        async for batch in _batches(request):
            # Results are kept until the upload ends: few clients read while they still send.
            results.write(await arrivals.run_patiently(partial(_write_batch, service, actor, batch, counts)))
        results.write(orjson.dumps({"done": True, **counts}) + b"\n")
        results.seek(0)
        stack.pop_all()  # the response closes it
    return StreamingResponse(_chunks(results), media_type=NDJSON[0])


async def _batches(request: Request) -> AsyncIterator[list[NumberedLine]]:
    splitter, waiting = LineSplitter(), list[NumberedLine]()
    async for piece in iter_body(request):
        waiting += splitter.feed(piece)
        while len(waiting) >= LINES_PER_BATCH:
            yield waiting[:LINES_PER_BATCH]
            del waiting[:LINES_PER_BATCH]
    waiting += splitter.finish()
    if waiting:
        yield waiting


async def _chunks(results: "SpooledTemporaryFile[bytes]") -> AsyncIterator[bytes]:
    try:
        while piece := results.read(CHUNK_BYTES):
            yield piece
    finally:
        results.close()


def _write_batch(service: Service, actor: Actor, batch: list[NumberedLine], counts: dict[str, int]) -> bytes:
    """Write the cases of some lines; the result lines."""
    answers: list[dict[str, Any]] = []
    cases: list[Case] = []
    for number, line in in_turns(batch):
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
        counts[answer.get("action", "refused")] += 1
    return b"".join(orjson.dumps(answer) + b"\n" for answer in answers)


def _read_line(line: bytes | None) -> Case:
    if line is None:
        raise InvalidCase("line", f"is longer than {LINE_LIMIT:,} bytes")
    try:
        row = exact_json(line)
    except ValueError as error:
        raise InvalidCase("line", f"is not valid JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidCase("line", "is no JSON object")
    return case_of(row)


_ANSWERED: Responses = {
    200: {
        "description": "One result per line that is not blank, in order, then one line with `done` and the counts.",
        "content": {NDJSON[0]: {"schema": reference_to(BulkLineResponse)}},
    }
}
ROUTES = (Route(f"POST {PATH}", put_cases, body=RequestBody(CaseFields, media_type=NDJSON[0]), responses=_ANSWERED),)
