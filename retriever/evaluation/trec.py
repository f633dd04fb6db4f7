"""TREC files: judgements (`question iteration document grade`) and runs (`question Q0 document rank score tag`)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from retriever.errors import InvalidInput
from retriever.evaluation.labelled import Qrels, answered
from retriever.evaluation.lines import iter_lines


def load_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Judgements of a TREC file, self-matches left out; so are questions that nothing answers, as trec_eval does.

    Raises InvalidInput with the line for a malformed one and for a pair that is judged twice.
    """
    qrels: dict[str, dict[str, int]] = {}
    for number, (question, _, document, grade) in _fields(path, 4):
        if not grade.lstrip("-").isdigit():
            raise InvalidInput(f"{path}:{number}: the grade must be a whole number, got {grade!r}")
        if document in qrels.setdefault(question, {}):
            raise InvalidInput(f"{path}:{number}: {question!r} and {document!r} are judged twice")
        qrels[question][document] = int(grade)
    found = answered(qrels, lambda name: (name,))
    if not found:
        raise InvalidInput(f"{path} says of no document that it is relevant")
    return found


def load_run(path: Path) -> dict[str, dict[str, float]]:
    """Scores of a TREC run, higher is better; the rank column is ignored, as trec_eval does, and so are self-matches.

    Raises InvalidInput with the line for a malformed one, a score that is no number, and a document that stands twice.
    """
    run: dict[str, dict[str, float]] = {}
    for number, (question, _, document, _, text, _) in _fields(path, 6):
        score = _score(text)
        if score is None:
            raise InvalidInput(f"{path}:{number}: the score must be a finite number, got {text!r}")
        if document in run.setdefault(question, {}):
            raise InvalidInput(f"{path}:{number}: {question!r} finds {document!r} twice")
        run[question][document] = score
    if not run:
        raise InvalidInput(f"{path} holds no result: a run that found nothing is not measured")
    return {question: {d: s for d, s in found.items() if d != question} for question, found in run.items()}


def write_run(path: Path, ranked: Mapping[str, Sequence[str]], *, tag: str) -> None:
    """A TREC run of ranked documents, best first. Raises InvalidInput for an id with white space, OSError."""
    lines = []
    for question, documents in ranked.items():
        for rank, document in enumerate(documents, 1):
            spaced = next((name for name in (question, document) if not name or name.split() != [name]), None)
            if spaced is not None:
                raise InvalidInput(f"{spaced!r} cannot stand in a TREC file: ids there hold no white space")
            lines.append(f"{question} Q0 {document} {rank} {len(documents) - rank + 1} {tag}\n")
    path.write_text("".join(lines), encoding="utf-8")


def unjudged(qrels: Qrels, run: Mapping[str, object]) -> list[str]:
    """Questions of the run that have no judgement, in the run's order; they are not measured."""
    return [question for question in run if question not in qrels]


def _fields(path: Path, count: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in iter_lines(path):
        fields = line.split()
        if len(fields) != count:
            raise InvalidInput(f"{path}:{number}: expected {count} columns, got {len(fields)}")
        yield number, fields


def _score(text: str) -> float | None:
    try:
        score = float(text)
    except ValueError:
        return None
    return score if math.isfinite(score) else None
