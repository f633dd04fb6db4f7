"""Many questions, one a line: each is answered by itself, and a line that is none is told and skipped."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TextIO

from retriever.domain import QUESTION_LIMIT, Query, SearchResult
from retriever.errors import InvalidInput, InvalidQuery
from retriever.ingest.files.json_text import parsed_json
from retriever.wiring.service import Service

MANY = 100_000
"""Most questions of one run."""
_LINE = 256_000
_PROBLEM = ("problem", "text", "question")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one line: its result, or the fault for which it was not asked."""

    line: int
    id: str
    result: SearchResult | None = None
    fault: str = ""


def answers_of(service: Service, lines: TextIO, query: Query) -> Iterator[Answer]:
    """The answer of each line that is not blank, in order; `query` says what all questions have in common.

    A line is a text, or a JSON object with `problem` and, if wanted, `id`, `title`, `product` and `error_codes`. One
    question at a time is in memory. Raises InvalidInput for more than MANY.
    """
    number = asked = 0
    while line := lines.readline(_LINE):
        number += 1
        if not line.strip().strip("\ufeff"):
            continue
        if (asked := asked + 1) > MANY:
            raise InvalidInput(f"line {number}: {MANY} questions are answered, no more; ask the rest in another run.")
        rest = line
        while len(rest) == _LINE and not rest.endswith("\n"):  # a longer line is read to its end, and refused
            rest = lines.readline(_LINE)
        yield _answer(service, number, line, query)


def _answer(service: Service, number: int, line: str, query: Query) -> Answer:
    id = ""
    try:
        row = _row(line)
        id = str(row.get("id") or "")[:QUESTION_LIMIT]
        return Answer(number, id, service.find_similar(replace(query, **_parts(row))))
    except InvalidQuery as error:
        return Answer(number, id, fault=str(error))


def _row(line: str) -> dict[str, Any]:
    """The line as an object: its own, or one with the text as the problem. Raises InvalidQuery."""
    text = line.strip().strip("\ufeff").strip()
    if not text.startswith("{") or len(line) >= _LINE:
        return {"problem": text}
    try:
        row = parsed_json(text)
    except ValueError as error:
        raise InvalidQuery("the line is no JSON object.") from error
    return row if isinstance(row, dict) else {}


def _parts(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a question. Raises InvalidQuery."""
    found = {name: str(value).strip() for name, value in row.items() if isinstance(value, str | int)}
    problem = next((found[name] for name in _PROBLEM if found.get(name)), "")
    parts: dict[str, Any] = {name: found[name] for name in ("title", "product") if name in found}
    parts["problem"] = problem
    if isinstance(codes := row.get("error_codes"), list):
        parts["error_codes"] = tuple(str(code)[:200] for code in codes[:50])
    if not (problem or parts.get("title") or parts.get("error_codes")):
        raise InvalidQuery("the question is empty: give it a problem.")
    if max(len(problem), len(parts.get("title", ""))) > QUESTION_LIMIT:
        raise InvalidQuery(f"the question has more than {QUESTION_LIMIT} characters: shorten it.")
    return parts
