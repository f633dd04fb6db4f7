"""What reviewers send and get: bodies, shapes and answers of everything that moves a case through its life."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, create_model

from retriever.api.models.encoding import CASE_FIELDS
from retriever.api.models.requests import Name, PageParams, Params, Strict
from retriever.api.models.responses import CaseFields, CaseShape, Shape
from retriever.domain import Case
from retriever.lifecycle import CaseState, Lifecycle
from retriever.lifecycle.ageing import Retirement
from retriever.lifecycle.history import FieldChange, diff_cases
from retriever.lifecycle.rules import text_of
from retriever.lifecycle.screening import CHECKLIST, NOTE_LIMIT, Scope, Screening
from retriever.store import Review, ReviewStep

MERGE_LIMIT = 100
NAMED_LIMIT = 1_000
"""Cases that a bulk action names in its answer."""

Note = Annotated[str, StringConstraints(max_length=NOTE_LIMIT)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=NOTE_LIMIT)]
_items: dict[str, Any] = {name: (bool, Field(description=text)) for name, text in CHECKLIST.items()}
Checklist = create_model("Checklist", __base__=Strict, __doc__="Every item, answered.", **_items)


class ScreeningBody(Strict):
    """A reviewer's answers: the criteria that decide whether a case is kept, and the checklist."""

    scope: Annotated[Literal["general", "special"], Field(description="Helps with many problems, or is a special one.")]
    effective: Annotated[bool, Field(description="The solution is known to have worked.")]
    quantified: Annotated[bool, Field(description="The outcome shows it with a figure.")]
    checklist: Checklist
    note: Note = ""


class RejectBody(Strict):
    """Why the case goes back to its author."""

    reason: Reason


class RetireBody(Strict):
    """Why a case is not to be used any more, and which one instead."""

    reason: Reason
    superseded_by: Annotated[str, StringConstraints(max_length=200)] = ""


class RetirementBody(Strict):
    """Which product's cases are not to be used any more, and whether that is only asked."""

    product: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    version_prefix: Annotated[
        str,
        Field(max_length=100, description="Only cases of these versions: `3.` for 3 and 3.2, not 30. Empty for all."),
    ] = ""
    reason: Reason
    dry_run: Annotated[bool, Field(description="Only tell what would happen; false does it.")] = True
    expected: Annotated[
        int | None, Field(ge=0, le=2**53, description="How many the preview named; another number is refused.")
    ] = None


class LeftShape(Shape):
    """A case of the product that stays as it is, and why."""

    id: str
    reason: str


class RetirementShape(Shape):
    """What retiring a product does, or would do; the lists name at most 1,000 cases each."""

    dry_run: bool
    retired_count: int
    retired: list[str]
    left_count: int
    left: list[LeftShape]


class MergeBody(Strict):
    """The duplicates that become historical in favour of the case in the address."""

    duplicates: Annotated[list[Name], Field(min_length=1, max_length=MERGE_LIMIT)]


class RestoreBody(Strict):
    """The version whose text comes back."""

    version: Annotated[int, Field(ge=1, le=2**53)]


class QueueParams(PageParams):
    """Query parameters of the review queue."""

    state: Literal["draft", "in_review"] | None = None
    waiting_for: Annotated[
        Literal["first", "second"] | None, Field(description="Only what waits for this approval.")
    ] = None
    team: Annotated[str, Field(max_length=200, description="Only what this team submitted.")] = ""


class DueParams(PageParams):
    """Query parameters of the list of due reviews."""

    within_days: Annotated[int, Field(ge=0, le=3650, description="Also what is due in so many days.")] = 0


class DiffParams(Params):
    """Which two versions to compare."""

    older: Annotated[int | None, Field(ge=1, le=2**53, description="Without it the one before the newer.")] = None
    newer: Annotated[int | None, Field(ge=1, le=2**53, description="Without it the present one.")] = None


class ChangeShape(Shape):
    """One field that differs; `lines` is a unified diff: ` ` kept, `-` gone, `+` new."""

    field: str
    before: str
    after: str
    lines: list[str]


class ReviewShape(Shape):
    """What waits for approval: the case itself (`new`), or a `revision` of one that is live meanwhile."""

    kind: Literal["new", "revision"]
    state: Literal["draft", "in_review"]
    version: Annotated[str, Field(description="What If-Match names: `3`, or `r2` of a revision.")]
    waiting_for: Literal["author", "first", "second"]
    authors: list[str]
    submitted_by: str
    team: str | None
    submitted_at: str
    first_by: str
    case: CaseFields | None = None
    changes: list[ChangeShape] | None = None


class StandingShape(Shape):
    """Where a case stands; `review` is null when nothing of it waits. The list of reviews leaves out the texts."""

    id: str
    title: str
    status: Literal["draft", "in_review", "published", "historical"]
    version: int
    review_due_on: str
    superseded_by: str
    review: ReviewShape | None


class QueueShape(Shape):
    """One page of what waits, longest first; `next_cursor` is null on the last page."""

    reviews: list[StandingShape]
    next_cursor: str | None


class DueShape(Shape):
    """One page of published cases to be reviewed again, most overdue first."""

    cases: list[CaseShape]
    next_cursor: str | None


class DiffShape(Shape):
    """What differs between two versions; no field that is the same in both."""

    id: str
    older: int
    newer: int
    changes: list[ChangeShape]


class StepShape(Shape):
    """One step in the life of a case."""

    number: int
    at: str
    step: str
    actor: str
    role: str
    version: str
    answers: dict[str, str | bool]
    note: str


class StepListShape(Shape):
    """Every step in the life of a case, oldest first."""

    id: str
    steps: list[StepShape]


def screening_of(body: ScreeningBody) -> Screening:
    """The answers in the words of the lifecycle."""
    return Screening(
        Scope(body.scope), body.effective, body.quantified, body.checklist.model_dump(), body.note
    )  # fmt: skip


def standing_answer(standing: CaseState, lifecycle: Lifecycle, *, texts: bool = True) -> dict[str, Any]:
    """Where a case stands; with `texts` also what is reviewed and how it differs from what is live."""
    case = standing.stored.case
    return {
        "id": case.id,
        "title": case.title,
        "status": case.status,
        "version": standing.stored.version,
        "review_due_on": case.review_due_on,
        "superseded_by": case.superseded_by,
        "review": _review_answer(standing, standing.review, lifecycle, texts=texts) if standing.review else None,
    }


def case_fields(case: Case) -> dict[str, Any]:
    """A text with all its fields."""
    return {name: getattr(case, name) for name in CASE_FIELDS}


def change_answer(change: FieldChange) -> dict[str, Any]:
    """One field that differs."""
    return {"field": change.field, "before": change.before, "after": change.after, "lines": change.lines}


def step_answer(step: ReviewStep) -> dict[str, Any]:
    """One step."""
    return {name: getattr(step, name) for name in StepShape.model_fields}


def _review_answer(standing: CaseState, review: Review, lifecycle: Lifecycle, *, texts: bool) -> dict[str, Any]:
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
        answer["case"] = case_fields(text_of(standing.stored, review))
        live = diff_cases(standing.stored.case, review.pending) if review.pending else ()
        answer["changes"] = [change_answer(change) for change in live]
    return answer


def retirement_answer(done: Retirement, *, dry_run: bool) -> dict[str, Any]:
    """What retiring a product did, or would do."""
    return {
        "dry_run": dry_run,
        "retired_count": len(done.retired),
        "retired": list(done.retired[:NAMED_LIMIT]),
        "left_count": len(done.left),
        "left": [{"id": id, "reason": reason} for id, reason in done.left[:NAMED_LIMIT]],
    }
