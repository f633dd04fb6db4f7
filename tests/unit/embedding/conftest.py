"""The tiny static model, built once per run."""

from pathlib import Path

import pytest

from retriever.embedding.loading import load_encoder
from retriever.embedding.static import StaticEncoder
from tests.support.tiny_models import build_tiny_static


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny static model."""
    return build_tiny_static(tmp_path_factory.mktemp("models") / "tiny-static")


@pytest.fixture(scope="session")
def static_encoder(static_folder: Path) -> StaticEncoder:
    """The tiny static model, loaded by the light runtime."""
    encoder = load_encoder(str(static_folder))
    assert isinstance(encoder, StaticEncoder)
    return encoder
