"""What taking away the mean of each language does to vectors alone: exact search, several ways, both models that ship.

    python -m benchmarks.quality.centring --data DIR [--questions N] [--out benchmarks/results/centring.json]

DIR holds labelled sets; the sample library is always measured, too. Languages are told as the service tells them. `own`
takes the questions' own mean by language, which no library has beforehand: what could be had at most.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.measuring import command_line, conditions, write_result
from index.vectors.centred import centre
from index.vectors.centring import NO_EFFECTS, Centring, Effects, GroupNames, fit_centring
from retriever.case.language import detect_language
from retriever.case.language_tags import base_language
from retriever.config import load_settings
from retriever.domain import Case, Encoder, FloatMatrix
from retriever.embedding.cards import BUILTIN, DEEP
from retriever.embedding.language_means import SHARE, effects_of
from retriever.embedding.spelling import embedded_spelling, model_spelling
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.metrics import as_run, measure
from retriever.evaluation.runner import rank_by_cosine
from retriever.evaluation.subsets import draw_questions
from retriever.training.sets import iter_sets
from retriever.wiring.encoder import open_encoder

METRIC = "ndcg@10"
Way: TypeAlias = Callable[[Effects], tuple[Effects, bool]]
WAYS: Mapping[str, Way] = {
    "none": lambda known: (NO_EFFECTS, False),
    "cases only": lambda known: (Effects(known.means, 0.0), True),
    "half": lambda known: (Effects(known.means, 0.5), True),
    "shipped": lambda known: (Effects(known.means, SHARE), True),
    "all": lambda known: (Effects(known.means, 1.0), True),
    "nothing known of the model": lambda known: (Effects({}, SHARE), True),
}
"""What is known of the model, how much is taken from a question, and whether anything is taken from cases."""


def measure_set(labelled: LabelledSet, cases: Sequence[Case], encoder: Encoder) -> dict[str, float]:
    """nDCG@10 × 100 each way."""
    documents = encoder.encode_cases([embedded_spelling(case) for case in cases])
    texts = [model_spelling(question.text) for question in labelled.questions]
    questions = encoder.encode_query(texts)
    of_cases = _names(base_language(case.language) for case in cases)
    held = {case.language for case in cases}
    of_questions = _names(base_language(detect_language(text, among=held)) for text in texts)
    found = {}
    for name, way in WAYS.items():
        effects, centred = way(effects_of(encoder))
        means = fit_centring(documents, of_cases, effects) if centred else Centring.none(documents.shape[1])
        asked = np.array([means.question(one, group) for one, group in zip(questions, of_questions, strict=True)])
        found[name] = _ndcg(labelled, asked, centre(documents, of_cases, means).unit(slice(None)))
    means = fit_centring(documents, of_cases, effects_of(encoder))
    own = centre(questions, of_questions, fit_centring(questions, of_questions, NO_EFFECTS)).unit(slice(None))
    return found | {"own": _ndcg(labelled, own, centre(documents, of_cases, means).unit(slice(None)))}


def _names(groups: Iterable[str]) -> GroupNames:
    return np.array(list(groups), np.object_)


def _ndcg(labelled: LabelledSet, questions: FloatMatrix, documents: FloatMatrix) -> float:
    ranked = rank_by_cosine(labelled, questions, documents)
    return round(100 * measure(labelled.qrels, as_run(ranked)).means[METRIC], 1)


def main() -> None:
    """Measure, print and write."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--questions", type=int, default=500, help="at most this many of each set, drawn with a seed")
    options = parser.parse_args()
    machine, rows = conditions(), []
    settings = load_settings()
    for model in (BUILTIN, DEEP):
        encoder = open_encoder(settings.model_copy(update={"model": model}))
        for labelled, cases in iter_sets(options.data):
            asked = draw_questions(labelled, options.questions)
            rows.append({"model": model, "set": labelled.name, **measure_set(asked, cases, encoder)})
            print(rows[-1], file=sys.stderr, flush=True)
        own = [row for row in rows if row["model"] == model]
        mean = {way: round(float(np.mean([row[way] for row in own])), 1) for way in (*WAYS, "own")}
        rows.append({"model": model, "set": "mean", **mean})
        print(rows[-1], flush=True)
    write_result(options.out, {"what": f"{METRIC} x 100 of vectors alone", "rows": rows, "machine": machine})


if __name__ == "__main__":
    main()
