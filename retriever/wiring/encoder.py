"""The embedding model that the settings name."""

from retriever.config import Settings
from retriever.domain import Encoder
from retriever.embedding.loading import load_encoder


def open_encoder(settings: Settings) -> Encoder:
    """The model that the settings name. Raises ModelUnavailable."""
    return load_encoder(
        settings.model,
        backend=settings.backend,
        dims=settings.dims,
        threads=settings.threads,
        offline=not settings.allow_download,
        revision=settings.model_revision or None,
    )
