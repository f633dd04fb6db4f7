"""What holds for any run and any judgements."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retriever.evaluation.confidence import expected_calibration_error, reliability_bins
from retriever.evaluation.metrics import MEASURES, as_run, measure
from retriever.evaluation.significance import bootstrap, holm, paired_randomisation

DOCUMENTS = st.sampled_from([f"d{n}" for n in range(12)])
QRELS = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3"]),
    st.dictionaries(DOCUMENTS, st.integers(1, 3), min_size=1, max_size=6),
    min_size=1,
)
RANKED = st.lists(DOCUMENTS, unique=True, min_size=1, max_size=12)
SHARES = st.floats(0, 1, allow_nan=False)
VALUES = arrays.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=SHARES)


@given(QRELS, RANKED)
def test_measures_are_shares_and_deeper_is_never_worse(qrels: dict[str, dict[str, int]], ranked: list[str]) -> None:
    """Every value lies in 0..1; recall and hits do not fall with depth."""
    means = measure(qrels, as_run(dict.fromkeys(qrels, ranked))).means

    assert all(0 <= value <= 1 + 1e-9 for value in means.values())
    for name, depths in (("recall", (1, 5, 10, 50, 100)), ("hit", (1, 5, 10))):
        found = [means[f"{name}@{k}"] for k in depths]
        assert found == sorted(found)


@given(QRELS)
def test_the_best_order_is_perfect(qrels: dict[str, dict[str, int]]) -> None:
    """All judged documents by grade: nDCG, MRR and MAP are 1."""
    best = {question: sorted(judged, key=lambda d: -judged[d]) for question, judged in qrels.items()}

    means = measure(qrels, as_run(best)).means

    assert all(abs(means[name] - 1) < 1e-9 for name in ("ndcg@10", "mrr@10", "map"))


@given(QRELS, RANKED)
def test_an_unanswered_question_only_lowers_the_mean(qrels: dict[str, dict[str, int]], ranked: list[str]) -> None:
    """Leaving a question out of the run never makes any mean greater."""
    everything = as_run(dict.fromkeys(qrels, ranked))
    missing = {question: found for question, found in everything.items() if question != min(qrels)}

    whole = measure(qrels, everything).means
    if missing:
        part = measure(qrels, missing).means
        assert all(part[name] <= whole[name] + 1e-12 for name in MEASURES)


@given(VALUES)
def test_the_interval_holds_values_that_occur(values: np.ndarray) -> None:
    """Its ends are ordered and within what was seen."""
    for column, interval in enumerate(bootstrap(values)):
        low, high = values[:, column].min(), values[:, column].max()
        assert low - 1e-6 <= interval.low <= interval.high <= high + 1e-6


@given(VALUES)
def test_the_test_is_symmetric(values: np.ndarray) -> None:
    """Before and after swapped: the same p, between 0 and 1."""
    forwards = paired_randomisation(values[:, 0], values[:, 1])

    assert 0 < forwards <= 1
    assert abs(forwards - paired_randomisation(values[:, 1], values[:, 0])) < 0.05


@given(st.lists(SHARES, max_size=8))
def test_correction_never_lowers_p_and_keeps_order(values: list[float]) -> None:
    """Corrected values are at least the raw ones, at most 1, and in the same order."""
    corrected = holm(values)

    assert all(a <= b <= 1 for a, b in zip(values, corrected, strict=True))
    order = sorted(range(len(values)), key=lambda i: values[i])
    assert [corrected[i] for i in order] == sorted(corrected)


@given(arrays.arrays(np.float64, st.integers(1, 40), elements=SHARES), st.data())
def test_calibration_error_is_a_share(confidence: np.ndarray, data: st.DataObject) -> None:
    """Between 0 and 1, and every match is counted in one bin."""
    right = np.array(data.draw(st.lists(st.booleans(), min_size=len(confidence), max_size=len(confidence))))

    bins = reliability_bins(confidence, right)

    assert sum(one.count for one in bins) == len(confidence)
    assert 0 <= expected_calibration_error(bins) <= 1
