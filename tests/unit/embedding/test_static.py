"""The light runtime of static models."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from retriever.embedding.loading import load_encoder
from retriever.embedding.static import BLOCK, CHUNK, LONG, StaticEncoder
from retriever.errors import InvalidSettings, ModelUnavailable
from tests.support.tiny_models import CORPUS, build_tiny_static

ODD_TEXTS = ("", "   ", "\x00", "a\x00b", "🙂🙂🙂", "退款 refund 返金 возврат", "\ud800 half a pair", "x" * 5000)


def _by_definition(folder: Path, text: str) -> np.ndarray:
    """The vector from the format's definition, in float64."""
    tensors = load_file(folder / "model.safetensors")
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    rows = tensors["embeddings"].astype(np.float64)
    mapping = tensors.get("mapping", np.arange(len(rows)))
    total = sum((rows[mapping[i]] * tensors["weights"][i] for i in ids), np.zeros(rows.shape[1]))
    return np.asarray(total / np.linalg.norm(total))


@pytest.mark.parametrize("mapped", [False, True])
def test_vector_is_the_weighted_mean_of_its_tokens(tmp_path: Path, mapped: bool) -> None:
    """Vectors equal the written-out formula, with and without a token mapping."""
    folder = build_tiny_static(tmp_path / "model", mapped=mapped)
    encoder = load_encoder(str(folder))

    vectors = encoder.encode_query(CORPUS[:20])

    expected = np.stack([_by_definition(folder, text) for text in CORPUS[:20]])
    np.testing.assert_allclose(vectors, expected, atol=2e-6)


@pytest.mark.parametrize("shape", [{}, {"mapped": True}, {"plain": True}], ids=["int8", "mapped", "float"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_sentence_transformers_gives_the_same_vectors(tmp_path: Path, shape: dict[str, bool]) -> None:
    """The same folder loaded by sentence-transformers agrees: cosine at least 0.9999 for every text."""
    from sentence_transformers import SentenceTransformer

    folder = build_tiny_static(tmp_path / "model", **shape)
    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode(list(CORPUS))

    vectors = load_encoder(str(folder)).encode_cases(CORPUS)

    assert np.einsum("ij,ij->i", vectors, reference).min() >= 0.9999


def test_batch_and_single_agree_bit_for_bit(static_encoder: StaticEncoder) -> None:
    """A text has the same vector alone, in a batch, and in a batch in another order."""
    texts = [*ODD_TEXTS, *CORPUS, " ".join(CORPUS)] * (CHUNK // 100)

    batch = static_encoder.encode_query(texts)

    singles = np.concatenate([static_encoder.encode_query([text]) for text in texts])
    backwards = static_encoder.encode_query(texts[::-1])[::-1]
    assert len(texts) > CHUNK
    assert np.array_equal(batch, singles)
    assert np.array_equal(batch, backwards)


def test_a_long_text_is_cut_into_tokens_while_other_threads_go_on(
    static_encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tokenizer keeps the interpreter for one text, which holds up every question; the tokens are the same."""
    alone = static_encoder._tokenizer
    text = " ".join(CORPUS) * (LONG // len(" ".join(CORPUS)) + 1)

    class OnlyBatches:
        encode_batch_fast = alone.encode_batch_fast

    monkeypatch.setattr(static_encoder, "_tokenizer", OnlyBatches())

    assert static_encoder.token_ids([text]) == [alone.encode(text, add_special_tokens=False).ids]
    with pytest.raises(AttributeError):  # nothing is gained for a short one, which takes twice as long in a batch
        static_encoder.token_ids([text[: LONG - 1]])


def test_huge_text_is_summed_in_blocks_without_changing_direction(static_encoder: StaticEncoder) -> None:
    """A text longer than one block keeps all its tokens: repeating a text does not turn its vector."""
    once = static_encoder.encode_query([CORPUS[0]])[0]
    huge = " ".join([CORPUS[0]] * BLOCK)

    vector = static_encoder.encode_query([huge])[0]

    assert len(static_encoder.token_ids([huge])[0]) > BLOCK
    np.testing.assert_allclose(vector, once, atol=1e-4)


def test_dims_cut_and_renormalise(static_folder: Path, static_encoder: StaticEncoder) -> None:
    """`dims` keeps the first dimensions at unit length and makes another fingerprint."""
    short = load_encoder(str(static_folder), dims=8)

    cut = static_encoder.encode_query(CORPUS[:5])[:, :8]
    expected = cut / np.linalg.norm(cut, axis=1, keepdims=True)
    np.testing.assert_allclose(short.encode_query(CORPUS[:5]), expected, atol=1e-6)
    assert short.dim == 8
    assert short.fingerprint != static_encoder.fingerprint


def test_token_vectors_sum_to_the_text(static_encoder: StaticEncoder) -> None:
    """Rows of the tokens add up to the text's direction, and the places of its words' tokens cover every letter."""
    text = "the refund has not arrived 退款"

    total = static_encoder.rows.take(np.array(static_encoder.token_ids([text])[0], np.int64)).sum(axis=0)
    np.testing.assert_allclose(total / np.linalg.norm(total), static_encoder.encode_query([text])[0], atol=1e-6)
    for word, located in zip(text.split(), static_encoder.locate_tokens(text.split()), strict=True):
        covered = {place for _, start, stop in located for place in range(start, stop)}
        assert covered == set(range(len(word)))


def test_prompts_in_the_folder_are_applied(tmp_path: Path, static_encoder: StaticEncoder) -> None:
    """A static model whose config names prompts gets them, on the right side each."""
    folder = build_tiny_static(tmp_path / "model")
    prompts = {"prompts": {"query": "my password ", "document": "the card "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), encoding="utf-8")
    prompted = load_encoder(str(folder))

    assert np.array_equal(prompted.encode_query(["is broken"]), static_encoder.encode_query(["my password is broken"]))
    assert np.array_equal(prompted.encode_cases(["is broken"]), static_encoder.encode_query(["the card is broken"]))
    assert not prompted.encode_query([""]).any()


def test_one_string_is_not_a_list_of_letters(static_encoder: StaticEncoder) -> None:
    """Passing a bare string is a programming error, not five questions."""
    with pytest.raises(TypeError, match="sequence of strings"):
        static_encoder.encode_query("refund")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "lacks tokenizer.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "lacks model.safetensors"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), "cannot be read as a tokenizer"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\x00" * 64), "cannot be read"),
        (
            lambda folder: save_file({"other": np.zeros((2, 2), np.float32)}, folder / "model.safetensors"),
            "no table of token vectors",
        ),
        (
            lambda folder: save_file({"embeddings": np.zeros((2, 2), np.int8)}, folder / "model.safetensors"),
            "do not belong together",
        ),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, damage: object, message: str) -> None:
    """Missing, damaged or mismatched files raise ModelUnavailable naming the trouble."""
    folder = build_tiny_static(tmp_path / "model")
    damage(folder)  # type: ignore[operator]  # each entry is a function of the folder

    with pytest.raises(ModelUnavailable, match=message):
        load_encoder(str(folder))


def test_too_many_dims_are_refused(static_folder: Path) -> None:
    """Asking for more dimensions than the model has says how many it has."""
    with pytest.raises(InvalidSettings, match="gives 32 dimensions, 64 are asked for"):
        load_encoder(str(static_folder), dims=64)


def test_static_model_never_imports_torch(static_folder: Path) -> None:
    """A process that loads a static model and encodes with it has neither torch nor transformers in memory."""
    code = (
        "import sys; from retriever.embedding.loading import load_encoder\n"
        f"vectors = load_encoder({str(static_folder)!r}).encode_query(['refund', '退款'])\n"
        "assert vectors.shape == (2, 32)\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'} & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
