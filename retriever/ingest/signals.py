"""What rules may ask of a ticket besides its texts: travels beside a case and is never stored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signals:
    """Satisfaction is 0 (bad) to 1 (good); `reopened` counts; None means that nobody said."""

    satisfaction: float | None = None
    reopened: int | None = None


NO_SIGNALS = Signals()
