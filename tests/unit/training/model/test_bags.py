"""Bags of tokens and their pooling, against plain loops."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from retriever.training.model.bags import Bags, build_bags, load_bags, pool_bags


def make_bags(rng: np.random.Generator, count: int, tokens: int) -> Bags:
    """Random bags, some of them empty."""
    lengths = rng.integers(0, 6, count)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Bags(rng.integers(0, tokens, starts[-1]).astype(np.int32), starts)


def test_pooling_is_the_unit_length_mean_of_the_rows() -> None:
    """Pooled vectors equal a plain loop over tokens, for full and empty bags, whatever the step."""
    rng = np.random.default_rng(1)
    bags, table = make_bags(rng, 50, 20), rng.standard_normal((20, 8)).astype(np.float32)
    expected = np.zeros((50, 8))
    for i in range(50):
        ids = bags.ids[bags.starts[i] : bags.starts[i + 1]]
        if len(ids):
            mean = table[ids].astype(np.float64).mean(axis=0)
            expected[i] = mean / np.linalg.norm(mean)
    assert np.allclose(pool_bags(table, bags), expected, atol=1e-6)
    assert np.allclose(pool_bags(table, bags, batch=7), expected, atol=1e-6)


def test_take_returns_the_chosen_bags_in_order() -> None:
    """`take` gives the ids of each chosen bag, repeated ones included, with the offset where each begins."""
    bags = make_bags(np.random.default_rng(2), 30, 9)
    rows = np.array([4, 0, 4, 29])
    ids, offsets = bags.take(rows)
    ends = np.append(offsets[1:], len(ids))
    for row, begin, end in zip(rows, offsets, ends, strict=True):
        assert ids[begin:end].tolist() == bags.ids[bags.starts[row] : bags.starts[row + 1]].tolist()


def test_bags_survive_a_file(tmp_path: Path) -> None:
    """What `save` writes `load_bags` reads back, and tokenising gives the tokenizer's own ids."""
    tokenizer = Tokenizer(WordLevel({"?": 0, "a": 1, "b": 2}, unk_token="?"))  # noqa: S106
    tokenizer.pre_tokenizer = Whitespace()
    bags = build_bags(tokenizer, ["a b", "", "b b x"])
    bags.save(tmp_path / "bags.npz")
    again = load_bags(tmp_path / "bags.npz")
    assert again.ids.tolist() == [1, 2, 2, 2, 0]
    assert again.starts.tolist() == [0, 2, 2, 5]
