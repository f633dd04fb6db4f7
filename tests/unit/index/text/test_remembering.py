"""What is kept of words is bounded in memory, not only in number."""

from index.text.remembering import LONGEST, remembered


def test_short_words_are_looked_up_once_and_long_ones_are_never_kept() -> None:
    """Both with the same result; other arguments tell two look-ups of one word apart."""
    asked = list[str]()

    @remembered(2)
    def length(word: str, more: int = 0) -> int:
        """Of a word."""
        asked.append(word)
        return len(word) + more

    short, long = "x" * LONGEST, "y" * (LONGEST + 1)
    assert [length(word) for word in (short, short, long, long)] == [LONGEST, LONGEST, LONGEST + 1, LONGEST + 1]
    assert asked == [short, long, long]
    assert length(short, 1) == LONGEST + 1
    for word in ("a", "b", short):
        length(word)
    assert asked[3:] == [short, "a", "b", short]
    assert length.__doc__ == "Of a word."
