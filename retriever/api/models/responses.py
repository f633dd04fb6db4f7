"""The shapes of all answers, for OpenAPI and for tests; at run time answers are built by `answers` and not checked."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from retriever.case.format import ID_LIMIT, LIST_LIMIT, NAME_LIMIT, PATH_LIMIT, STEP_LIMIT, TEXT_LIMIT, TITLE_LIMIT

Id = Annotated[str, Field(min_length=1, max_length=ID_LIMIT, pattern=r"^[\w][\w.:@+~-]*$")]
NotEmpty = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
Name = Annotated[str, Field(max_length=NAME_LIMIT)]
Names = Annotated[list[Name], Field(max_length=LIST_LIMIT)]
Moment = Annotated[str, Field(description="YYYY-MM-DD, or a time such as 2026-03-02T08:15:00Z.")]


class Shape(BaseModel):
    """The base of every described answer: what is not described does not occur."""

    model_config = ConfigDict(extra="forbid")


class FieldErrorShape(Shape):
    """One refused field."""

    field: str
    reason: str
    code: str


class ProblemShape(Shape):
    """An error, as RFC 9457 describes it, with a stable `code`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[FieldErrorShape]


class SourceShape(Shape):
    """Where a case came from."""

    system: str = "manual"
    external_id: str = ""
    url: str = ""


class OutcomeShape(Shape):
    """What the solution achieved."""

    summary: str = ""
    resolution_minutes: int | None = None
    csat: float | None = None
    first_contact_resolved: bool | None = None


class ReuseShape(Shape):
    """How often a case was used."""

    shown: int
    opened: int
    copied: int
    linked: int
    solved: int
    last_solved_at: str


class ScoreShape(Shape):
    """Where the confidence comes from: whole texts (`cosine`), shared words, and word by word (`context`, `sharp`).

    `stages` holds what each optional stage that looked at the case found, by the stage's name.
    """

    cosine: float
    words: float
    fused: float
    same_language: bool
    context: float
    sharp: float
    stages: dict[str, float]


class SpanShape(Shape):
    """A passage [start, end) of a field as returned, in code points and UTF-16 units; `item` numbers entries of lists.

    In the question, offsets count in its text without the white space around it and with personal data masked.
    """

    field: str
    item: int | None
    start: int
    end: int
    utf16_start: int
    utf16_end: int
    text: str


class PassageShape(SpanShape):
    """A passage of the case that carries the match; `weight` is its share, 0 to 1, of all that the question touches."""

    weight: float


class AlignedShape(Shape):
    """A phrase of the question and its counterpart in the case, in other words or another language."""

    question: SpanShape
    case: SpanShape
    similarity: float


class ComparedShape(Shape):
    """What question and case say of the same thing, when both do."""

    field: Literal["product", "version", "error_codes"]
    agrees: bool
    question: list[str]
    case: list[str]


class MatchShape(Shape):
    """One match; `concise` leaves out score, problem, steps, outcome, version, source and reuse."""

    id: str
    rank: int
    confidence: float
    score: ScoreShape | None = None
    title: str
    problem: str | None = None
    solution: str
    steps: list[str] | None = None
    outcome: OutcomeShape | None = None
    product: str
    language: str
    status: str
    version: int | None = None
    resolved_at: str
    source: SourceShape | None = None
    reuse: ReuseShape | None = None
    warnings: list[str]
    more_like_this: list[str]
    matched_words: list[str] | None = None
    matched_codes: list[str] | None = None
    passages: list[PassageShape] | None = None
    aligned: list[AlignedShape] | None = None
    compared: list[ComparedShape] | None = None
    content_trust: Literal["untrusted"]


class MissingShape(Shape):
    """One part of the case template that is empty or too thin."""

    field: str
    points: int
    advice: str


class DuplicateShape(Shape):
    """A case, or a draft that the caller may see, that may be the same one; `offer` is what to do about it."""

    id: str
    title: str
    offer: Literal["merge", "link"]
    overlap: float
    cosine: float
    status: Literal["draft", "in_review", "published", "historical"]


class SuggestionShape(Shape):
    """A value for a field; `confidence` is its share of the votes of the nearest cases."""

    value: str
    confidence: float
    from_ids: list[str]


class CheckShape(Shape):
    """What a case is told on arrival; all of it are suggestions."""

    language: str
    declared_language: str
    completeness: int
    missing: list[MissingShape]
    duplicates: list[DuplicateShape]
    product: SuggestionShape | None
    category: SuggestionShape | None
    tags: list[SuggestionShape]


class ReceiptShape(Shape):
    """What became of a delivery: a draft that waits, nothing (with the reason), or known from before."""

    delivery: str
    state: Literal["queued", "skipped", "known"]
    reason: str


class SimilarShape(Shape):
    """The answer to one question; `abstained` with a reason is an answer too."""

    query_id: str
    matches: list[MatchShape]
    abstained: bool
    reason: str
    language: str
    snapshot: str
    revision: int
    model: str
    took_ms: dict[str, float]
    warnings: list[str]


class BatchShape(Shape):
    """The answers to several questions, in order."""

    results: list[SimilarShape]


class CaseFields(Shape):
    """The fields of a case; only id, problem and solution are required."""

    id: Id
    problem: NotEmpty
    solution: NotEmpty
    source: SourceShape = SourceShape()
    language: str = ""
    title: Annotated[str, Field(max_length=TITLE_LIMIT)] = ""
    summary: Text = ""
    environment: Text = ""
    diagnosis: Text = ""
    steps: Annotated[list[Annotated[str, Field(max_length=STEP_LIMIT)]], Field(max_length=LIST_LIMIT)] = []
    workaround: Text = ""
    outcome: OutcomeShape = OutcomeShape()
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


class CaseShape(CaseFields):
    """A stored case."""

    version: int
    revision: int
    content_hash: str
    created_at: str
    updated_at: str
    reuse: ReuseShape


class CaseListShape(Shape):
    """One page of cases, last changed first; `next_cursor` is null on the last page."""

    cases: list[CaseShape]
    next_cursor: str | None


class VersionShape(Shape):
    """One version of a case."""

    version: int
    revision: int
    content_hash: str
    updated_at: str
    case: CaseFields


class VersionListShape(Shape):
    """Versions of a case, newest first."""

    id: str
    versions: list[VersionShape]


class FeedbackShape(Shape):
    """`recorded` is false when the same event was counted before."""

    recorded: bool


class HealthShape(Shape):
    """The process answers."""

    status: Literal["ok"]


class ReadyShape(Shape):
    """Whether questions should be sent here, and if not, why."""

    ready: bool
    reasons: list[str]
    snapshot: str
    revision: int


class BuildShape(Shape):
    """What runs here."""

    name: str
    version: str
    model: str
    fingerprint: str


class BulkErrorShape(Shape):
    """Why a line was refused."""

    field: str
    reason: str


class BulkLineShape(Shape):
    """What became of one line of a bulk upload."""

    line: int
    id: str | None = None
    action: Literal["created", "updated", "unchanged"] | None = None
    error: BulkErrorShape | None = None
