"""A small library that is asked through the whole search."""

from collections.abc import Iterator

import pytest

from retriever.config import Settings
from retriever.operations.trial import open_trial
from retriever.wiring.service import Service
from tests.support.builders import make_case


@pytest.fixture(scope="module")
def small_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Three cases and the built-in model."""
    cases = [
        make_case("jam", "printer jams on thick paper"),
        make_case("pale", "printer colours are pale"),
        make_case("vpn", "the tunnel drops every hour"),
    ]
    with open_trial(Settings(data_dir=tmp_path_factory.mktemp("library")), cases) as opened:
        yield opened
