"""Batches, the starting table, the fit itself, and the cache of stages."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retriever.training.model.bags import Bags, pool_bags
from retriever.training.model.batches import Pool, build_clusters, build_pool, language_chances
from retriever.training.model.config import load_config
from retriever.training.model.fit import FitConfig, FitData, fit_table
from retriever.training.model.stages import open_stage
from retriever.training.model.start import build_start_table, rotate_to_leading

CONFIG = FitConfig(
    steps=150,
    batch=64,
    learning_rate=0.02,
    scale=20.0,
    english_share=0.3,
    group=4,
    pair_group=1,
    to_teacher=1.0,
    to_student=0.5,
    gram=1.0,
    cosine=2.0,
    token_dropout=0.0,
    language_power=0.5,
    language_boosts={},
    seed=1,
)


def make_world(rng: np.random.Generator, words: int = 40, texts: int = 300) -> FitData:
    """A language whose word i + words translates English word i; the teacher adds up hidden word vectors."""
    hidden = rng.standard_normal((words, 16)).astype(np.float32)
    ids = rng.integers(0, words, (texts, 4)).astype(np.int32)
    starts = np.arange(texts + 1) * 4
    targets = hidden[ids].sum(axis=1)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    english, foreign = Bags(ids.ravel(), starts), Bags((ids + words).ravel(), starts)
    clusters = build_clusters(targets.astype(np.float16), 8, rounds=3, sample=texts, seed=1)
    ones, numbers = np.ones(texts), np.arange(texts)
    pools = [
        build_pool(name, bags, numbers, weights=ones, clusters=clusters)
        for name, bags in (("en", english), ("xx", foreign))
    ]
    return FitData(english=english, targets=targets, english_pool=pools[0], pools=pools[1:])


def test_translations_find_each_other_after_the_fit() -> None:
    """From a table of noise, nearly every foreign text's nearest English text becomes its own translation."""
    rng = np.random.default_rng(7)
    data = make_world(rng)
    noise = rng.standard_normal((80, 16)).astype(np.float32) * 0.1
    losses: list[float] = []
    table = fit_table(noise, data, CONFIG, lambda _, loss: losses.append(loss))

    def found(rows: np.ndarray) -> float:
        scores = pool_bags(rows, data.pools[0].bags) @ pool_bags(rows, data.english).T
        return float((scores.argmax(axis=1) == np.arange(len(scores))).mean())

    assert found(noise) < 0.05
    assert found(table) > 0.9
    assert np.mean(losses[-20:]) < np.mean(losses[:20])


def test_one_seed_gives_one_table() -> None:
    """Two fits from the same start and seed agree; another seed differs."""
    data = make_world(np.random.default_rng(8))
    start = np.full((80, 16), 0.1, dtype=np.float32) * np.arange(80, dtype=np.float32)[:, None]
    short = replace(CONFIG, steps=5, token_dropout=0.1)
    first, again, other = (fit_table(start, data, replace(short, seed=seed), lambda *_: None) for seed in (1, 1, 2))
    assert np.allclose(first, again, atol=1e-6)
    assert not np.allclose(first, other, atol=1e-3)


def test_a_stopped_fit_goes_on_to_the_same_end(tmp_path: Path) -> None:
    """Stopped after its second checkpoint and started again, a fit does only the rest and ends at the same bits."""
    data = make_world(np.random.default_rng(9))
    start = np.random.default_rng(2).standard_normal((80, 16)).astype(np.float32)
    short = replace(CONFIG, steps=20, token_dropout=0.1)
    whole = fit_table(start, data, short, lambda *_: None)
    seen: list[int] = []

    def stop_at_13(step: int, _: float) -> None:
        if step == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_table(start, data, short, stop_at_13, checkpoint=tmp_path / "fit.safetensors", every=5)
    resumed = fit_table(
        start, data, short, lambda step, _: seen.append(step), checkpoint=tmp_path / "fit.safetensors", every=5
    )

    assert seen == list(range(11, 21))
    assert np.array_equal(resumed, whole)


def make_pool(weights: list[float], clusters: list[int]) -> Pool:
    """A pool of one-token bags, one per weight."""
    count = len(weights)
    bags = Bags(np.arange(count, dtype=np.int32), np.arange(count + 1))
    return build_pool("xx", bags, np.arange(count), weights=np.array(weights), clusters=np.array(clusters))


def test_pairs_are_drawn_by_weight() -> None:
    """A pair of weight 0 is never drawn and one of weight 3 three times as often as one of weight 1."""
    pool = make_pool([1, 0, 3], [0, 0, 0])
    drawn = pool.english[pool.draw(np.random.default_rng(9), 20_000, 1)]
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    assert shares[1] == 0
    assert shares[2] / shares[0] == pytest.approx(3, rel=0.1)


def test_company_comes_from_the_anchors_cluster() -> None:
    """Every pair drawn beside an anchor shares its cluster."""
    pool = make_pool([1.0] * 12, [0, 1, 2] * 4)
    drawn = pool.draw(np.random.default_rng(10), 40, 4)
    anchors, company = drawn[:10], drawn[10:]
    assert (pool.cluster[company] == np.repeat(pool.cluster[anchors], 3)).all()


def test_power_and_boost_set_the_share_of_a_language() -> None:
    """With power one half, four times the weight gives twice the batches; a boost multiplies that."""
    pools = [make_pool([1.0] * 4, [0] * 4), replace(make_pool([1.0], [0]), language="yy")]
    assert language_chances(pools, 0.5, {}).tolist() == pytest.approx([2 / 3, 1 / 3])
    assert language_chances(pools, 0.5, {"yy": 2.0}).tolist() == pytest.approx([0.5, 0.5])


def test_the_start_is_the_weighted_mean_of_a_tokens_texts() -> None:
    """Each row points where the mean of its texts' centred targets points; a token never seen stays zero."""
    rng = np.random.default_rng(11)
    targets = rng.standard_normal((20, 4)).astype(np.float32)
    ids = rng.integers(0, 9, (20, 3)).astype(np.int32)
    bags, numbers = Bags(ids.ravel(), np.arange(21) * 3), np.arange(20)
    table = build_start_table([(bags, numbers)], targets, 10, most=20)
    centred = targets - targets.mean(axis=0)
    for token in range(9):
        owners = np.repeat(numbers, 3)[ids.ravel() == token]
        expected = centred[owners].mean(axis=0)
        assert table[token] @ expected == pytest.approx(
            np.linalg.norm(table[token]) * np.linalg.norm(expected), rel=1e-4
        )
    assert not table[9].any()


def test_rotation_keeps_cosines_when_no_dimension_is_lost() -> None:
    """With as many dims as the vectors span, all pairwise cosines stay as they were."""
    rng = np.random.default_rng(12)
    vectors = np.zeros((50, 12), dtype=np.float32)
    vectors[:, :5] = rng.standard_normal((50, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    turned = rotate_to_leading(vectors.astype(np.float16), 5)
    assert np.allclose(turned @ turned.T, vectors @ vectors.T, atol=2e-3)


def test_a_stage_is_known_by_what_went_into_it(tmp_path: Path) -> None:
    """The same ingredients open the same finished stage; one changed number opens a new one."""
    stage = open_stage(tmp_path, "fit", {"fit": CONFIG, "keys": "abc"})
    assert not stage.is_done()
    stage.finish({"seconds": 1.5})
    again = open_stage(tmp_path, "fit", {"keys": "abc", "fit": CONFIG})
    assert again.is_done()
    assert again.figures() == {"seconds": 1.5}
    assert not open_stage(tmp_path, "fit", {"fit": replace(CONFIG, seed=2), "keys": "abc"}).is_done()


def test_the_committed_settings_load_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    """config.toml is complete; a misspelt setting fails with its section and name."""
    text = (Path(__file__).parents[4] / "retriever" / "training" / "model" / "config.toml").read_text("utf-8")
    (tmp_path / "good.toml").write_text(text, "utf-8")
    assert load_config(tmp_path / "good.toml").dims % 16 == 0
    (tmp_path / "bad.toml").write_text(text.replace("token_dropout =", "token_drop ="), "utf-8")
    with pytest.raises(ValueError, match=r"\[fit\].*token_dropout.*token_drop"):
        load_config(tmp_path / "bad.toml")
