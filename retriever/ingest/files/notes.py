"""What a person should know of a file besides its rows, such as a header that came twice; counted, without its text."""

from collections import Counter


class Notes:
    """Remarks in the order of their first time, each with how often it applied."""

    def __init__(self) -> None:
        """Nothing to say yet."""
        self._counts: Counter[str] = Counter()
        self._once: dict[str, None] = {}

    def count(self, what: str) -> None:
        """One more of this: `what` is shown behind its number."""
        self._counts[what] += 1

    def say(self, text: str) -> None:
        """A remark that has no number."""
        self._once[text] = None

    def lines(self) -> tuple[str, ...]:
        """All remarks."""
        return (*self._once, *(f"{number} {what}" for what, number in self._counts.items()))
