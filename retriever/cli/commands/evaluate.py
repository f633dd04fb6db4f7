"""`similar-cases evaluate`: labelled questions against the whole search, the model alone, or a run made elsewhere."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import settings_of
from retriever.cli.flags import Json
from retriever.cli.library import open_service_of
from retriever.cli.output import err, out, print_json, print_table, progress_bars
from retriever.errors import InvalidInput
from retriever.evaluation.compare import RunComparison
from retriever.evaluation.results import without_details
from retriever.evaluation.runner import Evaluation
from retriever.evaluation.slices import Slice
from retriever.operations.evaluate import (
    Arm,
    QuestionFilter,
    has_judgements,
    load_baseline,
    measure_library,
    measure_run,
    measure_sets,
    write_results,
)
from retriever.operations.targets import check_target

OWN = "--judgements FILE, or --feedback"
SHOWN = ("ndcg@10", "mrr@10", "recall@1", "recall@10")
GROUPS = ("kind", "language", "length", "code")
"""Slices shown in the terminal; language pairs and products are in the JSON and on the page."""


def evaluate(
    context: typer.Context,
    *,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="BEIR folder. Without it this library where it has judged questions, else the sample."),
    ] = None,
    split: Annotated[str, typer.Option(help="Which qrels/….tsv of a BEIR folder.")] = "test",
    judgements: Annotated[
        Path | None, typer.Option(help="Ask the library itself: JSON lines of id, text and relevant case ids.")
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Ask the library itself: logged questions, judged by what people did.")
    ] = False,
    of_sample: Annotated[
        bool, typer.Option("--of-sample", help="The sample library, whatever this one has been asked.")
    ] = False,
    qrels: Annotated[Path | None, typer.Option(help="TREC judgements, for --run.")] = None,
    run: Annotated[Path | None, typer.Option(help="Measure this TREC run; nothing is searched.")] = None,
    arm: Annotated[Arm, typer.Option(help="The whole search, or the model alone.")] = "search",
    temporal: Annotated[
        bool, typer.Option("--temporal", help="A question sees no case that is newer than itself.")
    ] = False,
    sample: Annotated[int | None, typer.Option(min=1, help="Ask only this many questions, drawn with a seed.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Compare with the result that --out wrote earlier.")] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(help="With --baseline, exit 1 if this holds: 'ndcg@10 < -0.5' (points); may be repeated."),
    ] = None,
    save: Annotated[Path | None, typer.Option("--out", help="Write the result as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the result as one HTML page.")] = None,
    save_run: Annotated[Path | None, typer.Option(help="Write the first 10 of each question as a TREC run.")] = None,
    json_: Json = False,
) -> None:
    """Measure ranking, confidence and abstention on labelled questions. The library itself is never changed."""
    before = load_baseline(baseline, fail_if or ())  # before the work, so that a bad file costs nothing
    for option, target in (("--out", save), ("--html", html), ("--save-run", save_run)):
        check_target(target, option, settings_of(context), read=(judgements, qrels, run, *(data or ())))
    which = QuestionFilter(temporal, sample)
    named = data or judgements or feedback or of_sample or qrels or run or arm != "search"
    feedback = feedback or (not named and has_judgements(settings_of(context)))
    if qrels or run:
        if qrels is None or run is None or data or judgements or feedback or temporal or sample:
            raise InvalidInput("--qrels and --run belong together, without other questions.")
        measured = measure_run(qrels, run)
    elif judgements or feedback:
        if data or (judgements and feedback) or arm != "search":
            raise InvalidInput(
                "--judgements or --feedback ask the whole search of this library, without other questions."
            )
        judged = f"the questions of {judgements}" if judgements else "its own questions, judged by what people did"
        _say(f"measured: the library in {settings_of(context).data_dir}, with {judged}")
        with open_service_of(context) as service, progress_bars() as bars:
            measured = measure_library(service, judgements, which, progress=bars, left_out=_print_left_out)
    else:
        _say("measured: " + (", ".join(map(str, data or ())) or f"the sample library; your own with {OWN}"))
        with progress_bars() as bars:
            measured = measure_sets(
                settings_of(context), data or (), which, split=split, arm=arm, progress=bars, left_out=_print_left_out
            )
    if measured.unjudged:
        count, first = len(measured.unjudged), measured.unjudged[0]
        err.print(f"{count} questions of the run have no judgement, such as {first}", markup=False)
    comparison, broken = before.compare(measured.report) if before else (None, [])
    for file in write_results(measured, comparison, report=save, page=html, run=save_run):
        err.print(f"written to {file}", markup=False)
    if json_:
        print_json({**without_details(measured.report), "comparison": comparison, "broken_rules": broken})
    else:
        _print(measured.evaluations, comparison)
    for line in broken:
        err.print(f"similar-cases: {line}", markup=False)
    if broken:
        raise typer.Exit(1)


def _say(line: str) -> None:
    err.print(line, markup=False)


def _print_left_out(name: str, count: int) -> None:
    err.print(f"{name}: {count} questions had no answer yet", markup=False)


def _print(done: Sequence[Evaluation], comparison: RunComparison | None) -> None:
    columns = ("set", "questions", *SHOWN)
    print_table(columns, [row for one in done for row in _rows(one)], figures=columns)
    for one in done:
        trust = one.reliability
        if trust is not None:
            shares = {name: getattr(trust, name) for name in ("coverage", "answer_precision", "abstention_recall")}
            shown = [f"{name.replace('_', ' ')} {share:.1%}" for name, share in shares.items() if share is not None]
            out.print(f"{one.name}: {', '.join(shown)}, ECE {trust.ece:.3f}, Brier {trust.brier:.3f}", markup=False)
        if "total" in one.latency_ms:
            spent = ", ".join(f"{share} {took:.2f} ms" for share, took in one.latency_ms["total"].items())
            out.print(f"{one.name}: {spent}", markup=False)
    if comparison is not None:
        _print_comparison(comparison)


def _rows(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    whole = evaluation.scores.means
    yield (evaluation.name, str(evaluation.questions), *(f"{100 * whole[name]:.1f}" for name in SHOWN))
    for arm, scores in evaluation.arms.items():
        yield (f"  {arm} alone", "", *(f"{100 * scores.means[name]:.1f}" for name in SHOWN))
    for part in evaluation.slices:
        if part.group in GROUPS:
            figures = (f"{100 * part.means[name]:.1f} ±{_half(part, name):.1f}" for name in SHOWN)
            yield (f"  {part.name}", str(part.questions), *figures)


def _half(part: Slice, name: str) -> float:
    """Half of the 95 % interval, in points."""
    return 50 * (part.intervals[name].high - part.intervals[name].low)


def _print_comparison(comparison: RunComparison) -> None:
    columns = ("set", "measure", "before", "after", "points", "p (Holm)", "won", "same", "lost")
    rows = [
        (
            one.set_name,
            one.measure,
            f"{100 * one.before:.1f}",
            f"{100 * one.after:.1f}",
            f"{100 * (one.after - one.before):+.2f}",
            "–" if one.p is None else f"{one.p:.4f}",
            *("–" if count is None else str(count) for count in (one.wins, one.ties, one.losses)),
        )
        for one in comparison.differences
    ]
    print_table(columns, rows, figures=columns)
    for changed in comparison.changed:
        change = f"{100 * changed.before:.1f} → {100 * changed.after:.1f}"
        out.print(f"{changed.set_name} {changed.question}: {change}", markup=False)
        for name, top in (("before", changed.top_before), ("after", changed.top_after)):
            out.print(f"    {name:<6} {' '.join(top[:5])}", markup=False)
