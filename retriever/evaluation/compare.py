"""Two runs on the same questions: what differs, whether that is chance, which questions changed, and the gate of CI."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retriever.errors import InvalidInput
from retriever.evaluation.metrics import MAIN
from retriever.evaluation.results import EvaluationReport
from retriever.evaluation.significance import holm, paired_randomisation

CHANGED = 10
"""Questions shown of each set: those that gained or lost the most."""
BY = "ndcg@10"
"""The measure that changed questions are sorted by."""

_RULE = re.compile(
    r"(?:(?P<where>[^:]+):)?\s*(?P<name>[\w@]+)\s*(?P<sign><=|>=|<|>)\s*(?P<limit>[-+]?\d+(?:\.\d+)?)\s*"
)
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda found, limit: found < limit,
    "<=": lambda found, limit: found <= limit,
    ">": lambda found, limit: found > limit,
    ">=": lambda found, limit: found >= limit,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of one set before and after, in 0..1; `p` is corrected over all measures of all sets together.

    Questions of both runs are paired; p, wins, ties and losses are None where a run was saved without its questions.
    """

    set_name: str
    measure: str
    before: float
    after: float
    p: float | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """One question whose ranking changed, both rankings side by side, best first."""

    set_name: str
    question: str
    before: float
    after: float
    top_before: Sequence[str]
    top_after: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """All differences, and the questions that changed most, the greatest change first."""

    differences: tuple[Difference, ...]
    changed: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class GateRule:
    """Fails when the difference of a measure, in points of 100, compares like that with the limit."""

    text: str
    where: str
    name: str
    sign: str
    limit: float


def compare(before: EvaluationReport, after: EvaluationReport) -> RunComparison:
    """Compare every set of `after` with the same one of `before`.

    Raises InvalidInput when a set is missing, or was asked other questions.
    """
    differences: list[Difference] = []
    changed: list[Changed] = []
    for new in after["sets"]:
        old = _same_set(before, new)
        pairs = _paired(old, new)
        differences += [_difference(new["name"], name, old, new, pairs) for name in MAIN if name in old["means"]]
        changed += _changed(new["name"], old, new, pairs)
    return RunComparison(tuple(_corrected(differences)), tuple(changed))


def parse_gate_rule(text: str) -> GateRule:
    """`ndcg@10 < -0.5`, or `cross language: mrr@10 < -1` for one slice. Raises InvalidInput."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is no rule; write it like 'ndcg@10 < -0.5' or 'cross language: ndcg@10 < -1'")
    where = (found["where"] or "").strip()
    return GateRule(text, where, found["name"], found["sign"], float(found["limit"]))


def broken_gate_rules(rules: Sequence[GateRule], before: EvaluationReport, after: EvaluationReport) -> list[str]:
    """One line for each rule and set that fails; empty when the gate is open.

    Raises InvalidInput for a measure or slice that one of the runs does not have: what cannot be checked, fails.
    """
    lines = []
    for rule in rules:
        for new in after["sets"]:
            values = [_value(one, rule) for one in (_same_set(before, new), new)]
            points = 100 * (values[1] - values[0])
            if _SIGNS[rule.sign](round(points, 6), rule.limit):
                at = f"{new['name']}, {rule.where}" if rule.where else new["name"]
                lines.append(f"{at}: {rule.name} changed by {points:+.2f} points ({rule.text})")
    return lines


def _same_set(report: EvaluationReport, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    found = next((one for one in report["sets"] if one["name"] == wanted["name"]), None)
    if found is None:
        raise InvalidInput(f"the baseline has no set {wanted['name']!r}")
    if found["questions"] != wanted["questions"]:
        raise InvalidInput(
            f"the baseline asked {found['questions']} questions of {wanted['name']!r}, this run {wanted['questions']}: "
            "only runs over the same questions can be compared"
        )
    return dict(found)


def _paired(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    """Values of each question in both runs; empty when one was saved without them."""
    if not old.get("details") or not new.get("details"):
        return {}
    before, after = (dict(_values(one["details"])) for one in (old, new))
    if before.keys() != after.keys():
        other = sorted(before.keys() ^ after.keys())[0]
        raise InvalidInput(f"question {other!r} of {new['name']!r} was asked in one of the two runs only")
    return {id: (before[id], after[id]) for id in after}


def _values(details: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    for id, (values, _) in details["questions"].items():
        yield id, dict(zip(details["measures"], values, strict=True))


def _difference(
    set_name: str,
    name: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    pairs: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]],
) -> Difference:
    before, after = float(old["means"][name]), float(new["means"][name])
    if not pairs:
        return Difference(set_name, name, before, after)
    values = np.array([[one[name], other[name]] for one, other in pairs.values()])
    change = values[:, 1] - values[:, 0]
    p = paired_randomisation(values[:, 0], values[:, 1])
    wins, losses = int((change > 0).sum()), int((change < 0).sum())
    return Difference(set_name, name, before, after, p, wins, len(change) - wins - losses, losses)


def _corrected(differences: Sequence[Difference]) -> list[Difference]:
    tested = [one.p for one in differences if one.p is not None]
    corrected = iter(holm(tested))
    return [
        one
        if one.p is None
        else Difference(
            one.set_name, one.measure, one.before, one.after, next(corrected), one.wins, one.ties, one.losses
        )
        for one in differences
    ]


def _changed(
    set_name: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    pairs: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]],
) -> list[Changed]:
    moved = [(id, one[BY], other[BY]) for id, (one, other) in pairs.items() if one[BY] != other[BY]]
    moved.sort(key=lambda row: -abs(row[2] - row[1]))
    return [
        Changed(set_name, id, one, other, old["details"]["questions"][id][1], new["details"]["questions"][id][1])
        for id, one, other in moved[:CHANGED]
    ]


def _value(one: Mapping[str, Any], rule: GateRule) -> float:
    """The figure that a rule names, of the whole set or of a slice."""
    place: Mapping[str, Any] = one["means"]
    if rule.where:
        part = next((part for part in one["slices"] if part["name"] == rule.where), None)
        if part is None:
            raise InvalidInput(f"{one['name']!r} has no slice {rule.where!r}, which the rule {rule.text!r} names")
        place = part["means"]
    elif rule.name not in place:
        place = one.get("reliability") or {}
    value = place.get(rule.name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{one['name']!r} has no figure {rule.name!r}, which the rule {rule.text!r} names")
    return float(value)
