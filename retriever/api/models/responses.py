"""What all answers look like, for OpenAPI and for tests; at run time `serialisers` builds them and nothing checks them.

A whole answer is a `…Response`, what stands inside of one a `…Part`; those of a question are in `matches`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from retriever.case.format import ID_LIMIT, LIST_LIMIT, NAME_LIMIT, PATH_LIMIT, STEP_LIMIT, TEXT_LIMIT, TITLE_LIMIT

Id = Annotated[str, Field(min_length=1, max_length=ID_LIMIT, pattern=r"^[\w][\w.:@+~-]*$")]
NotEmpty = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
Name = Annotated[str, Field(max_length=NAME_LIMIT)]
Names = Annotated[list[Name], Field(max_length=LIST_LIMIT)]
Headline = Annotated[str, Field(description="The title, or the first words of the problem of a case without one.")]
Moment = Annotated[str, Field(description="YYYY-MM-DD, or a time such as 2026-03-02T08:15:00Z.")]


class ResponseModel(BaseModel):
    """The base of every described answer: what is not described does not occur."""

    model_config = ConfigDict(extra="forbid")


class FieldErrorPart(ResponseModel):
    """One refused field."""

    field: str
    reason: str
    code: str


class ProblemResponse(ResponseModel):
    """An error, as RFC 9457 describes it, with a stable `code`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[FieldErrorPart]


class SourcePart(ResponseModel):
    """Where a case came from."""

    system: str = "manual"
    external_id: str = ""
    url: str = ""


class OutcomePart(ResponseModel):
    """What the solution achieved."""

    summary: str = ""
    resolution_minutes: int | None = None
    csat: float | None = None
    first_contact_resolved: bool | None = None


class ReusePart(ResponseModel):
    """How often a case was used, and how many people say of its version now that it is wrong, or outdated."""

    shown: int
    opened: int
    copied: int
    linked: int
    solved: int
    last_solved_at: str
    wrong: int
    outdated: int


class MissingPart(ResponseModel):
    """One part of the case template that is empty or too thin."""

    field: str
    points: int
    advice: str


class DuplicatePart(ResponseModel):
    """A case, or a draft that the caller may see, that may be the same one; `offer` is what to do about it."""

    id: str
    title: Headline
    offer: Literal["merge", "link"]
    overlap: float
    cosine: float
    status: Literal["draft", "in_review", "published", "historical"]


class SuggestionPart(ResponseModel):
    """A value that three of the nearest cases in the case's language agree on at least; `confidence` is its share of
    their votes, `accuracy` how often suggestions of such a confidence were right where it was measured."""

    value: str
    confidence: float
    from_ids: list[str]
    accuracy: float


class CheckResponse(ResponseModel):
    """What a case is told on arrival; all of it are suggestions."""

    language: str
    declared_language: str
    completeness: int
    missing: list[MissingPart]
    duplicates: list[DuplicatePart]
    product: SuggestionPart | None
    category: SuggestionPart | None
    tags: list[SuggestionPart]


class ReceiptResponse(ResponseModel):
    """What became of a delivery: a draft that waits, nothing (with the reason), or known from before."""

    delivery: str
    state: Literal["queued", "skipped", "known"]
    reason: str


class CaseFields(ResponseModel):
    """The fields of a case; only id, problem and solution are required."""

    id: Id
    problem: NotEmpty
    solution: NotEmpty
    source: SourcePart = SourcePart()
    language: str = ""
    title: Annotated[str, Field(max_length=TITLE_LIMIT)] = ""
    summary: Text = ""
    environment: Text = ""
    diagnosis: Text = ""
    steps: Annotated[list[Annotated[str, Field(max_length=STEP_LIMIT)]], Field(max_length=LIST_LIMIT)] = []
    workaround: Text = ""
    outcome: OutcomePart = OutcomePart()
    prevention: Text = ""
    lessons: Text = ""
    product: Name = ""
    product_line: Name = ""
    category: Annotated[str, Field(max_length=PATH_LIMIT)] = ""
    industry: Name = ""
    error_codes: Names = []
    tags: Names = []
    priority: Name = ""
    channel: Name = ""
    opened_at: Moment = ""
    resolved_at: Moment = ""
    status: Literal["draft", "in_review", "published", "historical"] = "published"
    review_due_on: Moment = ""
    valid_until: Moment = ""
    superseded_by: str = ""
    audience: Names = []
    created_by: Name = ""
    reviewers: Names = []


class CaseResponse(CaseFields):
    """A stored case."""

    version: int
    revision: int
    content_hash: str
    created_at: str
    updated_at: str
    reuse: ReusePart


class CaseListResponse(ResponseModel):
    """One page of cases, last changed first; `next_cursor` is null on the last page."""

    cases: list[CaseResponse]
    next_cursor: str | None


class VersionPart(ResponseModel):
    """One version of a case."""

    version: int
    revision: int
    content_hash: str
    updated_at: str
    case: CaseFields


class VersionListResponse(ResponseModel):
    """Versions of a case, newest first."""

    id: str
    versions: list[VersionPart]


class ChangePart(ResponseModel):
    """One field that differs; `lines` is a unified diff: ` ` kept, `-` gone, `+` new."""

    field: str
    before: str
    after: str
    lines: list[str]


class ReviewPart(ResponseModel):
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
    changes: list[ChangePart] | None = None


class CaseStateResponse(ResponseModel):
    """Where a case stands; `review` is null when nothing of it waits. The list of reviews leaves out the texts."""

    id: str
    title: Headline
    status: Literal["draft", "in_review", "published", "historical"]
    version: int
    review_due_on: str
    superseded_by: str
    review: ReviewPart | None


class ReviewListResponse(ResponseModel):
    """One page of what waits, longest first; `next_cursor` is null on the last page."""

    reviews: list[CaseStateResponse]
    next_cursor: str | None


class DueListResponse(ResponseModel):
    """One page of published cases to be reviewed again, most overdue first; one that readers call wrong or outdated
    (`reuse`) is due from the day when they say so."""

    cases: list[CaseResponse]
    next_cursor: str | None


class DiffResponse(ResponseModel):
    """What differs between two versions; no field that is the same in both."""

    id: str
    older: int
    newer: int
    changes: list[ChangePart]


class LinkPart(ResponseModel):
    """A ticket of another system that tells of the same case."""

    system: str
    external_id: str


class LinkListResponse(ResponseModel):
    """The tickets that are linked with a case."""

    id: str
    links: list[LinkPart]


class StepPart(ResponseModel):
    """One step in the life of a case."""

    number: int
    at: str
    step: str
    actor: str
    role: str
    version: str
    answers: dict[str, str | bool]
    note: str


class StepListResponse(ResponseModel):
    """Every step in the life of a case, oldest first."""

    id: str
    steps: list[StepPart]


class KeptCasePart(ResponseModel):
    """A case of the product that stays as it is, and why."""

    id: str
    reason: str


class RetirementResponse(ResponseModel):
    """What retiring a product does, or would do; the lists name at most 1,000 cases each."""

    dry_run: bool
    retired_count: int
    retired: list[str]
    left_count: int
    left: list[KeptCasePart]


class FeedbackResponse(ResponseModel):
    """`recorded` is false when nothing changed, and `reason` says why: told before, or no answer showed the case."""

    recorded: bool
    reason: str


class HealthResponse(ResponseModel):
    """The process answers."""

    status: Literal["ok"]


class ReadinessResponse(ResponseModel):
    """Whether questions should be sent here, and if not, why."""

    ready: bool
    reasons: list[str]
    snapshot: str
    revision: int


class BuildResponse(ResponseModel):
    """What runs here."""

    name: str
    version: str
    model: str
    fingerprint: str


class BulkErrorPart(ResponseModel):
    """Why a line was refused."""

    field: str
    reason: str


class BulkLineResponse(ResponseModel):
    """What became of one line of a bulk upload."""

    line: int
    id: str | None = None
    action: Literal["created", "updated", "unchanged"] | None = None
    error: BulkErrorPart | None = None
