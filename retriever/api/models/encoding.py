"""What callers get: domain objects as JSON types.

Built by hand, because validating one's own output costs more than the search; tests hold each answer against its shape.
"""

from collections.abc import Container
from dataclasses import asdict, fields
from typing import Any

from retriever.domain import Case, Explanation, Match, SearchResult, StoredCase
from retriever.store.case_rows import CaseVersion

CASE_FIELDS = tuple(field.name for field in fields(Case))
_DETAILED = (
    "title", "problem", "solution", "steps", "outcome", "product", "language", "status", "resolved_at", "source",
)  # fmt: skip
_CONCISE = ("title", "solution", "product", "language", "status", "resolved_at")


def similar_answer(result: SearchResult, *, concise: bool, explain: bool) -> dict[str, Any]:
    """The answer to one question."""
    return {
        "query_id": result.query_id,
        "matches": [match_answer(match, concise=concise, explain=explain) for match in result.matches],
        "abstained": result.abstained,
        "reason": result.reason,
        "language": result.language,
        "snapshot": result.snapshot,
        "revision": result.revision,
        "model": result.model,
        "took_ms": dict(result.took_ms),
        "warnings": result.warnings,
    }


def match_answer(match: Match, *, concise: bool, explain: bool) -> dict[str, Any]:
    """One match. The text of a case was written by others, so it is marked for machines that read it."""
    stored, case = match.stored, match.stored.case
    answer: dict[str, Any] = {"id": case.id, "rank": match.rank, "confidence": match.confidence}
    if not concise:
        answer["score"] = match.score
    for name in _CONCISE if concise else _DETAILED:
        answer[name] = getattr(case, name)
    if not concise:
        answer["version"] = stored.version
        answer["reuse"] = stored.reuse
    answer["warnings"] = match.warnings
    answer["more_like_this"] = match.more_like_this
    if explain and match.explanation is not None:
        answer |= explanation_answer(match.explanation, returned=answer)
    answer["content_trust"] = "untrusted"
    return answer


def explanation_answer(why: Explanation, *, returned: Container[str]) -> dict[str, Any]:
    """Why a case matched; passages only of the fields that are `returned` with it, since offsets need their text."""
    return {
        "matched_words": why.words,
        "matched_codes": why.codes,
        "passages": [
            {**asdict(part.place), "weight": part.weight} for part in why.passages if part.place.field in returned
        ],
        "aligned": [asdict(part) for part in why.aligned if part.case.field in returned],
        "compared": [asdict(part) for part in why.fields],
    }


def case_answer(stored: StoredCase) -> dict[str, Any]:
    """A stored case: its own fields, then what the store says about it. It can be sent back as it is."""
    answer = {name: getattr(stored.case, name) for name in CASE_FIELDS}
    answer |= {"version": stored.version, "revision": stored.revision, "content_hash": stored.content_hash}
    return answer | {"created_at": stored.created_at, "updated_at": stored.updated_at, "reuse": stored.reuse}


def version_answer(version: CaseVersion) -> dict[str, Any]:
    """One version of a case, as it was."""
    return {
        "version": version.version,
        "revision": version.revision,
        "content_hash": version.content_hash,
        "updated_at": version.updated_at,
        "case": {name: getattr(version.case, name) for name in CASE_FIELDS},
    }
