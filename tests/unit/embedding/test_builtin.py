"""The built-in model as shipped: golden vectors, the same vectors in sentence-transformers, size and speed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retriever.embedding.canaries import CANARIES
from retriever.embedding.loading import BUILTIN_FOLDER, load_encoder
from retriever.embedding.static import StaticEncoder

GOLDEN = Path(__file__).parent / "golden_builtin.json"
GOLDEN_DIMS = 16
MAX_FOLDER_BYTES = 24 * 1024 * 1024


@pytest.fixture(scope="module")
def builtin() -> StaticEncoder:
    """The model that comes with the package."""
    encoder = load_encoder("builtin")
    assert isinstance(encoder, StaticEncoder)
    return encoder


def write_golden() -> None:
    """Record the present built-in model; run after shipping new weights."""
    encoder = load_encoder("builtin")
    vectors = encoder.encode_query(CANARIES)[:, :GOLDEN_DIMS]
    golden = {
        "fingerprint": encoder.fingerprint,
        "dim": encoder.dim,
        "vectors": np.round(vectors.astype(np.float64), 5).tolist(),
    }
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


def test_vectors_are_the_recorded_ones(builtin: StaticEncoder) -> None:
    """The shipped model gives the vectors recorded for it, digit by digit."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))

    assert builtin.fingerprint == golden["fingerprint"], (
        "the weights changed: run `python -c 'from tests.unit.embedding.test_builtin import write_golden as w; w()'`"
    )
    np.testing.assert_allclose(builtin.encode_query(CANARIES)[:, :GOLDEN_DIMS], golden["vectors"], atol=2e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_sentence_transformers_loads_the_same_model(builtin: StaticEncoder) -> None:
    """The folder is an ordinary sentence-transformers model with the same vectors (cosine at least 0.9999)."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(BUILTIN_FOLDER), device="cpu", local_files_only=True)

    cosines = np.einsum("ij,ij->i", builtin.encode_query(CANARIES), model.encode_query(list(CANARIES)))
    assert cosines.min() >= 0.9999


def test_folder_is_small_enough_to_ship() -> None:
    """Weights, tokenizer and papers take at most 24 MB."""
    assert sum(path.stat().st_size for path in BUILTIN_FOLDER.rglob("*") if path.is_file()) <= MAX_FOLDER_BYTES


def test_batch_and_single_agree_bit_for_bit(builtin: StaticEncoder) -> None:
    """The real table and tokenizer keep the promise of the runtime."""
    singles = np.concatenate([builtin.encode_query([text]) for text in CANARIES])

    assert np.array_equal(builtin.encode_query(CANARIES), singles)


def test_translations_are_nearer_than_other_problems(builtin: StaticEncoder) -> None:
    """A question finds its translation among unrelated problems, in four languages."""
    problems = ["The refund has not arrived.", "The printer is jammed.", "I forgot my password.", "Cancel my order."]
    questions = ["退款还没到账", "打印机卡纸了", "He olvidado mi contraseña", "注文をキャンセルしたい"]

    nearest = (builtin.encode_query(questions) @ builtin.encode_cases(problems).T).argmax(axis=1)

    assert nearest.tolist() == [0, 1, 2, 3]


def test_a_light_start_loads_no_heavy_library() -> None:
    """The built-in model needs neither torch nor what comes with it."""
    code = "import sys; from retriever.embedding.loading import load_encoder; load_encoder('builtin'); "
    code += "print(sorted({'torch', 'transformers', 'sentence_transformers', 'scipy', 'sklearn'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert told.strip() == "[]"
