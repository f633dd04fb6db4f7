"""The arithmetic: equal to trec_eval, exact on a case done by hand, and closed against runs that did not run."""

import math

import pytest
import pytrec_eval

from retriever.errors import InvalidInput
from retriever.evaluation.metrics import MEASURES, as_run, measure, top_of

QRELS = {
    "graded": {"d1": 3, "d2": 1, "d3": 0, "d9": 2},
    "ties": {"d1": 1, "d2": 1},
    "missed": {"d7": 1},
    "unanswered": {"d1": 1},
}
RUN = {
    "graded": {"d3": 0.9, "d1": 0.8, "d5": 0.7, "d2": 0.1},
    "ties": {"d4": 1.0, "d1": 1.0, "d3": 1.0, "d2": 0.5},
    "missed": {"d1": 1.0},
}
TREC = {
    "ndcg@10": "ndcg_cut_10",
    "recall@5": "recall_5",
    "recall@100": "recall_100",
    "hit@5": "success_5",
    "map": "map",
    "mrr@10": "recip_rank",  # the same as without a cut here, where nothing stands below the tenth place
}


@pytest.mark.parametrize("name", TREC)
def test_equal_to_trec_eval(name: str) -> None:
    """Every question's value is trec_eval's, graded judgements, ties and unjudged documents included."""
    wanted = {"ndcg_cut.10", "recall.5,100", "success.5", "map", "recip_rank"}
    expected = pytrec_eval.RelevanceEvaluator(QRELS, wanted).evaluate(RUN)

    found = measure(QRELS, RUN).by_question

    for question, values in expected.items():
        assert found[question][name] == pytest.approx(values[TREC[name]], abs=1e-12)


def test_a_missing_question_counts_as_zero() -> None:
    """The mean is over all judged questions, not over those that were answered."""
    found = measure({"a": {"d": 1}, "b": {"d": 1}}, {"a": {"d": 1.0}})

    assert found.by_question["b"] == dict.fromkeys(MEASURES, 0.0)
    assert found.means["ndcg@10"] == 0.5


def test_ndcg_by_hand() -> None:
    """Linear gain, logarithmic discount: grades 2 and 1 at places 3 and 1 of the best order 2, 1."""
    found = measure({"q": {"a": 2, "b": 1}}, as_run({"q": ["b", "x", "a"]}))

    assert found.means["ndcg@10"] == pytest.approx((1 + 2 / math.log2(4)) / (2 + 1 / math.log2(3)))


@pytest.mark.parametrize("run", [{}, {"q": {}}, {"other": {"d": 1.0}}])
def test_a_run_that_did_not_run_is_an_error(run: dict[str, dict[str, float]]) -> None:
    """Nothing found for any judged question is no result of 0, it is no result."""
    with pytest.raises(InvalidInput, match="no result"):
        measure({"q": {"d": 1}}, run)


def test_ties_are_ordered_as_trec_eval_orders_them() -> None:
    """The first ten that a page shows are those that were measured: equal scores by the greater id."""
    assert top_of({"a": 1.0, "c": 1.0, "b": 2.0}, 2) == ["b", "c"]
