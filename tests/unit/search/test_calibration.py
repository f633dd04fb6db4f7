"""A library's own calibration: what it changes, what it never changes, and when it is not used."""

import json
from pathlib import Path

import numpy as np
import pytest

from retriever.errors import InvalidSettings
from retriever.search.calibration import (
    Calibration,
    calibrated,
    load_calibration,
    ranking_digest,
    save_calibration,
)
from retriever.search.ranking import confidence, load_ranking, logits, rank_scores
from tests.support.search import make_scores

RANKING = load_ranking("builtin")
FITTED = Calibration("model", ranking_digest(RANKING), 0.5, 1.0, 0.42, 300, "2026-01-01T00:00:00+00:00")
KNOWN = make_scores([0.1, 0.5, 0.6, 0.9], [0.9, 0.0, 0.3, 0.4], [True, False, True, False])
SCORE = rank_scores(RANKING, KNOWN)


def test_the_logit_is_scaled_and_shifted() -> None:
    """For pairs of both kinds, and the threshold is the fitted one."""
    before = logits(RANKING, KNOWN, SCORE)

    after = logits(calibrated(RANKING, FITTED), KNOWN, SCORE)

    assert after == pytest.approx(0.5 * before + 1.0)
    assert calibrated(RANKING, FITTED).min_confidence == 0.42


def test_the_order_never_changes() -> None:
    """Whatever is fitted, the best match stays the best."""
    before, after = (logits(ranking, KNOWN, SCORE) for ranking in (RANKING, calibrated(RANKING, FITTED)))

    assert np.argsort(before).tolist() == np.argsort(after).tolist()
    assert confidence(after).tolist() != confidence(before).tolist()


def test_without_a_file_everything_is_as_shipped(tmp_path: Path) -> None:
    """No calibration, no change."""
    assert load_calibration(tmp_path / "none.json", "model", RANKING) is None
    assert calibrated(RANKING, None) is RANKING


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """For the model and ranking it was fitted for."""
    save_calibration(tmp_path / "c.json", FITTED)

    assert load_calibration(tmp_path / "c.json", "model", RANKING) == FITTED
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_it_is_not_used_for_another_model_or_ranking(tmp_path: Path) -> None:
    """A number fitted over other confidences would be wrong."""
    save_calibration(tmp_path / "c.json", FITTED)

    assert load_calibration(tmp_path / "c.json", "other model", RANKING) is None
    assert load_calibration(tmp_path / "c.json", "model", load_ranking("default")) is None


@pytest.mark.parametrize(
    "change", [{"scale": -1.0}, {"scale": float("nan")}, {"min_confidence": 2.0}, {"unknown": 1}, {"scale": "x"}]
)
def test_a_file_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """Answers must not change silently; the message says how to drop it."""
    file = tmp_path / "c.json"
    save_calibration(file, FITTED)
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")

    with pytest.raises(InvalidSettings, match="calibrate --remove"):
        load_calibration(file, "model", RANKING)
