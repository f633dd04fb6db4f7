"""What callers get: domain objects as JSON types.

Built by hand, because validating one's own output costs more than the search; tests hold each answer against its model.
"""

from collections.abc import Container
from dataclasses import asdict, fields
from typing import Any

from retriever.case.texts import headline
from retriever.domain import Case, Explanation, Match, SearchResult, StoredCase
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.ageing import Retirement
from retriever.lifecycle.history import diff_cases
from retriever.lifecycle.rules import text_of
from retriever.store import Review
from retriever.store.case_rows import CaseVersion

NAMED_LIMIT = 1_000
"""Cases that a bulk action names in its answer."""
_CASE_FIELDS = tuple(field.name for field in fields(Case))
_CONCISE = ("title", "solution", "product", "language", "status", "resolved_at")
_DETAILED = (
    "title",
    "problem",
    "solution",
    "steps",
    "outcome",
    "product",
    "language",
    "status",
    "resolved_at",
    "source",
)


def serialise_result(result: SearchResult, *, concise: bool, explain: bool) -> dict[str, Any]:
    """The answer to one question."""
    return {
        "query_id": result.query_id,
        "matches": [serialise_match(match, concise=concise, explain=explain) for match in result.matches],
        "abstained": result.abstained,
        "reason": result.reason,
        "language": result.language,
        "snapshot": result.snapshot,
        "revision": result.revision,
        "model": result.model,
        "took_ms": dict(result.took_ms),
        "warnings": result.warnings,
        "read_as": result.read_as,
    }


def serialise_match(match: Match, *, concise: bool, explain: bool) -> dict[str, Any]:
    """One match. The text of a case was written by others, so it is marked for machines that read it."""
    stored, case = match.stored, match.stored.case
    answer: dict[str, Any] = {"id": case.id, "rank": match.rank, "confidence": match.confidence}
    if not concise:
        answer["score"] = match.score
    for name in _CONCISE if concise else _DETAILED:
        answer[name] = headline(case) if name == "title" else getattr(case, name)
    if not concise:
        answer["version"] = stored.version
        answer["reuse"] = stored.reuse
    answer["warnings"] = match.warnings
    answer["more_like_this"] = match.more_like_this
    if explain and match.explanation is not None:
        answer |= serialise_explanation(match.explanation, returned=answer)
    answer["content_trust"] = "untrusted"
    return answer


def serialise_explanation(why: Explanation, *, returned: Container[str]) -> dict[str, Any]:
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


def serialise_case_fields(case: Case) -> dict[str, Any]:
    """A case with all its fields, without what the store says about it."""
    return {name: getattr(case, name) for name in _CASE_FIELDS}


def serialise_case(stored: StoredCase) -> dict[str, Any]:
    """A stored case: its own fields, then what the store says about it. It can be sent back as it is."""
    answer = serialise_case_fields(stored.case)
    answer |= {"version": stored.version, "revision": stored.revision, "content_hash": stored.content_hash}
    return answer | {"created_at": stored.created_at, "updated_at": stored.updated_at, "reuse": stored.reuse}


def serialise_version(version: CaseVersion) -> dict[str, Any]:
    """One version of a case, as it was."""
    return {
        "version": version.version,
        "revision": version.revision,
        "content_hash": version.content_hash,
        "updated_at": version.updated_at,
        "case": serialise_case_fields(version.case),
    }


def serialise_case_state(state: CaseState, lifecycle: Lifecycle, *, texts: bool = True) -> dict[str, Any]:
    """Where a case stands; with `texts` also what is reviewed and how it differs from what is live."""
    case = state.stored.case
    return {
        "id": case.id,
        "title": headline(case),
        "status": case.status,
        "version": state.stored.version,
        "review_due_on": case.review_due_on,
        "superseded_by": case.superseded_by,
        "review": _serialise_review(state, state.review, lifecycle, texts=texts) if state.review else None,
    }


def _serialise_review(state: CaseState, review: Review, lifecycle: Lifecycle, *, texts: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "kind": "revision" if review.pending else "new",
        "state": review.state,
        "version": review.tag,
        "waiting_for": lifecycle.reviewing.stage(review),
        "authors": review.authors,
        "submitted_by": review.submitted_by,
        "team": review.team,
        "submitted_at": review.submitted_at,
        "first_by": review.first_by,
    }
    if texts:
        answer["case"] = serialise_case_fields(text_of(state.stored, review))
        answer["changes"] = diff_cases(state.stored.case, review.pending) if review.pending else ()
    return answer


def serialise_retirement(done: Retirement, *, dry_run: bool) -> dict[str, Any]:
    """What retiring a product did, or would do."""
    return {
        "dry_run": dry_run,
        "retired_count": len(done.retired),
        "retired": list(done.retired[:NAMED_LIMIT]),
        "left_count": len(done.left),
        "left": [{"id": id, "reason": reason} for id, reason in done.left[:NAMED_LIMIT]],
    }
