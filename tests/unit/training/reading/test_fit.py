"""Fitting the weight of a reading stage: on one half, in the order of nDCG, from what the whole search recorded."""

import json
import math
from pathlib import Path

import numpy as np

from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.search.reading import RESCORE_WEIGHT, ReadingStage, Rescorer
from retriever.training.reading.fit import ReadCandidates, fit, ids_in_order, lines_of, ndcg_of, read_set
from retriever.training.sets import in_first_half, second_half
from tests.support.builders import WordEncoder, make_case

RESULTS = Path(__file__).parents[4] / "benchmarks" / "results"
UNREAD = math.nan


def candidates(logit: list[float], opinion: list[float]) -> ReadCandidates:
    """Candidates a, b, c …"""
    return ReadCandidates([chr(97 + i) for i in range(len(logit))], np.array(logit), np.array(opinion))


def labelled(count: int) -> LabelledSet:
    """Questions whose answer is b."""
    questions = tuple(LabelledQuestion(f"q{number}", f"question {number}") for number in range(count))
    return LabelledSet("toy", (), questions, {question.id: {"b": 1} for question in questions})


def test_the_weight_moves_only_what_was_read() -> None:
    """A case without an opinion keeps its place."""
    one = candidates([2.0, 1.0, 0.0], [0.0, UNREAD, 1.0])

    assert ids_in_order(one, 1.0) == ["a", "b", "c"]
    assert ids_in_order(one, 3.0) == ["c", "b", "a"]
    assert ids_in_order(one, math.inf) == ["c", "b", "a"]


def test_the_smallest_best_weight_is_taken() -> None:
    """Where the reader is right, enough weight to say so, and no more."""
    asked = labelled(20)
    found = {question.id: candidates([1.0, 0.0], [0.0, 1.0]) for question in asked.questions}

    weight = fit([(asked, found)])

    assert weight == 1.25
    assert ndcg_of(asked.qrels, found, weight) == 100.0


def test_the_report_is_of_the_other_half() -> None:
    """No question stands in both, and together they are all of them."""
    asked = labelled(40)
    found = {question.id: candidates([1.0, 0.0], [0.0, 1.0]) for question in asked.questions}

    (line,) = lines_of([(asked, found)], 2.0)
    rest = second_half(asked)

    assert line["questions"] == len(rest.questions) == len(rest.qrels)
    assert 0 < len(rest.questions) < 40
    assert not any(in_first_half(question) for question in rest.questions)
    assert (line["fused"], line["with the stage"]) == (63.1, 100.0)


def test_opinions_come_from_the_whole_search() -> None:
    """Each candidate of the shipped search with its opinion, in the order of the ranking."""
    cases = [make_case("b", "printer jams"), make_case("c", "vpn drops every hour")]
    question = LabelledQuestion("q", "printer jams")
    asked = LabelledSet("toy", (), (question,), {"q": {"b": 1}})
    stage = ReadingStage("rescore", Rescorer(WordEncoder()), 1.0, top=50, budget_ms=60_000)

    found = read_set(asked, cases, stage)["q"]

    assert found.ids == ["b", "c"]
    assert found.opinion[0] > found.opinion[1]
    assert found.logit[0] >= found.logit[1]


def test_the_shipped_weight_is_the_committed_one() -> None:
    """What the package uses is what the committed run fitted."""
    assert json.loads((RESULTS / "stages.json").read_text(encoding="utf-8"))["weight"] == RESCORE_WEIGHT
