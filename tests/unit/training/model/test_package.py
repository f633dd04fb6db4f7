"""Quantising and the shipped folder's format."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from retriever.training.model.bags import build_bags, pool_bags
from retriever.training.model.package import balance_rows, digest_folder, quantise_table, write_model
from retriever.training.model.prune import prune_pieces
from retriever.training.model.tokenizer import open_blank_tokenizer

PIECES = [("[UNK]", 0.0), ("▁", -2.0), ("a", -3.0), ("b", -3.5), ("ab", -3.2), ("▁ab", -2.5), ("c", -4.0), ("bc", -9.0)]


def make_tokenizer() -> Tokenizer:
    """The real pipeline over a vocabulary of eight pieces."""
    tokenizer = open_blank_tokenizer()
    tokenizer.model = Unigram(PIECES, unk_id=0, byte_fallback=False)
    return tokenizer


def make_table() -> NDArray[np.float32]:
    """Rows of very different lengths, the unknown piece's row zero."""
    table = np.random.default_rng(5).standard_normal((len(PIECES), 16)).astype(np.float32)
    table *= np.geomspace(0.01, 10, len(PIECES))[:, None].astype(np.float32)
    table[0] = 0
    return table


def test_rounding_errs_by_half_a_step_at_most() -> None:
    """Every number of the rounded table is within half of its row's scale; a zero row stays exactly zero."""
    table = make_table()
    quantised = quantise_table(table)
    assert quantised.rows.dtype == np.int8
    error = np.abs(quantised.to_float() - table)
    assert (error <= quantised.scales[:, None] * 0.5001).all()
    assert not quantised.to_float()[0].any()


def test_balancing_changes_lengths_alone() -> None:
    """Each length becomes its own power against the median; directions and zero rows stay as they are."""
    table = make_table()
    balanced, power = balance_rows(table, -0.5), -0.5
    before, after = np.linalg.norm(table[1:], axis=1), np.linalg.norm(balanced[1:], axis=1)
    assert np.allclose(after, before * (before / np.median(before)) ** power, rtol=1e-5)
    assert np.allclose(balanced[1:] / after[:, None], table[1:] / before[:, None], atol=1e-6)
    assert not balanced[0].any()
    assert np.allclose(balance_rows(table, 0.0), table)


def test_sentence_transformers_reads_the_folder_as_it_is(tmp_path: Path) -> None:
    """An ordinary SentenceTransformer gives the vectors that numpy pools from the same int8 table."""
    from sentence_transformers import SentenceTransformer

    texts = ["ab abc", "c", "A B\nC", "", "zzz"]
    tokenizer, quantised = make_tokenizer(), quantise_table(make_table())
    size = write_model(tmp_path, tokenizer, quantised, {"sentence_transformers": "6"})
    assert size == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    model = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    expected = pool_bags(quantised.to_float(), build_bags(tokenizer, texts))
    assert np.allclose(model.encode(texts), expected, atol=1e-6)


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives one digest; another table gives another."""
    tokenizer, table = make_tokenizer(), make_table()
    write_model(tmp_path / "a", tokenizer, quantise_table(table), {})
    write_model(tmp_path / "b", tokenizer, quantise_table(table), {})
    write_model(tmp_path / "c", tokenizer, quantise_table(table * 2), {})
    assert digest_folder(tmp_path / "a") == digest_folder(tmp_path / "b") != digest_folder(tmp_path / "c")


def test_pruned_pieces_are_spelt_with_shorter_ones() -> None:
    """After pruning, the unlikeliest long pieces are gone, single characters stay, and no text becomes unknown."""
    pruned = prune_pieces(make_tokenizer().to_str(), 7)
    vocab = [piece for piece, _ in json.loads(pruned)["model"]["vocab"]]
    assert len(vocab) == 7
    assert vocab[0] == "[UNK]"
    assert {"▁", "a", "b", "c"} <= set(vocab)
    assert "bc" not in vocab
    assert 0 not in Tokenizer.from_str(pruned).encode("abc bc cab").ids
