"""Groups of questions: which language asks for which, how long, with codes or without, which product."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from index.text import tokenise
from retriever.case.language import LATIN, detect_language
from retriever.case.language_tags import UNSURE, base_language
from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet
from retriever.evaluation.metrics import MAIN, RunScores
from retriever.evaluation.significance import Interval, bootstrap

PRODUCTS = 20
"""Products shown, the most asked first; a large library has thousands."""

MAIN_SHARE = 0.8
"""From this share of the texts without a language on, one language counts as that of all that look like it."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One group of questions: how many, the main measures with their 95 % intervals, and the same of each arm."""

    group: str
    name: str
    questions: int
    means: Mapping[str, float]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    arms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def slice_questions(labelled: LabelledSet, scores: RunScores, arms: Mapping[str, RunScores]) -> tuple[Slice, ...]:
    """Every slice of a measured set. A question belongs to one slice of each group, at most."""
    known = {document.id: document for document in labelled.documents}
    pairs = language_pairs(labelled)
    members: dict[tuple[str, str], list[str]] = {}
    for question in labelled.questions:
        for group, name in _groups(question, labelled.qrels[question.id], known, pairs[question.id]):
            members.setdefault((group, name), []).append(question.id)
    kept = _most_asked_products(members)
    return tuple(
        _measured(group, name, ids, scores=scores, arms=arms)
        for (group, name), ids in sorted(members.items())
        if group != "product" or name in kept
    )


def intervals_of(scores: RunScores) -> dict[str, Interval]:
    """95 % interval of every measure over all questions."""
    names = list(scores.means)
    values = np.array([[row[name] for name in names] for row in scores.by_question.values()])
    return dict(zip(names, bootstrap(values), strict=True))


def length_of(text: str) -> int:
    """About how many words: runs without space, and half of the characters of scripts that write without spaces."""
    dense = sum(1 for sign in text if "\u0e00" <= sign <= "\u0e7f" or "\u3040" <= sign <= "\u9fff")
    spaced = "".join(" " if "\u0e00" <= sign <= "\u0e7f" or "\u3040" <= sign <= "\u9fff" else sign for sign in text)
    return len(spaced.split()) + (dense + 1) // 2


def language_pairs(labelled: LabelledSet) -> dict[str, tuple[str, str]]:
    """Base language of each question and of its best answers: its own where one of these is, else the commonest."""
    judged = labelled.qrels
    best = {id: {d for d, grade in found.items() if grade == max(found.values())} for id, found in judged.items()}
    wanted = set().union(*best.values())
    asked = _spoken({one.id: (one.language, one.text) for one in labelled.questions})
    answered = _spoken({d.id: (d.language, d.text or d.title) for d in labelled.documents if d.id in wanted})
    pairs = {}
    for question in labelled.questions:
        own, spoken = asked[question.id], Counter(answered.get(name, "?") for name in sorted(best[question.id]))
        pairs[question.id] = (own, own if own in spoken else spoken.most_common(1)[0][0])
    return pairs


def _spoken(texts: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Base language by id: as given, else guessed. A few short texts guessed to be in a language that looks like the
    one nearly all others are in are a wrong guess, and would make slices that do not exist.
    """
    given = {id: base_language(language) for id, (language, _) in texts.items() if language}
    guessed = {id: base_language(detect_language(text)) for id, (language, text) in texts.items() if not language}
    if guessed:
        main, count = Counter(guessed.values()).most_common(1)[0]
        unsure = LATIN | {UNSURE}
        if main in LATIN and count >= MAIN_SHARE * len(guessed):
            guessed = {id: main if language in unsure else language for id, language in guessed.items()}
    return given | guessed


def _groups(
    question: LabelledQuestion, judged: Mapping[str, int], known: Mapping[str, Document], pair: tuple[str, str]
) -> Iterator[tuple[str, str]]:
    asked, answered = pair
    yield "kind", "same language" if asked == answered else "cross language"
    yield "language", f"question in {asked}"
    yield "pair", f"{asked} → {answered}"
    length = length_of(question.text)
    yield "length", "1 to 5 words" if length <= 5 else "6 to 15 words" if length <= 15 else "more than 15 words"
    yield "code", "with a code" if tokenise.codes(question.text) else "without a code"
    best = max(judged, key=lambda name: judged[name])
    product = known[best].metadata.get("product") if best in known else None
    if product:
        yield "product", str(product)


def _most_asked_products(members: Mapping[tuple[str, str], list[str]]) -> set[str]:
    sizes = Counter({name: len(ids) for (group, name), ids in members.items() if group == "product"})
    return {name for name, _ in sizes.most_common(PRODUCTS)}


def _measured(group: str, name: str, ids: list[str], *, scores: RunScores, arms: Mapping[str, RunScores]) -> Slice:
    values = np.array([[scores.by_question[id][measure] for measure in MAIN] for id in ids])
    return Slice(
        group,
        name,
        len(ids),
        dict(zip(MAIN, values.mean(axis=0).tolist(), strict=True)),
        dict(zip(MAIN, bootstrap(values), strict=True)),
        {arm: _means(found, ids) for arm, found in arms.items()},
    )


def _means(scores: RunScores, ids: list[str]) -> dict[str, float]:
    return {name: sum(scores.by_question[id][name] for id in ids) / len(ids) for name in MAIN}
