"""`similar-cases evaluate`: labelled questions against the whole search, or against the model alone."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retriever.cli.context import Json, settings_of
from retriever.cli.output import err, out, print_json, print_table, progress_bars
from retriever.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from retriever.config import Settings
    from retriever.domain import Case
    from retriever.evaluation.formats import LabelledSet
    from retriever.evaluation.runner import Evaluation
    from retriever.service import Service

SHOWN = ("ndcg@10", "mrr@10", "recall@1", "recall@10")


def evaluate(
    context: typer.Context,
    *,
    data: Annotated[list[Path] | None, typer.Option(help="BEIR folder; the sample library without it.")] = None,
    arm: Annotated[Literal["search", "dense"], typer.Option(help="The whole search, or the model alone.")] = "search",
    save: Annotated[Path | None, typer.Option("--out", help="Write the result as JSON.")] = None,
    json_: Json = False,
) -> None:
    """Measure ranking and abstention on labelled questions. The library itself is neither read nor changed."""
    from retriever.evaluation.runner import evaluate_encoder, machine  # noqa: PLC0415  see retriever/cli/__init__.py
    from retriever.service import open_encoder  # noqa: PLC0415

    settings = settings_of(context)
    sets = [load_set(folder) for folder in data] if data else [load_set(None)]
    if arm == "dense":
        encoder = open_encoder(settings)
        done = [evaluate_encoder(labelled, encoder) for labelled in sets]
    else:
        done = [_evaluate_search(labelled, settings, sample=not data) for labelled in sets]
    report = {"model": settings.model, "arm": arm, "machine": machine(), "sets": [_plain(one) for one in done]}
    if save is not None:
        _save(save, report)
    if json_:
        print_json(report)
        return
    rows = [
        (name, questions, *(f"{means[key] * 100:.1f}" for key in SHOWN))
        for evaluation in done
        for name, questions, means in _lines(evaluation)
    ]
    columns = ("set", "questions", *SHOWN)
    print_table(columns, rows, figures=columns)
    for evaluation in done:
        for name, rate in evaluation.abstention.items():
            out.print(f"{evaluation.name}: {name} {rate:.1%}", markup=False)
        for name, took in evaluation.latency_ms.items():
            out.print(f"{evaluation.name}: {name} {took:.2f} ms", markup=False)


def load_set(folder: Path | None) -> "LabelledSet":
    """The labelled questions and their documents: of a BEIR folder, or of the sample library. Raises InvalidInput."""
    from retriever.case_format import case_from_dict  # noqa: PLC0415
    from retriever.evaluation.formats import (  # noqa: PLC0415
        Document,
        iter_sample_cases,
        load_beir,
        load_sample_questions,
    )
    from retriever.texts import embedded_text  # noqa: PLC0415

    if folder is not None:
        return load_beir(folder)
    cases = [case_from_dict(row) for row in iter_sample_cases()]
    documents = tuple(Document(case.id, "", embedded_text(case), case.language) for case in cases)
    return replace(load_sample_questions(), documents=documents)


def _evaluate_search(labelled: "LabelledSet", settings: "Settings", *, sample: bool) -> "Evaluation":
    """Through a library that is thrown away: the user's own has other cases and must not be filled with these."""
    from retriever.case_format import case_from_dict  # noqa: PLC0415
    from retriever.evaluation.formats import iter_sample_cases  # noqa: PLC0415
    from retriever.evaluation.runner import evaluate_search  # noqa: PLC0415

    if sample:
        cases = [case_from_dict(row) for row in iter_sample_cases()]
    else:
        labelled, cases = _as_cases(labelled)
    languages = {case.id: case.language for case in cases}
    with _throwaway(settings, cases) as service, progress_bars() as bars:
        return evaluate_search(
            labelled,
            service.find_similar,
            languages=languages,
            progress=lambda done, total: bars("questions", done, total),
        )


def _as_cases(labelled: "LabelledSet") -> tuple["LabelledSet", list["Case"]]:
    """Documents as cases. Their ids may hold signs that case ids cannot, so they are numbered. Raises InvalidInput."""
    from retriever.domain import Case  # noqa: PLC0415
    from retriever.language import detect_language  # noqa: PLC0415

    names = {document.id: f"d{number}" for number, document in enumerate(labelled.documents)}
    if any(question.id in names for question in labelled.questions):
        raise InvalidInput(
            f"{labelled.name} asks with its own documents, which would find themselves: use --arm dense."
        )
    cases = [
        Case(
            names[document.id],
            document.text or document.title,
            "–",  # a case must have a solution; this one has no word that could match
            title=document.title if document.text else "",
            language=document.language or detect_language(document.text or document.title),
        )
        for document in labelled.documents
    ]
    qrels = {
        question: {names[document]: grade for document, grade in judged.items()}
        for question, judged in labelled.qrels.items()
    }
    return replace(labelled, qrels=qrels), cases


@contextmanager
def _throwaway(settings: "Settings", cases: list["Case"]) -> Iterator["Service"]:
    from retriever.rebuild import rebuild  # noqa: PLC0415
    from retriever.service import open_encoder, open_service  # noqa: PLC0415
    from retriever.store import open_store  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="similar-cases-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        with open_store(own.database_path) as store, progress_bars() as bars:
            for start in range(0, len(cases), 1_000):
                store.upsert_cases(cases[start : start + 1_000])
            rebuild(store, open_encoder(own), own.index_dir, threads=own.threads, progress=bars)
        with open_service(own) as service:
            yield service


def _save(file: Path, report: Mapping[str, object]) -> None:
    try:
        file.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    err.print(f"written to {file}", markup=False)


def _lines(evaluation: "Evaluation") -> list[tuple[str, int, Mapping[str, float]]]:
    slices = [(f"  {part.name}", part.questions, part.means) for part in evaluation.slices]
    return [(evaluation.name, evaluation.questions, evaluation.scores.means), *slices]


def _plain(evaluation: "Evaluation") -> Mapping[str, object]:
    return {
        "name": evaluation.name,
        "questions": evaluation.questions,
        "means": dict(evaluation.scores.means),
        "slices": [{"name": s.name, "questions": s.questions, "means": dict(s.means)} for s in evaluation.slices],
        "abstention": dict(evaluation.abstention),
        "latency_ms": dict(evaluation.latency_ms),
    }
