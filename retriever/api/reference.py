"""Writes docs/api.md from the OpenAPI description, so that the page cannot say what the program does not do.

`python -m retriever.api.reference > docs/api.md`; a test compares both.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from retriever.api.app import create_app
from retriever.config import Settings
from retriever.errors import Unavailable

_INTRODUCTION = """# The HTTP API

<!-- Written by `python -m retriever.api.reference > docs/api.md`; change the program, not this page. -->

{description}

The machine-readable description is at `/openapi.json`.

## What holds everywhere

- Fields and query parameters that are not listed are refused (422 and 400): a misspelt filter is never ignored.
- Every answer has an `X-Request-ID`: the caller's own, when it is 1 to 64 of `A-Z a-z 0-9 _ -`, else a new one.
- An error is `application/problem+json` with `type, title, status, detail, instance, code, request_id, errors[]`.
  `code` is stable, and texts that were sent are never repeated. What is not even HTTP is refused in plain text.
- A body above `max_body_bytes` (bulk: `max_bulk_bytes`, a question: 512 KiB, feedback: 16 KiB) is 413, announced or
  chunked; one that comes too slowly is 408.
- When `queue_size` requests wait already, or one has waited `request_timeout` seconds for its turn, the answer is 503
  with `Retry-After`. `/healthz`, `/readyz`, `/version` and `/metrics` never queue.
- A change names the version it changes: `If-Match` with the ETag that was read (428 without, 412 when it is old). The
  ETag is the version of the case; the counters in `reuse` may move without a new one.
- Lists are walked by `next_cursor` (also in the `Link` header). Each case that does not change meanwhile is seen once.
- `format: concise` leaves out score, problem, steps, outcome, version, source and reuse.
- With `explain`, passages and aligned phrases hold `[start, end)` of the named field of the same match, as returned, in
  code points (Python, Rust) and UTF-16 units (JavaScript, Java, C#); for lists, `item` is the number of the entry. With
  `concise`, passages of fields that are left out are left out too.
- Bulk uploads answer with one line per line, then one line with `done` and counts. When an upload breaks off or is
  refused half-way, what came before is kept; sending all of it again changes nothing.
- Matches stand in the order of confidence times trust, 0.90 (superseded) to 1.03 (solved many problems): a case never
  stands before one surer by more than that. Cases that say the same are one match, with the ids of the others in
  `more_like_this` (of those looked at for this answer, twenty at a time); `collapse: false` shows each.
- Questions to `POST /v1/similar` and its batch are logged about a second after the answer: id, language, what was
  shown how sure; their masked text only with `log_questions`. `POST /v1/feedback` names them by `query_id`.
  When it cannot keep up, `similar_cases_queries_dropped_total` counts what was not logged; the answers do not wait.
- Time is RFC 3339 in UTC.
- Each route names the role that it takes; [security.md](security.md) has all in one table. A key comes as
  `Authorization: Bearer sc_…` or `X-API-Key`. Without a valid one the answer is 401; with too low a role, 403; a case
  that the key may not see is 404, as if it did not exist.
- With a key, answers have `RateLimit-Policy` and `RateLimit` (requests left, seconds until more); above it: 429.
"""
_LIMITS = {
    "minLength": "min. {} characters",
    "maxLength": "max. {} characters",
    "minItems": "min. {} entries",
    "maxItems": "max. {} entries",
    "minimum": "from {}",
    "maximum": "to {}",
}


def api_reference(openapi: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    lines = [_INTRODUCTION.format(description=openapi["info"]["description"])]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            lines += _operation(method, path, operation)
    lines += ["## Schemas", ""]
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        lines += _schema(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def described_api() -> dict[str, Any]:
    """The OpenAPI description, without opening a library."""
    return create_app(_never_opened, Settings.model_construct()).openapi()


def _never_opened() -> NoReturn:
    raise Unavailable("this application only describes itself.")


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {method.upper()} {path}"
    yield ""
    yield f"`{operation['operationId']}`: {operation['description']}"
    yield ""
    if operation.get("parameters"):
        yield "| Parameter | In | Type | Meaning |"
        yield "|---|---|---|---|"
        for parameter in operation["parameters"]:
            schema = parameter["schema"]
            meaning = parameter.get("description", schema.get("description", ""))
            required = "**" if parameter.get("required") else ""
            yield f"| {required}`{parameter['name']}`{required} | {parameter['in']} | {_type(schema)} | {meaning} |"
        yield ""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body (`{media_type}`): {_type(content['schema'])}"
        yield ""
        for name, example in content.get("examples", {}).items():
            yield f"Example, {name}:"
            yield ""
            yield "```json"
            yield json.dumps(example["value"], ensure_ascii=False, indent=2)
            yield "```"
            yield ""
    yield "| Status | Answer | |"
    yield "|---|---|---|"
    for status, response in operation["responses"].items():
        answers = [_type(content.get("schema", {})) for content in response.get("content", {}).values()]
        yield f"| {status} | {' or '.join(answer for answer in answers if answer)} | {response['description']} |"
    yield ""


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield schema.get("description", "")
    yield ""
    if "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
        yield ""
        return
    required = schema.get("required", [])
    yield "| Field | Type | Limits and meaning |"
    yield "|---|---|---|"
    for field, inner in schema.get("properties", {}).items():
        mark = "**" if field in required else ""
        yield f"| {mark}`{field}`{mark} | {_type(inner)} | {_meaning(inner)} |"
    yield ""


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("type", ""))


def _meaning(schema: Mapping[str, Any]) -> str:
    choices = [schema, *(choice for choice in schema.get("anyOf", []) if "$ref" not in choice)]
    said = [text.format(choice[name]) for choice in choices for name, text in _LIMITS.items() if name in choice]
    if schema.get("default") not in (None, "", [], {}) and not isinstance(schema.get("default"), dict):
        said.append(f"default `{json.dumps(schema['default'])}`")
    return ". ".join(
        part.rstrip(".") for part in (schema.get("description", ""), ", ".join(dict.fromkeys(said))) if part
    )


if __name__ == "__main__":
    sys.stdout.write(api_reference(described_api()))
