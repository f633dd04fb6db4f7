"""The answers to a question and their parts, as OpenAPI describes them; see `responses`."""

from typing import Annotated, Literal

from pydantic import Field

from retriever.api.models.responses import Headline, OutcomePart, ResponseModel, ReusePart, SourcePart


class ScorePart(ResponseModel):
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


class SpanPart(ResponseModel):
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


class PassagePart(SpanPart):
    """A passage of the case that carries the match; `weight` is its share, 0 to 1, of all that the question touches."""

    weight: float


class AlignedPhrasePart(ResponseModel):
    """A phrase of the question and its counterpart in the case, in other words or another language."""

    question: SpanPart
    case: SpanPart
    similarity: float


class ComparisonPart(ResponseModel):
    """What question and case say of the same thing, when both do."""

    field: Literal["product", "version", "error_codes"]
    agrees: bool
    question: list[str]
    case: list[str]


class MatchPart(ResponseModel):
    """One match; `concise` leaves out score, problem, steps, outcome, version, source and reuse."""

    id: str
    rank: int
    confidence: float
    score: ScorePart | None = None
    title: Headline
    problem: str | None = None
    solution: str
    steps: list[str] | None = None
    outcome: OutcomePart | None = None
    product: str
    language: str
    status: str
    version: int | None = None
    resolved_at: str
    source: SourcePart | None = None
    reuse: ReusePart | None = None
    warnings: list[str]
    more_like_this: list[str]
    matched_words: list[str] | None = None
    matched_codes: list[str] | None = None
    passages: list[PassagePart] | None = None
    aligned: list[AlignedPhrasePart] | None = None
    compared: list[ComparisonPart] | None = None
    content_trust: Literal["untrusted"]


class SimilarResponse(ResponseModel):
    """The answer to one question; `abstained` with a reason is an answer too."""

    query_id: str
    matches: list[MatchPart]
    abstained: bool
    reason: str
    language: str
    snapshot: str
    revision: int
    model: str
    took_ms: dict[str, float]
    warnings: list[str]
    read_as: Annotated[
        str,
        Field(
            description="What was searched, where that is not the question as it was sent: a mail without its story, a "
            "log without its noise, masked. Offsets of aligned phrases are of this text."
        ),
    ]


class BatchResponse(ResponseModel):
    """The answers to several questions, in order."""

    results: list[SimilarResponse]
