"""`similar-cases evaluate`: labelled questions against the whole search, the model alone, or a run made elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retriever.cli.context import Json, opened_service, settings_of
from retriever.cli.output import err, out, print_json, print_table, progress_bars
from retriever.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from retriever.config import Settings
    from retriever.evaluation.compare import RunComparison
    from retriever.evaluation.labelled import LabelledSet
    from retriever.evaluation.results import EvaluationReport
    from retriever.evaluation.runner import Evaluation
    from retriever.evaluation.slices import Slice
    from retriever.wiring.service import Service

SHOWN = ("ndcg@10", "mrr@10", "recall@1", "recall@10")
GROUPS = ("kind", "language", "length", "code")
"""Slices shown in the terminal; language pairs and products are in the JSON and on the page."""
Arm = Literal["search", "dense"]


def evaluate(
    context: typer.Context,
    *,
    data: Annotated[list[Path] | None, typer.Option(help="BEIR folder; the sample library without it.")] = None,
    split: Annotated[str, typer.Option(help="Which qrels/….tsv of a BEIR folder.")] = "test",
    judgements: Annotated[
        Path | None, typer.Option(help="Ask the library itself: JSON lines of id, text and relevant case ids.")
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Ask the library itself: logged questions, judged by what people did.")
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
    from retriever.evaluation.compare import broken_gate_rules, compare, parse_gate_rule  # noqa: PLC0415  see cli/__init__.py
    from retriever.evaluation.results import load_report, save_report, without_details  # noqa: PLC0415

    rules = [parse_gate_rule(text) for text in fail_if or ()]
    if rules and baseline is None:
        raise InvalidInput("--fail-if compares with a baseline: give --baseline too.")
    before = None if baseline is None else load_report(baseline)  # before the work, so that a bad file costs nothing
    prepare = _preparation(temporal=temporal, sample=sample)
    if qrels or run:
        evaluated = _of_run(qrels, run, given=bool(data or judgements or feedback or temporal or sample))
    elif judgements or feedback:
        evaluated = _of_library(context, judgements, feedback=feedback, arm=arm, given=bool(data), prepare=prepare)
    else:
        evaluated = _of_sets(settings_of(context), data, split=split, arm=arm, prepare=prepare)
    report, done, texts = evaluated
    comparison = None if before is None else compare(before, report)
    broken = [] if before is None else broken_gate_rules(rules, before, report)
    _write(save, lambda file: save_report(file, report))
    _write(html, lambda file: file.write_text(_page(report, comparison, texts), encoding="utf-8"))
    _write(save_run, lambda file: _write_run(file, done))
    if json_:
        print_json({**without_details(report), "comparison": comparison, "broken_rules": broken})
    else:
        _print(done, comparison)
    for line in broken:
        err.print(f"similar-cases: {line}", markup=False)
    if broken:
        raise typer.Exit(1)


def load_set(folder: Path | None) -> "LabelledSet":
    """The labelled questions and their documents: of a BEIR folder, or of the sample library. Raises InvalidInput."""
    from retriever.evaluation.beir import load_beir  # noqa: PLC0415
    from retriever.sample.library import load_sample_set  # noqa: PLC0415

    return load_sample_set()[0] if folder is None else load_beir(folder)


Prepare = Callable[["LabelledSet"], "LabelledSet"]
Evaluated = tuple["EvaluationReport", list["Evaluation"], dict[str, str]]
"""The report, what it was made of, and the text of each question by set name and id, for the page alone."""


def _preparation(*, temporal: bool, sample: int | None) -> Prepare:
    from retriever.evaluation.subsets import draw_questions, split_by_time  # noqa: PLC0415

    def prepare(labelled: "LabelledSet") -> "LabelledSet":
        if temporal:
            asked = len(labelled.questions)
            labelled = split_by_time(labelled)
            err.print(f"{labelled.name}: {asked - len(labelled.questions)} questions had no answer yet", markup=False)
        return labelled if sample is None else draw_questions(labelled, sample)

    return prepare


def _of_run(qrels: Path | None, run: Path | None, *, given: bool) -> Evaluated:
    from retriever.evaluation.results import build_report  # noqa: PLC0415
    from retriever.evaluation.runner import bare_set, evaluate_ranking  # noqa: PLC0415
    from retriever.evaluation.trec import load_qrels, load_run, unjudged  # noqa: PLC0415

    if qrels is None or run is None or given:
        raise InvalidInput("--qrels and --run belong together, without other questions.")
    judged, found = load_qrels(qrels), load_run(run)
    ignored = unjudged(judged, found)
    if ignored:
        err.print(f"{len(ignored)} questions of the run have no judgement, such as {ignored[0]}", markup=False)
    done = evaluate_ranking(bare_set(qrels.stem, judged), found)
    return build_report(run.name, "", "run", [done]), [done], {}


def _of_library(
    context: typer.Context, file: Path | None, *, feedback: bool, arm: Arm, given: bool, prepare: Prepare
) -> Evaluated:
    from retriever.evaluation.results import build_report  # noqa: PLC0415

    if given or (file is not None and feedback) or arm != "search":
        raise InvalidInput("--judgements or --feedback ask the whole search of this library, without other questions.")
    with opened_service(context) as service:
        labelled = prepare(library_set(service, file))
        done = _asked(labelled, service)
        report = build_report(service.encoder.name, service.encoder.fingerprint, arm, [done])
    return report, [done], _texts(labelled)


def library_set(service: "Service", file: Path | None) -> "LabelledSet":
    """Judged questions of the library: of a file, or of its feedback. Raises InvalidInput."""
    from retriever.evaluation.judgements import judgements_from_feedback, load_judgements  # noqa: PLC0415

    return judgements_from_feedback(service.store) if file is None else load_judgements(file, service.store)


def _of_sets(settings: "Settings", data: Sequence[Path] | None, *, split: str, arm: Arm, prepare: Prepare) -> Evaluated:
    from retriever.evaluation.beir import load_beir  # noqa: PLC0415
    from retriever.evaluation.cases import documents_as_cases  # noqa: PLC0415
    from retriever.evaluation.results import build_report  # noqa: PLC0415
    from retriever.evaluation.runner import evaluate_encoder  # noqa: PLC0415
    from retriever.operations.trial import open_trial  # noqa: PLC0415
    from retriever.sample.library import load_sample_set  # noqa: PLC0415
    from retriever.wiring.service import open_encoder  # noqa: PLC0415

    encoder = open_encoder(settings)
    done: list[Evaluation] = []
    texts: dict[str, str] = {}
    for folder in data or (None,):
        if folder is None:
            labelled, cases = load_sample_set()
        else:
            labelled, cases = documents_as_cases(load_beir(folder, split=split))
        labelled = prepare(labelled)
        texts |= _texts(labelled)
        if arm == "dense":
            done.append(evaluate_encoder(labelled, encoder))
            continue
        with progress_bars() as bars, open_trial(settings, cases, progress=bars) as service:
            done.append(_asked(labelled, service))
    return build_report(encoder.name, encoder.fingerprint, arm, done), done, texts


def _asked(labelled: "LabelledSet", service: "Service") -> "Evaluation":
    """Through the searcher itself: what is measured is not logged as if somebody had asked."""
    from retriever.evaluation.runner import evaluate_search  # noqa: PLC0415

    with progress_bars() as bars:
        return evaluate_search(
            labelled, service.searcher.find_similar, progress=lambda done, total: bars("questions", done, total)
        )


def _texts(labelled: "LabelledSet") -> dict[str, str]:
    return {f"{labelled.name}/{question.id}": question.text for question in labelled.questions}


def _page(report: "EvaluationReport", comparison: "RunComparison | None", texts: dict[str, str]) -> str:
    from retriever.evaluation.page import render_page  # noqa: PLC0415

    return render_page(report, comparison, texts)


def _write_run(file: Path, done: "Sequence[Evaluation]") -> None:
    from retriever.evaluation.trec import write_run  # noqa: PLC0415

    if len(done) != 1:
        raise InvalidInput("a TREC run holds one set: give one --data.")
    write_run(file, done[0].top, tag="similar-cases")


def _write(file: Path | None, write: Callable[[Path], object]) -> None:
    """Have a file written, if it is wanted. Raises Unavailable when it cannot be."""
    if file is None:
        return
    try:
        write(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    err.print(f"written to {file}", markup=False)


def _print(done: "Sequence[Evaluation]", comparison: "RunComparison | None") -> None:
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


def _rows(evaluation: "Evaluation") -> Iterator[tuple[str, ...]]:
    whole = evaluation.scores.means
    yield (evaluation.name, str(evaluation.questions), *(f"{100 * whole[name]:.1f}" for name in SHOWN))
    for arm, scores in evaluation.arms.items():
        yield (f"  {arm} alone", "", *(f"{100 * scores.means[name]:.1f}" for name in SHOWN))
    for part in evaluation.slices:
        if part.group in GROUPS:
            figures = (f"{100 * part.means[name]:.1f} ±{_half(part, name):.1f}" for name in SHOWN)
            yield (f"  {part.name}", str(part.questions), *figures)


def _half(part: "Slice", name: str) -> float:
    """Half of the 95 % interval, in points."""
    return 50 * (part.intervals[name].high - part.intervals[name].low)


def _print_comparison(comparison: "RunComparison") -> None:
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
