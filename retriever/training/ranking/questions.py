"""The questions that the ranking is fitted on, each with the candidates of the shipped search.

Inside questions have an answer in the library; outside ones have none; hidden ones are asked with theirs left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retriever.config import Settings
from retriever.domain import Case, Filters, Query
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.operations.trial import open_trial
from retriever.search.features import features
from retriever.search.scores import CandidateScores, FloatArray

SEED = 3
QUESTIONS_PER_SET = 600
OUT_OF_SCOPE_PER_SET = 1_400
SHARE = {"banking77-en": 1.5, "hint3-en": 1.5, "espfaq-dev-mixed": 2.0, "sample": 2.0, "library": 0.5, "manuals": 0.3}
"""Weight of a set; 1 for the others. Sets with many right cases are fewer than those with a single one, and in the last
two no case in the question's own language is ever right."""
HIDE_EVERY = 6
"""Of six questions that follow one another, two are also asked with their answers hidden."""
HIDDEN = 0.3
"""Weight of such questions, where a set's own weigh as in SHARE."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question with its candidates; `relevant` holds the grade of each.

    `kind` is inside, outside, or hidden: asked with its answers left out. Questions of odd places are `held_out`.
    """

    set_name: str
    question: LabelledQuestion
    ids: list[str]
    scores: CandidateScores
    table: FloatArray
    relevant: FloatArray
    kind: str
    held_out: bool


def ask(labelled: LabelledSet, cases: Sequence[Case], settings: Settings) -> Iterator[AskedQuestion]:
    """The promising candidates of a sample of the set's questions."""
    rng = np.random.default_rng(SEED)
    with open_trial(settings, cases) as service:
        names = {stored.key: stored.case.id for stored in service.store.cases.iter()}
        for kind, questions in (("inside", labelled.questions), ("outside", labelled.out_of_scope)):
            limit = QUESTIONS_PER_SET if kind == "inside" else OUT_OF_SCOPE_PER_SET
            chosen = sorted(rng.permutation(len(questions))[:limit].tolist())
            wanted = [(kind, place, questions[i]) for place, i in enumerate(chosen)]
            if kind == "inside":
                wanted += [("hidden", place, question) for _, place, question in wanted if place % HIDE_EVERY in (0, 1)]
            for asked_as, place, question in wanted:
                judged = labelled.qrels.get(question.id, {})
                left_out = (*question.exclude, *judged) if asked_as == "hidden" else question.exclude
                query = Query(question.text, include_historical=True, filters=Filters(exclude_ids=left_out))
                keys, scores = service.searcher.scores_of(query)
                ids = [names[key] for key in keys.tolist()]
                relevant = np.array([float(judged.get(name, 0)) for name in ids])
                table, odd = features(scores), place % 2 == 1
                yield AskedQuestion(labelled.name, question, ids, scores, table, relevant, asked_as, odd)


def shares_of(asked: list[AskedQuestion], share: Mapping[str, float] = SHARE) -> FloatArray:
    """Weight of each question: sets as in `share` whatever their size, the hidden ones of a set HIDDEN beside it."""
    names = [(a.set_name, a.kind == "hidden") for a in asked]
    counts = Counter(names)
    return np.array([(HIDDEN if hidden else share.get(name, 1.0)) / counts[name, hidden] for name, hidden in names])
