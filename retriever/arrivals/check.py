"""What a case on arrival is told: its language, what it lacks, cases that may be the same, and where it belongs.

Everything is a suggestion for a person. Near-duplicates come from published cases and drafts, places from the nearest
published cases alone; the caller searches for both (docs/import.md says how good they were measured to be).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from index.turns import give_way, in_turns
from retriever.case.language import detect_language, with_language
from retriever.case.language_tags import base_language
from retriever.case.overlap import letter_groups, letters_of, overlap_of
from retriever.case.template import Missing, completeness_of
from retriever.case.texts import headline
from retriever.domain import Case, Match, Status

NEIGHBOURS = 10
"""Nearest cases that vote."""
MERGE_AT = 0.35
"""Overlap of problem and solution from which two cases say the same: offer to merge them. Chosen on the sample library
(benchmarks/results/suggestions.json): 9 of 10 changed copies are above, no pair of different cases is."""
LINK_AT = 0.6
"""Cosine of two problems from which they are about the same thing: offer to link them. 31 of 75,350 pairs of the sample
library are as near."""
LINK_DRAFTS_AT = 0.75
"""The same for drafts, whose vectors are compared as the built-in model gives them, with what their language adds."""
AGREEING = 3
"""Neighbours that must agree on a value."""
CATEGORY_MAJORITY = 0.5
TAG_SHARE = 0.3
TAGS_SUGGESTED = 5
MEASURED: Mapping[str, tuple[tuple[float, float], ...]] = {"category": ((0.7, 0.867), (0.9, 0.941))}
"""By field: from this confidence on, suggestions were right so often (benchmarks/results/suggestions.json). What was
seen less than ten times is not measured: on that library products and tags never were."""
TOLD_FROM = 0.6
"""Measured accuracy below which a suggestion is not made: it would cost more attention than it saves."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A case or draft (by `status`) that may be the same one.

    `overlap` is the share of common letter groups of problem and solution (0 to 1), `cosine` the nearness of the
    problems; `offer` is what to do about it.
    """

    id: str
    title: str
    offer: Literal["merge", "link"]
    overlap: float
    cosine: float
    status: Status


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value for a field; `confidence` is its share of the nearest cases' votes (0 to 1), `from_ids` who voted so.

    `accuracy` is how often suggestions of such a confidence were right where it was measured (0 to 1).
    """

    value: str
    confidence: float
    from_ids: tuple[str, ...]
    accuracy: float = 0.0


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a case may belong, by its neighbours."""

    product: Suggestion | None
    category: Suggestion | None
    tags: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """All that is said of a case on arrival. Suggestions are for empty fields and filled ones alike, and only such as
    were measured to be right often enough."""

    language: str
    declared_language: str
    completeness: int
    missing: tuple[Missing, ...]
    duplicates: tuple[Duplicate, ...]
    product: Suggestion | None
    category: Suggestion | None
    tags: tuple[Suggestion, ...]


def check_case(case: Case, neighbours: Sequence[Match], drafts: Sequence[Match] = ()) -> Checked:
    """What to tell of a case. `neighbours` are the nearest published cases, best first, `drafts` the nearest of what is
    not published; the case itself is in neither. Drafts suggest nothing: nobody has approved them.
    """
    completeness = completeness_of(case)
    places = places_of_case(case, neighbours)
    return Checked(
        language=detect_language(f"{case.title}\n{case.problem}"),
        declared_language=case.language,
        completeness=completeness.score,
        missing=completeness.missing,
        duplicates=_most_alike_first(
            (*find_duplicates(case, neighbours, LINK_AT), *find_duplicates(case, drafts, LINK_DRAFTS_AT))
        ),
        product=_worth_telling(places.product),
        category=_worth_telling(places.category),
        tags=tuple(tag for tag in places.tags if _worth_telling(tag)),
    )


def places_of_case(case: Case, neighbours: Sequence[Match]) -> Belonging:
    """What neighbours that speak the case's language agree on, `AGREEING` of them at least, however sure that is."""
    language = base_language(with_language(case).language)
    nearest = [match for match in neighbours[:NEIGHBOURS] if base_language(match.stored.case.language) == language]
    product = _best(_votes("product", nearest, lambda other: (other.product,)))
    return Belonging(product, _category(nearest), _tags(nearest))


def find_duplicates(case: Case, neighbours: Sequence[Match], link_at: float) -> tuple[Duplicate, ...]:
    """Neighbours that say the same (merge) or from this cosine on speak of the same thing (link), most alike first."""
    problem, solution = _groups(case.problem), _groups(case.solution)
    found = []
    for match in in_turns(neighbours):
        other = match.stored.case
        overlap = min(overlap_of(problem, _groups(other.problem)), overlap_of(solution, _groups(other.solution)))
        if overlap >= MERGE_AT or match.score.cosine >= link_at:
            offer: Literal["merge", "link"] = "merge" if overlap >= MERGE_AT else "link"
            found.append(
                Duplicate(other.id, headline(other), offer, round(overlap, 3), match.score.cosine, other.status)
            )
    return _most_alike_first(found)


def _most_alike_first(duplicates: Iterable[Duplicate]) -> tuple[Duplicate, ...]:
    return tuple(sorted(duplicates, key=lambda each: (each.offer == "link", -each.overlap, -each.cosine, each.id)))


def suggestions_for_empty_fields(case: Case, checked: Checked) -> dict[str, str]:
    """Suggestions for fields that the case leaves empty; tags joined by commas."""
    one = {name: vote.value for name in ("product", "category") if (vote := getattr(checked, name)) is not None}
    tags = ", ".join(vote.value for vote in checked.tags)
    told = one | ({"tags": tags} if tags else {})
    return {name: value for name, value in told.items() if not getattr(case, name)}


def _worth_telling(vote: Suggestion | None) -> Suggestion | None:
    return vote if vote is not None and vote.accuracy >= TOLD_FROM else None


def _category(nearest: Sequence[Match]) -> Suggestion | None:
    """The deepest path that more than half of the votes agree on, else the strongest first step."""
    votes = _votes("category", nearest, lambda other: _prefixes(other.category))
    agreed = [vote for vote in votes if vote.confidence >= CATEGORY_MAJORITY]
    if agreed:
        return max(agreed, key=lambda vote: (vote.value.count("/"), vote.confidence, vote.value))
    return _best([vote for vote in votes if "/" not in vote.value])


def _groups(text: str) -> frozenset[str]:
    give_way()
    return letter_groups(letters_of(text))


def _prefixes(path: str) -> tuple[str, ...]:
    parts = path.split("/") if path else []
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def _votes(field: str, nearest: Sequence[Match], values_of: Callable[[Case], Sequence[str]]) -> list[Suggestion]:
    """Every value that enough cases agree on, with its share of the votes; a vote weighs as much as its case is near.
    No value is a vote too."""
    weights: Mapping[str, list[tuple[float, str]]] = defaultdict(list)
    total = 0.0
    for match in nearest:
        total += match.confidence
        for value in values_of(match.stored.case):
            if value:
                weights[value].append((match.confidence, match.stored.case.id))
    return [
        _suggestion(field, value, sum(share for share, _ in cast) / total, tuple(id for _, id in cast))
        for value, cast in weights.items()
        if total > 0 and len(cast) >= AGREEING
    ]


def _suggestion(field: str, value: str, confidence: float, voters: tuple[str, ...]) -> Suggestion:
    known = [share for start, share in MEASURED.get(field, ()) if confidence >= start]
    return Suggestion(value, round(confidence, 3), voters, known[-1] if known else 0.0)


def _best(votes: Sequence[Suggestion]) -> Suggestion | None:
    return max(votes, key=lambda vote: (vote.confidence, vote.value), default=None)


def _tags(nearest: Sequence[Match]) -> tuple[Suggestion, ...]:
    votes = [vote for vote in _votes("tags", nearest, lambda other: other.tags) if vote.confidence >= TAG_SHARE]
    return tuple(sorted(votes, key=lambda vote: (-vote.confidence, vote.value))[:TAGS_SUGGESTED])
