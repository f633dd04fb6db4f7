"""The built-in model and the ranking on the sample library: a change that makes answers worse fails here."""

from collections.abc import Iterator

import pytest

from retriever.config import Settings
from retriever.evaluation.runner import Evaluation, evaluate_search
from retriever.operations.trial import open_trial
from retriever.sample.library import load_sample_set


@pytest.fixture(scope="module")
def evaluation() -> Iterator[Evaluation]:
    """The sample library, rebuilt and asked every sample question."""
    labelled, cases = load_sample_set()
    with open_trial(Settings(), cases) as service:
        yield evaluate_search(labelled, service.find_similar)


# Floors: the committed result (benchmarks/results/sample.json) less one point, so that only a real loss fails.
@pytest.mark.parametrize(("name", "floor"), [("same language", 0.94), ("cross language", 0.69)])
def test_ranking_holds(evaluation: Evaluation, name: str, floor: float) -> None:
    """nDCG@10 of same- and cross-language questions stays where it was."""
    found = next(part for part in evaluation.slices if part.name == name)

    assert found.means["ndcg@10"] >= floor


def test_abstention_holds(evaluation: Evaluation) -> None:
    """Most questions without an answer are told so, and most with one are answered."""
    found = evaluation.reliability

    assert found is not None
    assert (found.abstention_recall or 0) >= 0.75
    assert (found.coverage or 0) >= 0.75
