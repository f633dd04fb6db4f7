"""Labelled questions against the whole search, the model alone, or a run made elsewhere; nothing is changed by it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from retriever.config import Settings
from retriever.domain import Progress
from retriever.errors import InvalidInput, Unavailable
from retriever.evaluation.beir import load_beir
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.compare import GateRule, RunComparison, broken_gate_rules, compare, parse_gate_rule
from retriever.evaluation.judgements import judgements_from_feedback, load_judgements
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.page import render_page
from retriever.evaluation.results import EvaluationReport, build_report, load_report, save_report
from retriever.evaluation.runner import Evaluation, bare_set, evaluate_encoder, evaluate_ranking, evaluate_search
from retriever.evaluation.subsets import draw_questions, split_by_time
from retriever.evaluation.trec import load_qrels, load_run, unjudged, write_run
from retriever.operations.trial import open_trial
from retriever.sample.library import load_sample_set
from retriever.wiring.encoder import open_encoder
from retriever.wiring.library import open_library
from retriever.wiring.service import Service

Arm: TypeAlias = Literal["search", "dense"]
"""What answers: the whole search, or the model alone."""
LeftOut: TypeAlias = Callable[[str, int], None]
"""Told (set, questions) how many of a set are not asked, since they had no answer yet at their time."""


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions of a set are asked: with `temporal` none sees a newer case; `sample` of them, with a seed."""

    temporal: bool = False
    sample: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """The report and what it was made of.

    `texts` has each question by set name and id, `unjudged` the questions of a run without judgement.
    """

    report: EvaluationReport
    evaluations: Sequence[Evaluation]
    texts: Mapping[str, str] = field(default_factory=dict)
    unjudged: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier report, and the rules that a later one must keep against it."""

    report: EvaluationReport
    rules: Sequence[GateRule] = ()

    def compare(self, report: EvaluationReport) -> tuple[RunComparison, list[str]]:
        """What differs, and a line for each rule that is broken. Raises InvalidInput for another set."""
        return compare(self.report, report), broken_gate_rules(self.rules, self.report, report)


def load_baseline(file: Path | None, rules: Sequence[str] = ()) -> Baseline | None:
    """The report in a file with rules such as `ndcg@10 < -0.5`; None without a file. Raises InvalidInput."""
    parsed = [parse_gate_rule(text) for text in rules]
    if file is None:
        if parsed:
            raise InvalidInput("--fail-if compares with a baseline: give --baseline too.")
        return None
    return Baseline(load_report(file), parsed)


def measure_run(qrels: Path, run: Path) -> Measured:
    """A TREC run against TREC judgements; nothing is searched. Raises InvalidInput."""
    judged, found = load_qrels(qrels), load_run(run)
    done = evaluate_ranking(bare_set(qrels.stem, judged), found)
    return Measured(build_report(run.name, "", "run", [done]), [done], unjudged=unjudged(judged, found))


def measure_library(
    service: Service,
    judgements: Path | None,
    which: QuestionFilter,
    *,
    progress: Progress | None = None,
    left_out: LeftOut | None = None,
) -> Measured:
    """The library's own search, on the questions of a file or without one on its feedback. Raises InvalidInput."""
    questions = _Questions(which, left_out)
    labelled = questions.select(library_set(service, judgements))
    done = _ask(labelled, service, progress)
    report = build_report(service.encoder.name, service.encoder.fingerprint, "search", [done])
    return Measured(report, [done], questions.texts)


def measure_sets(
    settings: Settings,
    folders: Sequence[Path],
    which: QuestionFilter,
    *,
    split: str = "test",
    arm: Arm = "search",
    progress: Progress | None = None,
    left_out: LeftOut | None = None,
) -> Measured:
    """The model of the settings, or the search over a library that is thrown away, on BEIR folders or the sample.

    Raises InvalidInput, ModelUnavailable.
    """
    encoder = open_encoder(settings)
    questions = _Questions(which, left_out)
    done: list[Evaluation] = []
    for folder in folders or (None,):
        whole, cases = load_sample_set() if folder is None else documents_as_cases(load_beir(folder, split=split))
        labelled = questions.select(whole)
        if arm == "dense":
            done.append(evaluate_encoder(labelled, encoder))
            continue
        with open_trial(settings, cases, progress=progress) as service:
            done.append(_ask(labelled, service, progress))
    report = build_report(encoder.name, encoder.fingerprint, arm, done)
    return Measured(report, done, questions.texts)


def has_judgements(settings: Settings) -> bool:
    """Is there a library with questions that what people did has judged?"""
    if not settings.database_path.exists():
        return False
    with open_library(settings, read_only=True) as store:
        try:
            return bool(judgements_from_feedback(store).questions)
        except InvalidInput:  # no question was logged with its text, or none is judged
            return False


def library_set(service: Service, judgements: Path | None) -> LabelledSet:
    """Judged questions of the library: of a file, or without one of its feedback. Raises InvalidInput."""
    return judgements_from_feedback(service.store) if judgements is None else load_judgements(judgements, service.store)


def write_results(
    measured: Measured,
    comparison: RunComparison | None = None,
    *,
    report: Path | None = None,
    page: Path | None = None,
    run: Path | None = None,
) -> Iterator[Path]:
    """Write the result as JSON, as an HTML page, as a TREC run; each file once it is there.

    Raises Unavailable, and InvalidInput for a run of several sets.
    """
    if report:
        yield _written(report, lambda: save_report(report, measured.report))
    if page:
        html = render_page(measured.report, comparison, measured.texts)
        yield _written(page, lambda: page.write_text(html, encoding="utf-8"))
    if run:
        if len(measured.evaluations) != 1:
            raise InvalidInput("a TREC run holds one set: give one --data.")
        yield _written(run, lambda: write_run(run, measured.evaluations[0].top, tag="similar-cases"))


@dataclass(slots=True)
class _Questions:
    """Chooses the questions of sets that are asked, and keeps their texts."""

    which: QuestionFilter
    left_out: LeftOut | None
    texts: dict[str, str] = field(default_factory=dict)

    def select(self, labelled: LabelledSet) -> LabelledSet:
        if self.which.temporal:
            asked = len(labelled.questions)
            labelled = split_by_time(labelled)
            if self.left_out:
                self.left_out(labelled.name, asked - len(labelled.questions))
        if self.which.sample is not None:
            labelled = draw_questions(labelled, self.which.sample)
        self.texts |= {f"{labelled.name}/{question.id}": question.text for question in labelled.questions}
        return labelled


def _ask(labelled: LabelledSet, service: Service, progress: Progress | None) -> Evaluation:
    """Through the searcher itself: what is measured is not logged as if somebody had asked."""
    told = partial(progress, "questions") if progress else None
    return evaluate_search(labelled, service.searcher.find_similar, progress=told)


def _written(file: Path, write: Callable[[], object]) -> Path:
    try:
        write()
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    return file
