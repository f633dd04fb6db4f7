"""Tables of a relevance result: every arm on every set, the confidence, the language matrix; cells as texts."""

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.tables.markdown import HeadAndRows


def ablation_rows(report: Mapping[str, Any]) -> HeadAndRows:
    """nDCG@10 of each arm per set, its same- and cross-language halves where it has both, and of each option."""
    options = report.get("options", {})
    rows = []
    for one in report["sets"]:
        for half, part in _with_halves(one):
            alone = [part["arms"].get(arm, {}).get("ndcg@10") for arm in ("words", "dense")]
            changed = [found.get(one["name"], {}).get(half) for found in options.values()]
            figures = [points(value) for value in (*alone, part["means"]["ndcg@10"], *changed)]
            rows.append([f"– {half}" if half else one["name"], f"{part['questions']:,}", *figures])
    return ["set", "questions", "words alone", "vectors alone", "fused", *options], rows


def options_rows(report: Mapping[str, Any]) -> HeadAndRows:
    """The same, with a last row of what a question costs: the middle of the sets' median milliseconds."""
    head, rows = ablation_rows(report)
    usual = statistics.median(one["latency_ms"]["total"]["p50"] for one in report["sets"])
    spent = [statistics.median(one["ms"] for one in found.values()) for found in report["options"].values()]
    return head, [*rows, ["ms a question", "", "", "", *(f"{value:.1f}" for value in (usual, *spent))]]


def reading_rows(report: Mapping[str, Any]) -> HeadAndRows:
    """What a reading stage does on the questions that it was not fitted on, in points."""
    columns = ("questions", "read", "fused", "with the stage", "reader alone")
    return ["set", *columns], [[one["set"], *(str(one[name]) for name in columns)] for one in report["sets"]]


def confidence_rows(report: Mapping[str, Any]) -> HeadAndRows:
    """How far the confidence can be trusted on each set, in points but for the last two; – where nothing was asked."""
    head = ["set", "out of scope", "AUROC", "abstained at 5 % loss", "coverage", "abstained", "ECE", "Brier"]
    rows = []
    for one in report["sets"]:
        trust = one["reliability"]
        shares = [points(trust[name]) for name in ("auroc", "abstained_at_5", "coverage", "abstention_recall")]
        errors = [f"{trust[name]:.3f}" for name in ("ece", "brier")]
        rows.append([one["name"], f"{trust['out_of_scope']:,}", *shares, *errors])
    return head, rows


def matrix_rows(report: Mapping[str, Any], name: str) -> HeadAndRows:
    """One set's languages, asked × answered: nDCG@10 and, in brackets, how many questions. Raises KeyError."""
    sets = {one["name"]: one for one in report["sets"]}
    cells = {tuple(part["name"].split(" → ")): part for part in sets[name]["slices"] if part["group"] == "pair"}
    asked, answered = (sorted({pair[side] for pair in cells}) for side in (0, 1))
    rows = []
    for row in asked:
        parts = [cells.get((row, column)) for column in answered]
        rows.append([row, *(f"{points(p['means']['ndcg@10'])} ({p['questions']})" if p else "" for p in parts)])
    return ["asked in", *answered], rows


def points(value: float | None) -> str:
    """A share in points of 100."""
    return "–" if value is None else f"{100 * value:.1f}"


def _with_halves(one: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The set under an empty name, then its same- and cross-language halves under theirs if there are both."""
    yield "", one
    halves = [part for part in one["slices"] if part["group"] == "kind"]
    if len(halves) > 1:
        yield from ((half["name"], half) for half in halves)
