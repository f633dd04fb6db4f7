"""Fit order and confidence on development sets; report every arm beside the fusion on sets that were not fitted on.

    python -m retriever.training.ranking.fit --data DIR --out benchmarks/results/ranking.json --write

Candidates and their features come from the shipped search with the model of the settings. The order is fitted per
question (every relevant candidate before all others) and over all questions (a probability); the confidence on whether
the best candidates are relevant, and, per set, on questions out of scope being less sure than the others. Out of scope
are those that a set brings, and questions whose every answer was hidden from the search. Sets count as in
`questions.SHARE`.
The reported figures are leave-one-out: those of a set come from weights fitted on sets that share no source with it.
--write ships weights fitted on all of them.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from retriever.config import load_settings
from retriever.evaluation.beir import beir_folders, load_beir
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.machine import machine
from retriever.sample.library import load_sample_set
from retriever.search.ranking import Ranking
from retriever.training.figures import print_lines
from retriever.training.ranking.certainty import fit_certainty, threshold
from retriever.training.ranking.mixed_sets import sources_of, with_mixed_sets
from retriever.training.ranking.order import fit_order
from retriever.training.ranking.questions import SEED, AskedQuestion, ask
from retriever.training.ranking.report import calibration_error, report, reuse
from retriever.training.sets import SAMPLE
from retriever.wiring.encoder import open_encoder

TARGET = Path(__file__).parents[2] / "search" / "ranking.json"


def fit(asked: list[AskedQuestion]) -> Ranking:
    """Order first, then confidence over it, then the threshold.

    The sample library's questions are not looked at for the order. For the confidence the half that is not held out
    is: of all sets only the sample has long cases of a help desk, as a library has.
    """
    asked = [a for a in asked if a.ids and not (a.set_name == SAMPLE and a.held_out)]
    ranking = fit_order([a for a in asked if a.kind == "inside" and a.set_name != SAMPLE])
    ranking = replace(ranking, certainty=fit_certainty(ranking, asked))
    return replace(ranking, min_confidence=threshold(ranking, asked))


def fit_without(asked: list[AskedQuestion]) -> Iterator[tuple[Ranking, list[AskedQuestion]]]:
    """For sets of the same sources their questions, and a ranking fitted on whatever has none of these sources."""
    for sources in sorted({sources_of(a.set_name) for a in asked}, key=sorted):
        left_out = [a for a in asked if sources_of(a.set_name) == sources]
        yield fit([a for a in asked if not sources_of(a.set_name) & sources]), left_out
        print(f"fitted without {', '.join(sorted(sources))}", file=sys.stderr, flush=True)


def main() -> None:
    """Parse arguments, ask, fit and report without each source, then fit on everything."""
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
    sets = {labelled.name: labelled for labelled, _ in pairs}
    lines, lifts = list[dict[str, Any]](), list[dict[str, Any]]()
    for ranking, left_out in fit_without(asked):
        own = {name: sets[name] for name in sorted({a.set_name for a in left_out})}
        lines += report(ranking, left_out, own)
        lifts += reuse(ranking, left_out)
    shipped = fit(asked)
    fitted_on = report(shipped, asked, sets)
    for title, some in (("not fitted on", lines), ("fitted on", fitted_on)):
        print(title)
        print_lines(some)
    print(f"threshold {shipped.min_confidence}; calibration error {calibration_error(shipped, asked):.4f}")
    print("\n".join(f"{one['set']}: {one['plain']} plain, {one['lifted']} with the lift" for one in lifts))
    if arguments.out:
        result = {"machine": machine(), "model": encoder.name, "fingerprint": encoder.fingerprint, "seed": SEED}
        result |= {"ranking": asdict(shipped), "sets": lines, "fitted_on": fitted_on, "reuse": lifts}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.write:
        kept = {name: value for name, value in asdict(shipped).items() if name not in ("scale", "shift")}
        stored = json.loads(TARGET.read_text(encoding="utf-8")) | {encoder.name: kept}
        TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
