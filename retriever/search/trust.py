"""How far to trust a case that fits: outdated ones stand a little lower, ones that solved problems a little higher.

Trust multiplies the confidence only while matches are put in order; the confidence that is shown and tested stays as it
is. Its bounds are the promise: no case is put before one whose confidence is more than 1/0.87 of its own (SUPERSEDED by
1 + LIFT), so nothing irrelevant comes up because it was popular, and one that is superseded is still found where
nothing else fits.
"""

from collections.abc import Sequence
from datetime import date

from retriever.case.times import today_utc
from retriever.case.validity import is_expired
from retriever.domain import Case, Status, StoredCase

SUPERSEDED = 0.90
HISTORICAL = 0.92
EXPIRED = 0.93
OVERDUE = 0.97
"""What is left of the confidence of a case that is not live; of several reasons the gravest counts. Chosen, not fitted:
no labelled set knows outdated cases."""
LIFT = 0.03
"""Most that solving problems adds."""
HALF_LIFT_AT = 5
"""Problems solved for half of it."""


def trust_of(stored: StoredCase, today: date) -> float:
    """Factor from SUPERSEDED to 1 + LIFT for a case on a day."""
    solved = stored.reuse.solved
    return min((factor for factor, _ in _flaws(stored.case, today)), default=1.0) * (
        1.0 + LIFT * solved / (solved + HALF_LIFT_AT)
    )


def trusted_order(confidences: Sequence[float], trusts: Sequence[float]) -> list[int]:
    """Positions in the order in which to show them; equals keep theirs. Confidences come highest first."""
    trusted = [confidence * trust for confidence, trust in zip(confidences, trusts, strict=True)]
    return sorted(range(len(trusted)), key=lambda place: -trusted[place])


def warnings_of(stored: StoredCase) -> tuple[str, ...]:
    """What a reader should know before trusting the case."""
    return tuple(warning for _, warning in _flaws(stored.case, today_utc()))


def _flaws(case: Case, today: date) -> list[tuple[float, str]]:
    """What speaks against a case: what it leaves of the confidence, and how to say it."""
    flaws = []
    if case.superseded_by:
        flaws.append((SUPERSEDED, f"superseded by {case.superseded_by}"))
    elif case.status is Status.HISTORICAL:
        flaws.append((HISTORICAL, "historical: kept for reference, no longer maintained"))
    if is_expired(case, today):
        flaws.append((EXPIRED, f"expired on {case.valid_until[:10]}"))
    if case.review_due_on and case.review_due_on[:10] < today.isoformat():
        flaws.append((OVERDUE, f"review was due on {case.review_due_on[:10]}"))
    return flaws
