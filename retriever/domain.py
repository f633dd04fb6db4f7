"""Every type that more than one part of the service shares. Frozen; imports nothing of the project."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatMatrix: TypeAlias = NDArray[np.float32]
"""Vectors, one per row: (rows, dim), float32, unit length."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told how far a stage of long work is: its name, how much is done, how much there is."""


class Status(StrEnum):
    """Where a case stands in its life; only `PUBLISHED` and (on request) `HISTORICAL` cases are found by search."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    HISTORICAL = "historical"


class Role(IntEnum):
    """What somebody may do; each role may do all that the ones below it may."""

    VIEWER = 1
    CONTRIBUTOR = 2
    REVIEWER = 3
    KNOWLEDGE_MANAGER = 4
    ADMIN = 5

    @property
    def label(self) -> str:
        """The role as people write it, for example `knowledge manager`."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks or acts: a person or program behind an API key, or the operator at the command line.

    `team` decides whose drafts a reviewer reviews first; `audience` holds the groups whose cases the actor may see.
    """

    id: str
    role: Role
    team: str = ""
    audience: tuple[str, ...] = ()


ALL_GROUPS = "*"
"""In an actor's or a question's audience: every group. A case never has it, since it needs no audience to be open."""
OPERATOR = Actor("local", Role.ADMIN, audience=(ALL_GROUPS,))
"""Who has the files: the person at the command line, and local use of the API while there are no keys."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a case came from; (system, external_id) is unique in the library."""

    system: str = "manual"
    external_id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the solution achieved."""

    summary: str = ""
    resolution_minutes: int | None = None
    csat: float | None = None
    first_contact_resolved: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One resolved problem. Only id, problem and solution are required; dates are RFC 3339 in UTC or YYYY-MM-DD."""

    id: str
    problem: str
    solution: str
    source: Source = Source()
    language: str = ""
    title: str = ""
    summary: str = ""
    environment: str = ""
    diagnosis: str = ""
    steps: tuple[str, ...] = ()
    workaround: str = ""
    outcome: Outcome = Outcome()
    prevention: str = ""
    lessons: str = ""
    product: str = ""
    product_line: str = ""
    category: str = ""
    industry: str = ""
    error_codes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    priority: str = ""
    channel: str = ""
    opened_at: str = ""
    resolved_at: str = ""
    status: Status = Status.PUBLISHED
    review_due_on: str = ""
    valid_until: str = ""
    superseded_by: str = ""
    audience: tuple[str, ...] = ()
    created_by: str = ""
    reviewers: tuple[str, ...] = ()


AnyCase = TypeVar("AnyCase", bound=Case)
"""A case, or one that is known to be masked: what is made of it is masked too."""


@dataclass(frozen=True, slots=True)
class Reuse:
    """How often a case was used, counted from events; how many people say of its version now that it is wrong, or
    outdated."""

    shown: int = 0
    opened: int = 0
    copied: int = 0
    linked: int = 0
    solved: int = 0
    last_solved_at: str = ""
    wrong: int = 0
    outdated: int = 0


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as the store holds it: `key` numbers it inside the index, `revision` is of its last change."""

    case: Case
    key: int
    version: int
    revision: int
    content_hash: str
    created_at: str
    updated_at: str
    reuse: Reuse = Reuse()


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log: the case with this key is new, changed, or (`deleted`) gone."""

    revision: int
    key: int
    deleted: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller narrows the search to; empty means no limit. Category matches the path or any path below it."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    tags_all: tuple[str, ...] = ()
    tags_none: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    resolved_since: str = ""
    resolved_until: str = ""
    exclude_ids: tuple[str, ...] = ()


QUESTION_LIMIT = 32_000
"""Characters of the problem of a question, whoever takes it."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question: free text, or its parts, which are searched together."""

    problem: str
    title: str = ""
    product: str = ""
    error_codes: tuple[str, ...] = ()
    filters: Filters = Filters()
    limit: int = 5
    min_confidence: float | None = None
    include_historical: bool = False
    explain: bool = False
    collapse: bool = False
    """Show cases that say the same as one match, which names the others."""
    audience: tuple[str, ...] = ()
    """The groups the caller belongs to; cases with an audience are found only by a member of one of their groups."""


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """Where a match's confidence comes from; cosine in -1..1, words as a share 0..1 of the question's own ceiling.

    `context` and `sharp` compare word by word (`embedding.alignment`); 0 for a case that was not compared so.
    """

    cosine: float
    words: float
    fused: float
    same_language: bool
    context: float = 0.0
    sharp: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    """What each optional stage that looked at the case found, by the stage's name."""


@dataclass(frozen=True, slots=True)
class Span:
    """A passage [start, end) of one field, exactly as it stands there.

    `start` and `end` count code points, the `utf16` ones UTF-16 units (JavaScript, Java, C#). `item` numbers the entry
    of a field that is a list, from 0; it is None for others.
    """

    field: str
    item: int | None
    start: int
    end: int
    utf16_start: int
    utf16_end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the case that the question touches; `weight` is its share 0..1 of all that it touches."""

    place: Span
    weight: float


@dataclass(frozen=True, slots=True)
class AlignedPhrase:
    """A phrase of the question and its counterpart in the case, in other words or another language; cosine 0..1."""

    question: Span
    case: Span
    similarity: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What question and case say of the same field, in their own spelling; said by both, or it is not compared."""

    field: str
    agrees: bool
    question: tuple[str, ...]
    case: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a case matched. Passages in the order of the case, aligned phrases in the order of the question."""

    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    aligned: tuple[AlignedPhrase, ...] = ()
    fields: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One case found for a question."""

    rank: int
    confidence: float
    score: ScoreParts
    stored: StoredCase
    warnings: tuple[str, ...] = ()
    more_like_this: tuple[str, ...] = ()
    """Ids of the cases that say the same and are not shown by themselves, best first."""
    explanation: Explanation | None = None
    """Only when the question asks for it."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one question; `abstained` with a reason is an answer too."""

    query_id: str
    matches: tuple[Match, ...]
    abstained: bool
    reason: str
    language: str
    snapshot: str
    revision: int
    model: str
    took_ms: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What a reader should know of the whole answer, such as an optional stage that was left out."""
    read_as: str = ""
    """What was searched, where that is not the question as it was sent: offsets of explanations are of this text."""


class Encoder(Protocol):
    """Turns text into unit vectors. Questions and cases may need different prompts, so there are two verbs."""

    @property
    def name(self) -> str:
        """What people call the model, for example `builtin` or `intfloat/multilingual-e5-small`."""
        ...

    @property
    def dim(self) -> int:
        """Length of each vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identity of everything that decides the vectors: files, prompts, pooling, dims, library major."""
        ...

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, (len(texts), dim); a text without any known token gives a zero row."""
        ...

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of case problems, (len(texts), dim); same rules as `encode_query`."""
        ...
