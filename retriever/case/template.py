"""How much of the case template a case fills, and what is missing: shown before reviews, on arrival and in reports."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retriever.domain import Case

INCOMPLETE_BELOW = 60
"""A case with a lower score is counted as incomplete in reports."""

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Missing:
    """One part of the template that is empty or too thin, what it is worth, and what to write."""

    field: str
    points: int
    advice: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """0 to 100 points of the template, and what the missing ones are for, the dearest first."""

    score: int
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the template: filled when its test says so."""

    field: str
    points: int
    filled: Callable[[Case], bool]
    advice: str


def _says(text: str, letters: int) -> bool:
    """At least so many letters; characters of dense scripts count three times."""
    dense = sum(
        "\u1100" <= sign <= "\u11ff" or "\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7af" for sign in text
    )
    return sum(map(str.isalnum, text)) + 2 * dense >= letters


def _is_measured(case: Case) -> bool:
    outcome = case.outcome
    told = (outcome.resolution_minutes, outcome.csat, outcome.first_contact_resolved)
    return any(value is not None for value in told) or bool(_DIGIT.search(outcome.summary))


TEMPLATE: Sequence[Part] = (
    Part("title", 8, lambda case: len(case.title) >= 6, "one line that names thing and symptom"),
    Part("problem", 16, lambda case: _says(case.problem, 40), "what was seen, since when, and in which situation"),
    Part("environment", 8, lambda case: bool(case.environment or case.industry), "industry, versions, place"),
    Part("diagnosis", 12, lambda case: bool(case.diagnosis), "the root cause, and how it was found"),
    Part("solution", 18, lambda case: _says(case.solution, 40), "what was done, so that the next one can do it again"),
    Part("steps", 8, lambda case: len(case.steps) >= 2 or case.solution.count("\n") >= 2, "the solution step by step"),
    Part("outcome", 8, _is_measured, "what it achieved, in numbers: minutes, satisfaction, share"),
    Part("prevention", 4, lambda case: bool(case.prevention or case.lessons), "how to prevent it, or what was learnt"),
    Part("product", 6, lambda case: bool(case.product), "which product or service"),
    Part("category", 6, lambda case: bool(case.category), "its place in the tree of categories"),
    Part("tags", 3, lambda case: bool(case.tags), "two or three words people search for"),
    Part("resolved_at", 3, lambda case: bool(case.resolved_at), "when it was resolved"),
)
"""The points add up to 100."""


def completeness_of(case: Case) -> Completeness:
    """The score of a case and what it lacks. Judges form, never whether a text is true."""
    lacking = [part for part in TEMPLATE if not part.filled(case)]
    missing = tuple(
        Missing(part.field, part.points, part.advice) for part in sorted(lacking, key=lambda part: -part.points)
    )
    return Completeness(100 - sum(part.points for part in lacking), missing)
