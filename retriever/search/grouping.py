"""Matches that say the same become one: copies of a case, cases with one solution, and what a case superseded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from retriever.case.overlap import letter_groups, letters_of, overlap_of
from retriever.domain import Case, StoredCase

SAME_SOLUTION = 0.9
"""Overlap of two solutions (share of common letter groups) from which they are one."""
SAME_CASE = 0.7
"""Overlap of both problems and both solutions from which two cases are copies of each other."""
TELLING = 24
"""Letters that a solution needs to stand for a case alone: `Restarted.` solves many different problems."""
COMPARED = 600
"""Characters at the beginning of a text that are compared; the lengths of the whole texts must agree too."""


@dataclass(frozen=True, slots=True)
class LoadedCandidate:
    """A case that was loaded and may be shown, and its position among the candidates."""

    stored: StoredCase
    position: int


@dataclass(slots=True)
class Group:
    """The case that is shown and the ids of those that it stands for, best first."""

    leader: LoadedCandidate
    others: list[str] = field(default_factory=list)


def add_groups(groups: Sequence[Group], cases: Sequence[LoadedCandidate]) -> list[Group]:
    """The groups with more cases, best first: each joins a group that says the same, or leads a new one behind them.

    The groups given grow in place. A case superseded by one among these joins it, even where that one stands lower.
    """
    grown = list(groups)
    home = {id: group for group in grown for id in (group.leader.stored.case.id, *group.others)}
    successors = {placed.stored.case.id: placed.stored.case.superseded_by for placed in cases}
    early: dict[str, list[str]] = {}
    for placed in cases:
        case = placed.stored.case
        last = _last_of(case.id, successors, home)
        group = home.get(last)
        if group is None and last != case.id:
            early.setdefault(last, []).append(case.id)  # its successor comes further down and brings it along
            continue
        if group is None:
            group = next((one for one in grown if says_the_same(one.leader.stored.case, case)), None)
        if group is None:
            group = Group(placed)
            grown.append(group)
        else:
            group.others.append(case.id)
        brought = early.pop(case.id, [])
        group.others += brought
        home |= dict.fromkeys((case.id, *brought), group)
    return grown


def says_the_same(one: Case, other: Case) -> bool:
    """One solution, if it tells enough, or one problem and one solution."""
    if not _overlap(one.solution, other.solution, SAME_CASE):
        return False
    telling = min(len(_letters(one.solution)), len(_letters(other.solution))) >= TELLING
    if telling and _overlap(one.solution, other.solution, SAME_SOLUTION):
        return True
    return _overlap(one.problem, other.problem, SAME_CASE)


def _overlap(one: str, other: str, share: float) -> bool:
    """Do so many of the letter groups of two texts agree? Texts of quite other lengths never do."""
    if one == other:
        return True
    if min(len(one), len(other)) < share * max(len(one), len(other)):
        return False
    return overlap_of(_groups(one), _groups(other)) >= share


def _last_of(id: str, successors: Mapping[str, str], home: Mapping[str, Group]) -> str:
    """The end of the chain of successors as far as it is known here; a case of a ring stays by itself."""
    seen, last = {id}, id
    while (after := successors.get(last, "")) in successors or after in home:
        if after in seen:
            return id
        seen.add(after)
        last = after
    return last


@lru_cache(maxsize=1_024)
def _letters(text: str) -> str:
    return letters_of(text, first=COMPARED)


@lru_cache(maxsize=256)  # some 15 MB; the leaders of an answer are compared with each of its cases
def _groups(text: str) -> frozenset[str]:
    return letter_groups(_letters(text))
