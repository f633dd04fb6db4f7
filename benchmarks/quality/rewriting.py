"""Which way of rewriting a question late is worth having: each on the questions whose first answer is unsure.

    python -m benchmarks.quality.rewriting --data DIR --out benchmarks/results/rewriting.json

`proposed` is the shipped stage: words of the best cases find more candidates, the question as it was asked decides. In
the other forms the rewritten question is asked, and the surer of both answers counts: `expanded` has words of the best
cases at its end, `shortened` keeps only its own weightiest words.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measuring import command_line, conditions, write_result
from index.text import tokenise
from retriever.case.texts import matched_text
from retriever.config import load_settings
from retriever.domain import Match, Query, SearchResult
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.metrics import measure
from retriever.evaluation.runner import query_of
from retriever.evaluation.subsets import draw_questions
from retriever.operations.trial import open_trial
from retriever.search.rewriting import FIRST, WORDS, Rewriting
from retriever.search.searcher import Searcher
from retriever.training.figures import print_lines
from retriever.training.sets import iter_sets
from retriever.wiring.service import Service

BELOW = 0.5
KEPT = 0.6
"""Share of its words that a shortened question keeps."""
_WORD = re.compile(r"\w[\w'’-]*")
Form = Callable[[Searcher, Query, SearchResult], SearchResult]


def proposed(searcher: Searcher, query: Query, first: SearchResult) -> SearchResult:
    """The shipped stage."""
    return replace(searcher, stages=(Rewriting(BELOW),)).find_similar(query)


def expanded(searcher: Searcher, query: Query, first: SearchResult) -> SearchResult:
    """Asked with the weightiest words that two of the best cases have and the question has not."""
    own = set(words_of(query.problem))
    found = Counter(word for match in first.matches[:FIRST] for word in set(words_of(matched_text(match.stored.case))))
    weights = {word: n * weight(searcher, word) for word, n in found.items() if n > 1 and word not in own}
    best = sorted(weights, key=lambda word: (-weights[word], word))[:WORDS]
    return surer(first, searcher.find_similar(replace(query, problem=" ".join([query.problem, *best]))))


def shortened(searcher: Searcher, query: Query, first: SearchResult) -> SearchResult:
    """Asked without its lightest words."""
    words = words_of(query.problem)
    places = sorted(range(len(words)), key=lambda place: -weight(searcher, words[place]))
    kept = sorted(places[: max(3, round(KEPT * len(words)))])
    return surer(first, searcher.find_similar(replace(query, problem=" ".join(words[place] for place in kept))))


FORMS: dict[str, Form] = {"proposed": proposed, "expanded": expanded, "shortened": shortened}


def words_of(text: str) -> list[str]:
    """Words as they are written, in lower case."""
    return _WORD.findall(text.lower())


def weight(searcher: Searcher, word: str) -> float:
    """How much a word counts in the search; 0 for one that is not searched."""
    tokens = tokenise.tokens(word)
    return searcher.view().words.ceiling(tokens) if tokens else 0.0


def surer(one: SearchResult, other: SearchResult) -> SearchResult:
    """The answer whose best match has the higher confidence, the first of equals."""
    return other if _sure(other) > _sure(one) else one


def run_set(labelled: LabelledSet, service: Service) -> dict[str, Any]:
    """nDCG@10 of the unsure questions as they are and in each form."""
    runs: dict[str, dict[str, dict[str, float]]] = {name: {} for name in ("as asked", *FORMS)}
    for question in labelled.questions:
        query = query_of(question, limit=10, min_confidence=0.0)
        first = service.searcher.find_similar(query)
        if _sure(first) >= BELOW:
            continue
        runs["as asked"][question.id] = _run(first.matches)
        for name, form in FORMS.items():
            runs[name][question.id] = _run(form(service.searcher, query, first).matches)
    qrels = {id: labelled.qrels[id] for id in runs["as asked"]}
    figures = {name: round(100 * measure(qrels, run).means["ndcg@10"], 1) for name, run in runs.items()}
    return {"set": labelled.name, "questions": len(labelled.questions), "unsure": len(qrels), **figures}


def _sure(result: SearchResult) -> float:
    return result.matches[0].confidence if result.matches else 0.0


def _run(matches: Sequence[Match]) -> dict[str, float]:
    return {match.stored.case.id: float(-match.rank) for match in matches}


def main() -> None:
    """Parse arguments, ask, print and write."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--only", nargs="*", default=(), help="names of sets; all of them without it")
    parser.add_argument("--questions", type=int, default=200, help="at most this many of each set, drawn with a seed")
    arguments = parser.parse_args()
    lines = []
    for labelled, cases in iter_sets(arguments.data, only=arguments.only):
        with open_trial(load_settings(), cases) as service:
            lines.append(run_set(draw_questions(labelled, arguments.questions), service))
        print(json.dumps(lines[-1]), file=sys.stderr, flush=True)
    print_lines(lines)
    write_result(arguments.out, {"machine": conditions(), "below": BELOW, "sets": lines})


if __name__ == "__main__":
    main()
