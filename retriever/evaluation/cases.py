"""Cases as documents of a labelled set, and documents as cases, so that a set can be asked through the whole search."""

from dataclasses import replace

from retriever.case.language import detect_language
from retriever.domain import Case
from retriever.evaluation.labelled import Document, LabelledSet

OWN_ID = "id in the set"
"""Where a document that was renamed keeps the id it came with."""
NO_SOLUTION = "–"
"""A case must have a solution; this one has no word that could match."""


def case_document(case: Case) -> Document:
    """What slices need to know of a case; without its text."""
    return Document(case.id, "", "", case.language, {"product": case.product, "date": case.resolved_at})


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
