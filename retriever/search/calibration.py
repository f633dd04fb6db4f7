"""A library's own calibration of the confidence: two numbers and a threshold, fitted on its own judgements.

The logit of the confidence is scaled and shifted, so the order of matches never changes. It holds for one model, one
ranking and the same optional stages: after a change of any it is ignored until `similar-cases calibrate` has run again.
"""

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from retriever.errors import InvalidSettings
from retriever.search.ranking import Ranking

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Calibration:
    """confidence = sigmoid(scale · logit + shift); `fingerprint` (`Searcher.identity`) and `ranking` say for what."""

    fingerprint: str
    ranking: str
    scale: float
    shift: float
    min_confidence: float
    questions: int
    fitted_at: str


def load_calibration(path: Path, fingerprint: str, ranking: Ranking) -> Calibration | None:
    """The calibration in a file if it is there and of this model and ranking, else None.

    Raises InvalidSettings when the file is there and cannot be read, since answers would silently change.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = Calibration(**data)
        sound = all(map(math.isfinite, (found.scale, found.shift))) and found.scale > 0 <= found.min_confidence <= 1
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise InvalidSettings(
            f"{path} cannot be read ({error}); `similar-cases calibrate --remove` drops it."
        ) from error
    if not sound:
        raise InvalidSettings(f"{path} holds values that cannot be; `similar-cases calibrate --remove` drops it.")
    if found.fingerprint == fingerprint and found.ranking == ranking_digest(ranking):
        return found
    reason = "fitted for another model, ranking or stage: run similar-cases calibrate again"
    log.warning("calibration_ignored", reason=reason)
    return None


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write the file whole or not at all. Raises OSError."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
    os.replace(fresh, path)  # noqa: PTH105  the same as Path.replace, but says that it is atomic


def calibrated(ranking: Ranking, calibration: Calibration | None) -> Ranking:
    """The ranking with the library's confidence and threshold; unchanged without a calibration."""
    if calibration is None:
        return ranking
    return replace(ranking, scale=calibration.scale, shift=calibration.shift, min_confidence=calibration.min_confidence)


def ranking_digest(ranking: Ranking) -> str:
    """Identity of the weights that a calibration was fitted over."""
    return hashlib.sha256(json.dumps(asdict(ranking), sort_keys=True).encode()).hexdigest()[:16]
