"""Where the time of one question went."""

import time


class Stopwatch:
    """Milliseconds per stage, in the order the stages ran."""

    def __init__(self) -> None:
        """Start the first stage now."""
        self.took: dict[str, float] = {}
        self._last = self._begin = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage; one that runs again adds up."""
        now = time.perf_counter()
        self.took[stage] = round(self.took.get(stage, 0.0) + (now - self._last) * 1000, 3)
        self._last = now

    def total(self) -> dict[str, float]:
        """All stages and their sum."""
        return {**self.took, "total": round((time.perf_counter() - self._begin) * 1000, 3)}
