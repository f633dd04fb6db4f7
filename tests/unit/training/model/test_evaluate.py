"""nDCG@10 and ranking, against ir_measures and full sorts."""

import json
from pathlib import Path

import ir_measures
import numpy as np
import pytest

from retriever.training.model.evaluate import load_set, ndcg, rank_top, score_vectors


def test_mean_ndcg_equals_ir_measures(tmp_path: Path) -> None:
    """On random vectors and graded judgements the mean equals the one of ir_measures to nine digits."""
    rng = np.random.default_rng(3)
    documents = rng.standard_normal((60, 8)).astype(np.float32)
    queries = rng.standard_normal((20, 8)).astype(np.float32)
    grades = {f"q{i}": {f"d{j}": int(rng.integers(1, 4)) for j in rng.permutation(60)[:15]} for i in range(20)}
    found = load_set(write_set(tmp_path, grades, documents=60))
    run = {f"q{i}": {f"d{j}": float(score) for j, score in enumerate(queries[i] @ documents.T)} for i in range(20)}
    expected = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], grades, run)[ir_measures.nDCG @ 10]
    assert score_vectors(queries, documents, found).overall == pytest.approx(expected, abs=1e-9)


def test_a_query_never_finds_itself(tmp_path: Path) -> None:
    """A query that stands in the corpus is left out of its own ranking and of what could be found."""
    found = load_set(write_set(tmp_path, {"d0": {"d0": 1, "d1": 1}}, documents=3))
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)
    assert found.query_self == [0]
    assert score_vectors(vectors[:1], vectors, found).overall == 1.0


def test_rank_top_is_the_head_of_a_full_stable_sort() -> None:
    """The best ten equal the first ten of a stable sort, with many ties and unreachable positions."""
    rng = np.random.default_rng(4)
    for _ in range(50):
        scores = rng.integers(0, 5, 40).astype(np.float32)
        scores[rng.integers(40)] = -np.inf
        full = [i for i in np.argsort(-scores, kind="stable") if scores[i] > -np.inf]
        assert rank_top(scores, 10).tolist() == full[:10]


def test_nothing_relevant_counts_as_zero() -> None:
    """A query without a reachable relevant document scores 0 instead of failing."""
    assert ndcg(np.array([1, 2]), {}) == 0.0
    assert ndcg(np.array([1, 2]), {3: 1}, own=3) == 0.0


def write_set(folder: Path, grades: dict[str, dict[str, int]], *, documents: int) -> Path:
    """Write a tiny set in BEIR layout and return its folder."""
    (folder / "qrels").mkdir()
    corpus = [{"_id": f"d{i}", "title": "", "text": f"text {i}"} for i in range(documents)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(json.dumps({"_id": q, "text": q}) for q in grades), "utf-8")
    rows = [f"{q}\t{d}\t{grade}" for q, judged in grades.items() for d, grade in judged.items()]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]) + "\n", "utf-8")
    return folder
