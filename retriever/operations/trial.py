"""A library that is thrown away: labelled sets are measured in one; the user's own must not be filled with them."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from retriever.case.format import case_from_dict
from retriever.case.language import detect_language
from retriever.case.texts import embedded_text
from retriever.config import Settings
from retriever.domain import Case
from retriever.embedding.alignment import load_compiled
from retriever.evaluation.formats import OWN_ID, LabelledSet, iter_sample_cases, load_sample_questions
from retriever.evaluation.judgements import case_document
from retriever.indexing.rebuild import rebuild
from retriever.store import open_store
from retriever.wiring.service import Service, open_encoder, open_service

BATCH = 1_000
NO_SOLUTION = "–"
"""A case must have a solution; this one has no word that could match."""

Progress = Callable[[str, int, int], None]


@contextmanager
def open_trial(settings: Settings, cases: Sequence[Case], *, progress: Progress | None = None) -> Iterator[Service]:
    """A service over these cases in a temporary folder; model and everything else as in the settings."""
    with tempfile.TemporaryDirectory(prefix="similar-cases-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        with open_store(own.database_path, mask=own.mask) as store:
            for start in range(0, len(cases), BATCH):
                store.cases.upsert(cases[start : start + BATCH])
            rebuild(store, open_encoder(own), own.index_dir, threads=own.threads, progress=progress)
        load_compiled()
        with open_service(own) as service:
            yield service


def sample_set() -> tuple[LabelledSet, list[Case]]:
    """The sample library's questions, with its cases as documents and as cases."""
    cases = [case_from_dict(row) for row in iter_sample_cases()]
    documents = tuple(replace(case_document(case), text=embedded_text(case)) for case in cases)
    return replace(load_sample_questions(), documents=documents), cases


def documents_as_cases(labelled: LabelledSet) -> tuple[LabelledSet, list[Case]]:
    """Documents as cases: the text is the problem, and a language that is not given is guessed as ingest does.

    Their ids may hold signs that ids of cases cannot, so they are numbered, in the judgements too.
    """
    names = {document.id: f"d{number}" for number, document in enumerate(labelled.documents)}
    documents = tuple(
        replace(document, id=names[document.id], metadata={**document.metadata, OWN_ID: document.id})
        for document in labelled.documents
    )
    cases = [
        Case(
            document.id,
            document.text or document.title,
            NO_SOLUTION,
            title=document.title if document.text else "",
            language=document.language or detect_language(document.text or document.title),
            product=str(document.metadata.get("product") or ""),
            resolved_at=document.date,
        )
        for document in documents
    ]
    qrels = {
        question: {names[document]: grade for document, grade in judged.items()}
        for question, judged in labelled.qrels.items()
    }
    questions, outside = (
        tuple(replace(one, exclude=tuple(names[name] for name in one.exclude)) for one in part)
        for part in (labelled.questions, labelled.out_of_scope)
    )
    return replace(labelled, documents=documents, questions=questions, qrels=qrels, out_of_scope=outside), cases
