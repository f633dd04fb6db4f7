"""Answers on every labelled set, through the whole shipped search: words alone, vectors alone, both fused.

    python -m benchmarks.quality.relevance --data DIR [--out FILE] [--with "+x: rewrite_below=0.4"]

DIR holds BEIR folders; the sample library's questions are always asked too. Nothing is tuned here: ranking, model and
thresholds are those that the settings and the package ship. `--with` measures other settings (`LABEL: name=value;
name=value`) in one more column, side by side. The tables of the pages come from the committed results
(`python -m benchmarks.tables.report`).
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import command_line
from benchmarks.tables.relevance import ablation_rows
from retriever.config import Settings, load_settings
from retriever.domain import Case
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.page import render_page
from retriever.evaluation.results import build_report, save_report, without_details
from retriever.evaluation.runner import Evaluation, evaluate_search
from retriever.evaluation.subsets import draw_questions
from retriever.operations.trial import open_trial
from retriever.training.sets import iter_sets, second_half
from retriever.wiring.encoder import open_encoder

KEPT_GROUPS = ("kind", "pair", "length", "code")
"""Slices kept in the committed result; languages are in the pairs, and products say more of the sets than of us."""


def run_set(labelled: LabelledSet, cases: Sequence[Case], settings: Settings) -> Evaluation:
    """One set in a library of its own."""
    started = time.perf_counter()
    with open_trial(settings, cases) as service:
        built = time.perf_counter()
        found = evaluate_search(labelled, service.searcher.find_similar)
    spent = f"built in {built - started:.0f} s, asked in {time.perf_counter() - built:.0f} s"
    print(f"{labelled.name}: {len(cases):,} cases, {found.questions:,} questions, {spent}", file=sys.stderr, flush=True)
    return found


def _option(settings: Settings, text: str) -> tuple[str, Settings]:
    """Label and settings of `LABEL: name=value; name=value`; without a label the text is its own."""
    label, _, changes = text.rpartition(": ")
    pairs = (change.strip().partition("=") for change in changes.split(";"))
    changed = {name: value for name, _, value in pairs}
    return label or text, Settings.model_validate({**settings.model_dump(), **changed})


def _figures(found: Evaluation) -> dict[str, float]:
    """nDCG@10 of the whole set under "", of its halves under their names, and the median milliseconds of a question."""
    halves = {part.name: part.means["ndcg@10"] for part in found.slices if part.group == "kind"}
    return {"": found.scores.means["ndcg@10"], **halves, "ms": found.latency_ms["total"]["p50"]}


def _committed(report: dict[str, Any]) -> dict[str, Any]:
    brief = without_details(report)
    for one in brief["sets"]:
        one["slices"] = [part for part in one["slices"] if part["group"] in KEPT_GROUPS]
    return brief


def main() -> None:
    """Parse arguments, run all sets, print the ablation and write the result."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--only", nargs="*", default=(), help="names of sets; all of them without it")
    parser.add_argument("--questions", type=int, help="at most this many of each set, drawn with a seed")
    parser.add_argument("--second-half", action="store_true", help="only questions on which no stage was fitted")
    parser.add_argument("--with", dest="options", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--html", type=Path)
    arguments = parser.parse_args()
    settings = load_settings()
    encoder = open_encoder(settings)
    done: list[Evaluation] = []
    changed = dict(_option(settings, text) for text in arguments.options)
    options: dict[str, dict[str, dict[str, float]]] = {label: {} for label in changed}
    for labelled, cases in iter_sets(arguments.data, only=arguments.only):
        half = second_half(labelled) if arguments.second_half else labelled
        asked = draw_questions(half, arguments.questions) if arguments.questions else half
        done.append(run_set(asked, cases, settings))
        for label, figures in options.items():
            figures[labelled.name] = _figures(run_set(asked, cases, changed[label]))
    report = build_report(encoder.name, encoder.fingerprint, "search", done)
    report |= {"options": options} if options else {}
    head, rows = ablation_rows(report)
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    if arguments.out:
        save_report(arguments.out, _committed(report))
    if arguments.html:
        arguments.html.write_text(render_page(report, None, {}), encoding="utf-8")


if __name__ == "__main__":
    main()
