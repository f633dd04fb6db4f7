"""Labelled sets that the ranking is fitted on beside those that were given: libraries of several languages.

In a real library a case in the question's own language competes with the right one in another language, and questions
come that nobody has ever solved. Few labelled sets have either, so some are made of those that are there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retriever.evaluation.labelled import LabelledSet

MANUALS = ("en", "zh-CN", "de", "es", "en", "ja", "fr", "pt-BR")
"""Languages of the pages of `manuals`, one after the other."""
STRANGERS = {
    "entries-mixed": ("gnomehelp-desc-xling", "stackfaq-en"),
    "manuals": ("espfaq-dev-zh2en", "espfaq-dev-en2zh", "parakqc-ko"),
}
"""Sets whose questions a made set cannot answer."""

_MADE_OF = {
    "entries": ("espfaq",),
    "library": ("espfaq", "gnomehelp", "parakqc", "stackfaq"),
    "manuals": ("gnomehelp",),
}


def sources_of(name: str) -> frozenset[str]:
    """Whose texts a set holds. What is reported of a set was fitted on sets that share none of its sources."""
    first = name.split("-", maxsplit=1)[0]
    return frozenset(_MADE_OF.get(first, (first,)))


def with_mixed_sets(sets: dict[str, LabelledSet]) -> dict[str, LabelledSet]:
    """The sets, and three made of them in which cases of the question's language compete with answers in another one.

    `entries-mixed`: every second vendor entry in Chinese, the others in English, asked in both languages. `library`:
    these entries, English help pages asked in many languages, and Korean and English questions, in one corpus.
    `manuals`: each help page in one of several languages, asked in the others.
    """
    needed = ("espfaq-dev-zh2en", "espfaq-dev-en2zh", "gnomehelp-desc-xling", "parakqc-ko", "stackfaq-en")
    if not set(needed) <= set(sets):
        return sets
    english, chinese, *others = (sets[name] for name in needed)
    kept = {d.id for d in english.documents[::2]}
    documents = [d for d in english.documents if d.id in kept] + [d for d in chinese.documents if d.id not in kept]
    asked = [english, chinese]
    mixed = _joined("entries-mixed", documents, asked)
    whole = _joined("library", [*documents, *(d for other in others for d in other.documents)], [*asked, *others])
    manuals = _manuals(sets["gnomehelp-desc-xling"])
    return {**sets, **{made.name: _with_strangers(made, sets) for made in (mixed, whole, manuals)}}


def _with_strangers(made: LabelledSet, sets: Mapping[str, LabelledSet]) -> LabelledSet:
    """Out of scope are questions of sets that speak of something else, in many languages."""
    asked = []
    for name in STRANGERS.get(made.name, ()):
        questions = sets[name].questions
        asked += [replace(q, id=f"{name}/{q.id}", exclude=()) for q in questions[:: max(1, len(questions) // 150)]]
    return replace(made, out_of_scope=tuple(asked))


def _manuals(pages: LabelledSet) -> LabelledSet:
    """A quarter of the pages as they are; instead of another one, its summary in the next language of MANUALS."""
    summaries = {(page, q.language): q for q in pages.questions for page in pages.qrels[q.id]}
    documents, taken = [], set()
    for number, page in enumerate(pages.documents):
        summary = summaries.get((page.id, MANUALS[number % len(MANUALS)]))
        documents.append(replace(page, title="", text=summary.text, language=summary.language) if summary else page)
        taken.add(summary.id if summary else "")
    asked = tuple(q for q in pages.questions if q.id not in taken)
    return LabelledSet("manuals", tuple(documents), asked, {q.id: pages.qrels[q.id] for q in asked})


def _joined(name: str, documents: list[Any], asked: list[LabelledSet]) -> LabelledSet:
    """One set of these documents and all questions; a question that several sets ask in its own way keeps apart."""
    known = {document.id for document in documents}
    questions, qrels = [], {}
    for labelled in asked:
        for question in labelled.questions:
            own = f"{labelled.name}/{question.id}"
            kept = tuple(one for one in question.exclude if one in known)
            questions.append(replace(question, id=own, exclude=kept))
            qrels[own] = {d: grade for d, grade in labelled.qrels[question.id].items() if d in known}
    answerable = [question for question in questions if qrels[question.id]]
    return LabelledSet(name, tuple(documents), tuple(answerable), {q.id: qrels[q.id] for q in answerable})
