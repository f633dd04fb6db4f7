"""The word index keeps its contract: it equals BM25 computed case by case, under every filter."""

import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.keys import KeyArray, KeySet
from index.types import Hits
from index.words.bm25 import K1, B, Words, build_words, load_words
from index.words.postings import count_tokens

Library = list[list[str]]


def brute_force(library: Library, question: Sequence[str]) -> list[float]:
    """BM25 of every case, straight from the formula."""
    cases, mean = len(library), sum(map(len, library)) / max(len(library), 1)
    scores = []
    for case in library:
        times, total = Counter(case), 0.0
        for token in question:
            found = sum(token in other for other in library)
            if times[token]:
                idf = math.log(1 + (cases - found + 0.5) / (found + 0.5))
                total += idf * times[token] / (times[token] + K1 * (1 - B + B * len(case) / mean))
        scores.append(total)
    return scores


def make_library(cases: int, seed: int, words: int = 300) -> Library:
    """Cases of 0 to 30 words, some words in nearly every case and most in few."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, words + 1)
    share /= share.sum()
    return [[f"w{w}" for w in rng.choice(words, rng.integers(0, 31), p=share)] for _ in range(cases)]


def make_keys(cases: int, seed: int) -> KeyArray:
    """Ascending keys with gaps."""
    return np.cumsum(np.random.default_rng(seed).integers(1, 9, cases)).astype(np.int64)


def check(hits: Hits, keys: KeyArray, expected: Sequence[float], k: int, allowed: KeySet | None) -> None:
    """The hits are the k best allowed keys with a score above 0, in order, with the expected scores."""
    truth = {int(key): score for key, score in zip(keys, expected, strict=True) if score > 0}
    if allowed is not None:
        truth = {key: score for key, score in truth.items() if key in allowed}
    assert len(hits) == min(k, len(truth))
    assert len(set(hits.keys.tolist())) == len(hits)
    np.testing.assert_allclose(hits.scores, [truth[key] for key in hits.keys.tolist()], rtol=2e-6)
    best = sorted(truth.values(), reverse=True)[:k]
    np.testing.assert_allclose(hits.scores, best, rtol=2e-6)
    pairs = list(zip((-hits.scores).tolist(), hits.keys.tolist(), strict=True))
    assert pairs == sorted(pairs)


LIBRARY = make_library(1_000, seed=1)
KEYS = make_keys(1_000, seed=2)
QUESTIONS = [question for question in make_library(20, seed=3) if question]


@pytest.fixture(scope="module")
def words() -> Words:
    """Index of LIBRARY."""
    return build_words(KEYS, count_tokens(LIBRARY))


@pytest.fixture(scope="module")
def truths() -> list[list[float]]:
    """Brute-force scores of each question."""
    return [brute_force_fast(question) for question in QUESTIONS]


def brute_force_fast(question: Sequence[str]) -> list[float]:
    """`brute_force` over LIBRARY with the document frequencies counted once."""
    found, mean = Counter(t for case in LIBRARY for t in set(case)), sum(map(len, LIBRARY)) / len(LIBRARY)
    scores = []
    for case in LIBRARY:
        times, norm = Counter(case), K1 * (1 - B + B * len(case) / mean)
        parts = (
            math.log(1 + (len(LIBRARY) - found[t] + 0.5) / (found[t] + 0.5)) * times[t] / (times[t] + norm)
            for t in question
            if times[t]
        )
        scores.append(sum(parts))
    return scores


@pytest.mark.parametrize("k", [1, 10, 5_000])
@pytest.mark.parametrize("share", [None, 1.0, 0.5, 0.1, 0.01, 0.001, 0.0])
def test_search_equals_brute_force(words: Words, truths: list[list[float]], k: int, share: float | None) -> None:
    """At every selectivity the k best allowed cases come back with the scores of the formula."""
    rng = np.random.default_rng(4)
    for question, expected in zip(QUESTIONS, truths, strict=True):
        chosen = None if share is None else KeySet([*KEYS[rng.random(len(KEYS)) < share].tolist(), 10**9])
        check(words.search(question, k, chosen), KEYS, expected, k, chosen)


def test_long_lists_are_skipped_without_changing_the_result() -> None:
    """With lists long enough to be left out of the sum, the ranking is still the one of the formula."""
    rng = np.random.default_rng(5)
    cases = 40_000
    library = [
        [word for word, share in (("the", 0.8), ("to", 0.6), ("card", 0.3), ("rare", 0.003)) if rng.random() < share]
        + [f"w{rng.integers(5000)}"] * int(rng.integers(1, 4))
        for _ in range(cases)
    ]
    keys = np.arange(100, 100 + cases, dtype=np.int64)
    index = build_words(keys, count_tokens(library))
    question = ["rare", "the", "to", "card", "the", "w17"]
    expected = index.scores(question, keys)
    for allowed in (None, KeySet(range(100, 100 + cases, 3)), KeySet(range(5_000, 9_000)), KeySet(range(30, 140))):
        for k in (1, 10, 100, 1_000):
            check(index.search(question, k, allowed), keys, expected.tolist(), k, allowed)


def test_first_results_do_not_depend_on_how_many_are_asked_for(words: Words) -> None:
    """The top 3 are the first 3 of the top 8 and of the top 500."""
    for question in QUESTIONS:
        longest = words.search(question, 500)
        for k in (3, 8, 50):
            assert words.search(question, k).keys.tolist() == longest.keys.tolist()[:k]


def test_equal_scores_are_ordered_by_key() -> None:
    """Of equal cases those with the lowest keys are returned."""
    index = build_words(np.arange(0, 2_000, 2, dtype=np.int64), count_tokens([["same", "words"]] * 1_000))
    assert index.search(["same"], 5).keys.tolist() == [0, 2, 4, 6, 8]
    assert index.search(["same"], 3, KeySet([7, 8, 20, 30, 40])).keys.tolist() == [8, 20, 30]


def test_scores_equal_the_scores_of_the_search(words: Words) -> None:
    """Scores of single keys are bit for bit those of the hits; unknown keys and unshared words give 0."""
    for question in QUESTIONS:
        hits = words.search(question, 50)
        assert words.scores(question, hits.keys[::-1]).tolist() == hits.scores.tolist()[::-1]
    gap = np.setdiff1d(np.arange(int(KEYS[-1])), KEYS)[:1]
    unknown = np.concatenate((gap, [0, 10**9])).astype(np.int64)
    assert words.scores(["w0"], unknown).tolist() == [0.0, 0.0, 0.0]
    assert words.scores(["nowhere"], KEYS[:2]).tolist() == [0.0, 0.0]


def test_repeated_words_of_a_question_count_each_time(words: Words) -> None:
    """Asking a word twice doubles what it adds."""
    once, twice = words.scores(["w3"], KEYS), words.scores(["w3", "w3"], KEYS)
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-6)


def test_one_case_and_words_in_every_case_score_above_zero() -> None:
    """A library of one case answers, and a word that every case has still counts."""
    index = build_words(np.array([7]), count_tokens([["only", "case"]]))
    assert index.search(["case", "other"], 5).keys.tolist() == [7]
    check(index.search(["case"], 5), np.array([7]), brute_force([["only", "case"]], ["case"]), 5, None)


@pytest.mark.parametrize("library", [[], [[]], [[], []]])
def test_empty_libraries_and_texts_answer_nothing(library: Library) -> None:
    """No cases, or cases without words, give no hits and a ceiling above 0."""
    keys = np.arange(len(library), dtype=np.int64)
    index = build_words(keys, count_tokens(library))
    assert len(index) == len(library)
    assert len(index.search(["word"], 5)) == 0
    assert len(index.search([], 5)) == 0
    assert len(index.search(["word"], 5, KeySet([0, 1]))) == 0
    assert index.scores(["word"], np.array([0, 5])).tolist() == [0.0, 0.0]
    assert index.ceiling([]) > 0
    assert index.ceiling(["word"]) > 0


def test_empty_text_among_others_is_never_a_hit() -> None:
    """A case without words does not match and does not disturb the others."""
    library = [["a", "b"], [], ["a"]]
    index = build_words(np.array([1, 2, 3]), count_tokens(library))
    check(index.search(["a", "b"], 5), np.array([1, 2, 3]), brute_force(library, ["a", "b"]), 5, None)


def test_ceiling_bounds_every_score_and_grows_with_unknown_words(words: Words, truths: list[list[float]]) -> None:
    """No case reaches the ceiling; a word that no case has raises it by the highest idf there is."""
    for question, expected in zip(QUESTIONS, truths, strict=True):
        ceiling = words.ceiling(question)
        assert max(expected) < ceiling
        assert words.ceiling([*question, "nowhere"]) - ceiling == pytest.approx(max(words.idf(["nowhere", *question])))


def test_like_makes_two_indexes_score_as_one() -> None:
    """A delta built with `like` gives a case the score it would have had as a copy inside the snapshot."""
    snapshot = build_words(KEYS, count_tokens(LIBRARY))
    cases = [LIBRARY[5], LIBRARY[17], ["brand", "new", "words"]]
    delta = build_words(np.array([90_001, 90_002, 90_003]), count_tokens(cases), like=snapshot)
    for question in QUESTIONS:
        original = snapshot.scores(question, KEYS[[5, 17]])
        np.testing.assert_allclose(delta.scores(question, np.array([90_001, 90_002])), original, rtol=2e-6)
        assert delta.ceiling(question) == snapshot.ceiling(question)
    highest = snapshot.idf(["brand"])[0]
    assert 0 < delta.scores(["brand"], np.array([90_003]))[0] < highest
    assert delta.ceiling(["brand"]) == pytest.approx(highest)


def test_save_and_load_change_nothing(words: Words, tmp_path: Path) -> None:
    """A loaded index answers bit for bit like the built one, and its file names hold no pickle."""
    words.save(tmp_path)
    loaded = load_words(tmp_path)
    assert len(loaded) == len(words)
    for question in QUESTIONS:
        a, b = words.search(question, 20), loaded.search(question, 20)
        assert (a.keys.tolist(), a.scores.tolist()) == (b.keys.tolist(), b.scores.tolist())
        assert loaded.ceiling(question) == words.ceiling(question)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy", ".json"}


def test_files_that_do_not_fit_are_refused(words: Words, tmp_path: Path) -> None:
    """A truncated or foreign file raises ValueError instead of answering wrongly."""
    words.save(tmp_path)
    rows = tmp_path / "words_rows.npy"
    rows.write_bytes(rows.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"."):
        load_words(tmp_path)


def test_chunks_of_a_long_build_join_to_the_same_index(monkeypatch: pytest.MonkeyPatch, words: Words) -> None:
    """Reading in many small chunks gives the same index as reading at once."""
    monkeypatch.setattr("index.words.postings._CHUNK_TOKENS", 500)
    counted = count_tokens(iter(LIBRARY))
    assert len(counted.chunks) > 20
    chunked = build_words(KEYS, counted)
    for question in QUESTIONS:
        a, b = words.search(question, 20), chunked.search(question, 20)
        assert (a.keys.tolist(), a.scores.tolist()) == (b.keys.tolist(), b.scores.tolist())


@pytest.mark.parametrize(("keys", "cases"), [([2, 1], 2), ([1, 1], 2), ([-1, 1], 2), ([1, 2], 1), ([1], 2)])
def test_keys_that_do_not_fit_are_refused(keys: list[int], cases: int) -> None:
    """Unsorted, repeated, negative, missing or surplus keys raise ValueError."""
    with pytest.raises(ValueError, match=r"keys"):
        build_words(np.array(keys), count_tokens([["a"]] * cases))


def test_words_with_one_hash_stay_two_words() -> None:
    """Two tokens whose CRC-32 collides are told apart."""
    a, b = "plumless", "buckeroo"
    index = build_words(np.array([1, 2]), count_tokens([[a], [b]]))
    assert index.search([a], 5).keys.tolist() == [1]
    assert index.search([b], 5).keys.tolist() == [2]


def test_threads_may_share_an_index(words: Words) -> None:
    """Concurrent questions get the answers they get alone."""
    alone = [words.search(question, 10).keys.tolist() for question in QUESTIONS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda q: words.search(q, 10).keys.tolist(), QUESTIONS * 5))
    assert together == alone * 5
