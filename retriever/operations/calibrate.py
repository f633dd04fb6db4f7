"""Makes the confidence keep its word on a library, from its own judged questions."""

from dataclasses import dataclass, replace
from pathlib import Path

from retriever.case.times import utc_stamp
from retriever.errors import Unavailable
from retriever.evaluation.platt import Refit, ask_sheets, refit
from retriever.operations.evaluate import library_set
from retriever.search.calibration import Calibration, ranking_digest, save_calibration
from retriever.search.ranking import load_ranking
from retriever.wiring.service import Service


@dataclass(frozen=True, slots=True)
class CalibrationFit:
    """A calibration that was fitted, how, and the threshold as shipped."""

    calibration: Calibration
    refit: Refit
    shipped_threshold: float


def fit_calibration(service: Service, judgements: Path | None = None) -> CalibrationFit:
    """Fit to judged questions: of a file, or without one of the feedback. Writes nothing. Raises InvalidInput."""
    shipped = load_ranking(service.encoder.name)  # an earlier calibration must not be fitted over
    searcher = replace(service.searcher, ranking=shipped)
    sheets = ask_sheets(library_set(service, judgements), searcher.find_similar)
    done = refit(sheets, threshold=shipped.min_confidence)
    made = Calibration(
        fingerprint=service.searcher.identity,
        ranking=ranking_digest(shipped),
        scale=done.fit.scale,
        shift=done.fit.shift,
        min_confidence=done.fit.min_confidence,
        questions=done.questions,
        fitted_at=utc_stamp(),
    )
    return CalibrationFit(made, done, shipped.min_confidence)


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Let searches use it from their next start on. Raises Unavailable."""
    try:
        save_calibration(path, calibration)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}.") from error
