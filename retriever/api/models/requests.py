"""What callers send: pydantic models that check requests and describe them in OpenAPI. Unknown fields are refused.

A whole body is a `…Request`, query parameters are `…Params`.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    model_validator,
)

from retriever.case.dates import normalise_date
from retriever.case.format import LIST_LIMIT, NAME_LIMIT, TITLE_LIMIT
from retriever.case.language_tags import wanted_language
from retriever.domain import QUESTION_LIMIT, Filters, Query, Status
from retriever.lifecycle.screening import CHECKLIST, NOTE_LIMIT, Scope, Screening
from retriever.store.events import EventKind
from retriever.store.query_ids import QUERY_ID_LENGTH

MATCH_LIMIT = 50
BATCH_LIMIT = 100
MERGE_LIMIT = 100
PAGE_LIMIT = 200
CURSOR_LIMIT = 200

Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LIMIT)]
System = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LIMIT, pattern=r"^\w[\w.:@+~-]*$")]
ProblemText = Annotated[str, StringConstraints(min_length=1, max_length=QUESTION_LIMIT)]
Confidence = Annotated[float, Field(ge=0, le=1)]
Note = Annotated[str, StringConstraints(max_length=NOTE_LIMIT)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=NOTE_LIMIT)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_parts(value: object) -> object:
    return {"problem": value} if isinstance(value, str) else value


def _date(value: str) -> str:
    try:
        return normalise_date(value)
    except ValueError as error:
        raise ValueError("expected YYYY-MM-DD or a time such as 2026-03-02T08:15:00Z") from error


Names = Annotated[list[Name], Field(max_length=LIST_LIMIT)]
OneOrMore = Annotated[Names, BeforeValidator(_as_list, json_schema_input_type=Name | Names)]
Language = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME_LIMIT),
    Field(description="A tag such as zh-Hans or pt-BR, or a name such as German; zh finds both scripts."),
    AfterValidator(wanted_language),
]
Languages = Annotated[list[Language], Field(max_length=LIST_LIMIT)]
Day = Annotated[
    str,
    Field(description="YYYY-MM-DD, or a time such as 2026-03-02T08:15:00Z.", max_length=40),
    BeforeValidator(lambda value: _date(value) if isinstance(value, str) else value),
]


class RequestModel(BaseModel):
    """The base of every body: no unknown fields, no guessing of types."""

    model_config = ConfigDict(
        extra="forbid", strict=True, str_strip_whitespace=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class ProblemParts(RequestModel):
    """A question in parts; at least one of title, problem and error codes must say something."""

    title: Annotated[str, StringConstraints(max_length=TITLE_LIMIT)] = ""
    problem: Annotated[str, StringConstraints(max_length=QUESTION_LIMIT)] = ""
    product: Annotated[str, StringConstraints(max_length=NAME_LIMIT)] = ""
    error_codes: Names = []

    @model_validator(mode="after")
    def _says_something(self) -> "ProblemParts":
        if not (self.title or self.problem or self.error_codes):
            raise ValueError(f"the question is empty; give a problem of 1 to {QUESTION_LIMIT:,} characters")
        return self


class TagFilter(RequestModel):
    """Cases with any of these tags, with all of these, with none of these."""

    any: Names = []
    all: Names = []
    none: Names = []


class ResolvedFilter(RequestModel):
    """When the case was resolved, both ends included."""

    since: Day | None = None
    until: Day | None = None


class SimilarFilters(RequestModel):
    """Narrows the search; several values of one field mean any of them, several fields mean all of them."""

    product: OneOrMore = []
    category: Annotated[OneOrMore, Field(description="A path such as `billing/refunds`, with all paths below it.")] = []
    industry: OneOrMore = []
    languages: Languages = []
    tags: TagFilter = TagFilter()
    sources: Annotated[OneOrMore, Field(description="Systems the cases came from.")] = []
    resolved: ResolvedFilter = ResolvedFilter()
    exclude_ids: Names = []


class SimilarRequest(RequestModel):
    """One question."""

    problem: Annotated[
        ProblemParts,
        BeforeValidator(_as_parts, json_schema_input_type=ProblemText | ProblemParts),
        Field(description="What is wrong, as free text or in parts."),
    ]
    filters: SimilarFilters = SimilarFilters()
    limit: Annotated[int, Field(ge=1, le=MATCH_LIMIT, description="Most matches wanted.")] = 5
    min_confidence: Annotated[
        Confidence | None, Field(description="Matches below are not shown; empty means the calibrated default.")
    ] = None
    include_historical: Annotated[bool, Field(description="Also find cases kept for reference only.")] = False
    collapse: Annotated[
        bool, Field(description="Show cases that say the same as one match, with the ids of the others.")
    ] = True
    explain: Annotated[bool, Field(description="Say why each case matched.")] = False
    format: Annotated[
        Literal["concise", "detailed"], Field(description="`concise` leaves out the long fields but the solution.")
    ] = "detailed"


class BatchRequest(RequestModel):
    """Several questions, answered in order."""

    questions: Annotated[list[SimilarRequest], Field(min_length=1, max_length=BATCH_LIMIT)]


class FeedbackRequest(RequestModel):
    """What a person did with a case, or says of it. That a case was shown is counted by the server itself."""

    case_id: Name
    event: Annotated[
        EventKind, Field(strict=False, description="`wrong` and `outdated` put the case on the list of due reviews.")
    ]
    query_id: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9_-]*$", max_length=QUERY_ID_LENGTH),
        Field(description="The `query_id` of the answer that showed the case; `wrong` and `outdated` need none."),
    ] = ""
    retract: Annotated[bool, Field(description="Take back what you told before with the same fields.")] = False


_items: dict[str, Any] = {name: (bool, Field(description=text)) for name, text in CHECKLIST.items()}
Checklist = create_model("Checklist", __base__=RequestModel, __doc__="Every item, answered.", **_items)


class ScreeningRequest(RequestModel):
    """A reviewer's answers: the criteria that decide whether a case is kept, and the checklist."""

    scope: Annotated[Literal["general", "special"], Field(description="Helps with many problems, or is a special one.")]
    effective: Annotated[bool, Field(description="The solution is known to have worked.")]
    quantified: Annotated[bool, Field(description="The outcome shows it with a figure.")]
    checklist: Checklist
    note: Note = ""


class RejectRequest(RequestModel):
    """Why the case goes back to its author."""

    reason: Reason


class RetireRequest(RequestModel):
    """Why a case is not to be used any more, and which one instead."""

    reason: Reason
    superseded_by: Annotated[str, StringConstraints(max_length=200)] = ""


class RetireProductRequest(RequestModel):
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


class MergeRequest(RequestModel):
    """The duplicates that become historical in favour of the case in the address."""

    duplicates: Annotated[list[Name], Field(min_length=1, max_length=MERGE_LIMIT)]


class LinkRequest(RequestModel):
    """A ticket of another system that tells of the same case."""

    system: System
    external_id: Name


class RestoreRequest(RequestModel):
    """The version whose text comes back."""

    version: Annotated[int, Field(ge=1, le=2**53)]


class QueryParams(BaseModel):
    """The base of all query parameters: no unknown ones; values are texts, so types are read out of them."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SimilarToParams(QueryParams):
    """Query parameters of the search for cases like a stored one."""

    limit: Annotated[int, Field(ge=1, le=MATCH_LIMIT)] = 5
    min_confidence: Confidence | None = None
    include_historical: bool = False
    explain: bool = False
    format: Literal["concise", "detailed"] = "detailed"
    product: Names = []
    language: Languages = []


class PageParams(QueryParams):
    """Where in a list to begin, and how much of it to give."""

    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 50
    # The length is checked with the rest of the cursor, so that every bad one is refused in the same way.
    cursor: Annotated[
        str, Field(description="`next_cursor` of the page before.", json_schema_extra={"maxLength": CURSOR_LIMIT})
    ] = ""


class CaseListParams(PageParams):
    """Query parameters of the list of cases."""

    status: Annotated[list[Status], Field(max_length=LIST_LIMIT)] = []
    language: Languages = []
    product: Names = []
    updated_since: Day | None = None


class ReviewListParams(PageParams):
    """Query parameters of the review queue."""

    state: Literal["draft", "in_review"] | None = None
    waiting_for: Annotated[
        Literal["first", "second"] | None, Field(description="Only what waits for this approval.")
    ] = None
    team: Annotated[str, Field(max_length=200, description="Only what this team submitted.")] = ""


class DueListParams(PageParams):
    """Query parameters of the list of due reviews."""

    within_days: Annotated[int, Field(ge=0, le=3650, description="Also what is due in so many days.")] = 0


class VersionListParams(QueryParams):
    """Query parameters of the list of versions."""

    limit: Annotated[int, Field(ge=1, le=MATCH_LIMIT)] = 20
    before: Annotated[int | None, Field(ge=1, le=2**53, description="Only versions older than this one.")] = None


class DiffParams(QueryParams):
    """Which two versions to compare."""

    older: Annotated[int | None, Field(ge=1, le=2**53, description="Without it the one before the newer.")] = None
    newer: Annotated[int | None, Field(ge=1, le=2**53, description="Without it the present one.")] = None


def query_of(asked: SimilarRequest, *, audience: tuple[str, ...]) -> Query:
    """The question in the words of the domain, asked by somebody of these groups."""
    parts, filters = asked.problem, asked.filters
    return Query(
        problem=parts.problem,
        title=parts.title,
        product=parts.product,
        error_codes=tuple(parts.error_codes),
        filters=Filters(
            products=tuple(filters.product),
            categories=tuple(filters.category),
            industries=tuple(filters.industry),
            languages=tuple(filters.languages),
            tags_any=tuple(filters.tags.any),
            tags_all=tuple(filters.tags.all),
            tags_none=tuple(filters.tags.none),
            sources=tuple(filters.sources),
            resolved_since=filters.resolved.since or "",
            resolved_until=filters.resolved.until or "",
            exclude_ids=tuple(filters.exclude_ids),
        ),
        limit=asked.limit,
        min_confidence=asked.min_confidence,
        include_historical=asked.include_historical,
        explain=asked.explain,
        collapse=asked.collapse,
        audience=audience,
    )


def screening_of(body: ScreeningRequest) -> Screening:
    """The answers in the words of the lifecycle."""
    scope, checklist = Scope(body.scope), body.checklist.model_dump()
    return Screening(scope, body.effective, body.quantified, checklist, body.note)
