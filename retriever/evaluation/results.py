"""Results as JSON and back: what `--out` writes, `--baseline` reads and the pages are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from retriever.errors import InvalidInput
from retriever.evaluation.machine import machine
from retriever.evaluation.metrics import MAIN, RunScores
from retriever.evaluation.runner import Evaluation
from retriever.evaluation.significance import Interval

EvaluationReport: TypeAlias = Mapping[str, Any]
"""JSON of one run: model, arm, machine and `sets`, each with means, intervals, arms, slices, reliability, latency."""

FORMAT = 1


def build_report(model: str, fingerprint: str, arm: str, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """One run over all sets as JSON types."""
    return {
        "format": FORMAT,
        "model": model,
        "fingerprint": fingerprint,
        "arm": arm,
        "machine": machine(),
        "sets": [_set(one) for one in evaluations],
    }


def without_details(report: EvaluationReport) -> dict[str, Any]:
    """The report without what concerns single questions."""
    return {**report, "sets": [{k: v for k, v in one.items() if k != "details"} for one in report["sets"]]}


def save_report(path: Path, report: EvaluationReport) -> None:
    """Write a report, one line for each question's values. Raises OSError."""
    details = [one.get("details") for one in report["sets"]]
    text = json.dumps(without_details(report), ensure_ascii=False, indent=1)
    whole: dict[str, Any] = json.loads(text)
    for number, found in enumerate(details):
        if found is not None:
            whole["sets"][number]["details"] = f"<details {number}>"
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    for number, found in enumerate(details):
        if found is not None:
            text = text.replace(f'"<details {number}>"', _lines(found), 1)
    path.write_text(text + "\n", encoding="utf-8")


def load_report(path: Path) -> EvaluationReport:
    """A saved report. Raises InvalidInput when it is none, or of a format that this version does not know."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as a result: {error}") from error
    if not isinstance(report, dict) or not isinstance(report.get("sets"), list):
        raise InvalidInput(f"{path} is no result of `similar-cases evaluate --out`")
    if report.get("format", FORMAT) != FORMAT:
        raise InvalidInput(f"{path} has format {report['format']!r}; this version reads {FORMAT}")
    return report


def _set(evaluation: Evaluation) -> dict[str, Any]:
    trust = evaluation.reliability
    return {
        "name": evaluation.name,
        "questions": evaluation.questions,
        "means": _rounded(evaluation.scores.means),
        "intervals": _pairs(evaluation.intervals),
        "arms": {arm: _rounded(scores.means) for arm, scores in evaluation.arms.items()},
        "slices": [
            {
                "group": part.group,
                "name": part.name,
                "questions": part.questions,
                "means": _rounded(part.means),
                "intervals": _pairs(part.intervals),
                "arms": {arm: _rounded(means) for arm, means in part.arms.items()},
            }
            for part in evaluation.slices
        ],
        "reliability": None if trust is None else _tidy(asdict(trust)),
        "latency_ms": {stage: dict(spent) for stage, spent in evaluation.latency_ms.items()},
        "details": _details(evaluation.scores, evaluation.top),
    }


def _details(scores: RunScores, top: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Values of the main measures and the first documents of each question; no text of anything."""
    questions = {
        id: [[round(row[name], 4) for name in MAIN], list(top.get(id, ()))] for id, row in scores.by_question.items()
    }
    return {"measures": list(MAIN), "questions": questions}


def _lines(details: Mapping[str, Any]) -> str:
    rows = ",\n".join(
        f"{json.dumps(id, ensure_ascii=False)}:{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}"
        for id, row in details["questions"].items()
    )
    return f'{{"measures": {json.dumps(details["measures"])}, "questions": {{\n{rows}\n}}}}'


def _rounded(means: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in means.items()}


def _pairs(intervals: Mapping[str, Interval]) -> dict[str, list[float]]:
    return {name: [one.low, one.high] for name, one in intervals.items()}


def _tidy(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _tidy(item) for name, item in value.items()}
    return [_tidy(item) for item in value] if isinstance(value, list | tuple) else value
