"""The model card made from a run's log."""

from pathlib import Path
from typing import Any

import pytest

from retriever.training.model.card import build_card

SOURCES = Path(__file__).parents[4] / "retriever" / "training" / "model" / "sources.toml"


def make_log(source: str) -> dict[str, Any]:
    """The parts of a log that the card reads."""
    score = {"queries": 2, "documents": 3, "float32": 70.04, "int8": 69.96, "by_language": {"zh-CN": 80.0, "vi": 58.2}}
    return {
        "config": {"dims": 16, "keep_pieces": 100, "fit": {"steps": 5, "batch": 4}},
        "bytes": 2_000_000,
        "model_sha256": "abc",
        "scores": {"gnomehelp-desc-xling": score},
        "pairs_by_language": {"de": 50_000, "sw": 12},
        "pairs_by_source": {source: 50_012, "unused": 0},
        "seconds": {"fit": 120.0},
    }


def test_the_card_tells_figures_weak_languages_and_licences() -> None:
    """Scores of both tables, the weak and the barely trained languages, and each used source with its licence."""
    card = build_card(make_log("adyen-web"), SOURCES)
    assert "| gnomehelp-desc-xling | 2 × 3 | 70.0 | 70.0 |" in card
    assert "Weakest of those measured: vi 58.2." in card
    assert "sw (12)" in card
    assert "| adyen-web | Adyen/adyen-web | MIT | 50,012 |" in card
    assert "unused" not in card


def test_a_source_of_unknown_licence_stops_the_card() -> None:
    """A source that `sources.toml` does not describe is an error, not an empty cell."""
    with pytest.raises(KeyError, match="nobody"):
        build_card(make_log("nobody"), SOURCES)
