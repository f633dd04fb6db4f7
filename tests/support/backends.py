"""Tests of a backend that is not installed are skipped, except where all of them have to run."""

import os

import pytest

from retriever.embedding.transformer.graphs import is_installed


def needs_backend(backend: str) -> None:
    """Skip without the packages of `backend`; with TEST_ALL_BACKENDS set, as `./scripts/test --all` does, fail."""
    if backend.startswith("torch") or is_installed(backend, to_convert=True):
        return
    if os.environ.get("TEST_ALL_BACKENDS"):
        pytest.fail(f"{backend} is not installed, and every backend has to be tested here")
    pytest.skip(f"{backend} is not installed; `./scripts/test --all` installs and tests it")
