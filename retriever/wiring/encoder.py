"""The embedding model that the settings name."""

from retriever.config import Settings
from retriever.domain import Encoder, Progress
from retriever.embedding.loading import load_encoder


def open_encoder(settings: Settings, *, progress: Progress | None = None) -> Encoder:
    """The model that the settings name; `progress` is told of work that is done once. Raises ModelUnavailable."""
    return load_encoder(
        settings.model,
        backend=settings.backend,
        dims=settings.dims,
        threads=settings.threads,
        offline=not settings.allow_download,
        revision=settings.model_revision or None,
        progress=progress,
    )
