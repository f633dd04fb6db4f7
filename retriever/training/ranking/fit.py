"""Fit order and confidence on development sets; report every arm beside the fusion on the half not fitted on.

    python -m retriever.training.ranking.fit --data DIR --out benchmarks/results/ranking.json --write

Candidates and their features come from the shipped search. The order is fitted per question (every relevant candidate
before all others) and over all questions (a probability); the confidence on whether the best candidates are relevant,
and, per set, on questions out of scope being less sure than the others. Out of scope are those that a set brings, and
questions whose every answer was hidden from the search. Sets count as in `questions.SHARE`. The order of the sample
library's questions is only measured, and of its confidence one half.
The reported figures are those of weights fitted on every other question; --write ships weights fitted on all of them.
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from retriever.config import load_settings
from retriever.evaluation.beir import beir_folders, load_beir
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.machine import machine
from retriever.sample.library import load_sample_set
from retriever.search.ranking import Ranking
from retriever.training.figures import print_lines
from retriever.training.ranking.certainty import fit_certainty, threshold
from retriever.training.ranking.mixed_sets import with_mixed_sets
from retriever.training.ranking.order import fit_order
from retriever.training.ranking.questions import SEED, AskedQuestion, ask
from retriever.training.ranking.report import calibration_error, report, reuse
from retriever.wiring.encoder import open_encoder

TARGET = Path(__file__).parents[2] / "search" / "ranking.json"


def fit(asked: list[AskedQuestion]) -> Ranking:
    """Order first, then confidence over it, then the threshold.

    The sample library's questions are not looked at for the order. For the confidence the half that is not held out
    is, whatever is fitted: of all sets only the sample has long cases of a help desk, as a library has.
    """
    asked = [a for a in asked if a.ids and not (a.set_name == "sample" and a.held_out)]
    ranking = fit_order([a for a in asked if a.kind == "inside" and a.set_name != "sample"])
    ranking = replace(ranking, certainty=fit_certainty(ranking, asked))
    return replace(ranking, min_confidence=threshold(ranking, asked))


def main() -> None:
    """Parse arguments, fit on even questions, report on odd ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write", action="store_true", help=f"put the weights into {TARGET.name}")
    arguments = parser.parse_args()
    settings = load_settings()
    encoder = open_encoder(settings)
    given = {path.name: load_beir(path) for path in beir_folders(arguments.data)}
    pairs = [documents_as_cases(one) for one in with_mixed_sets(given).values()]
    pairs.append(load_sample_set())
    asked: list[AskedQuestion] = []
    for labelled, cases in pairs:
        asked += ask(labelled, cases, settings)
        print(f"{labelled.name}: {len(cases):,} cases", file=sys.stderr, flush=True)
    ranking = fit([a for a in asked if not a.held_out])
    held_out = [a for a in asked if a.held_out]
    lines = report(ranking, held_out, {labelled.name: labelled for labelled, _ in pairs})
    print_lines(lines)
    error = round(calibration_error(ranking, held_out), 4)
    print(f"calibration error over all sets: {error}; threshold {ranking.min_confidence}")
    lifts = reuse(ranking, asked)
    print("\n".join(f"{one['set']}: {one['plain']} plain, {one['lifted']} with the lift" for one in lifts))
    shipped = fit(asked) if arguments.write else ranking
    if arguments.out:
        result = {"machine": machine(), "model": encoder.name, "fingerprint": encoder.fingerprint, "seed": SEED}
        result |= {"calibration_error": error, "ranking": asdict(ranking), "sets": lines, "reuse": lifts}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.write:
        kept = {name: value for name, value in asdict(shipped).items() if name not in ("scale", "shift")}
        stored = json.loads(TARGET.read_text(encoding="utf-8")) | {encoder.name: kept}
        TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
