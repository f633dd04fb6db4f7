"""Ranges of dates over many blocks."""

import numpy as np
import pytest

from index.facets.dates import build_dates
from index.keys import KeySet

COUNT = 40_000
PAIRS = [(f"{number:05d}", (number * 7_919) % COUNT) for number in range(COUNT)]


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, COUNT - 1), (0, 0), (8_191, 8_192), (8_192, 16_383), (8_191, 16_384), (5, 39_000), (16_384, 16_390), (9, 3)],
)
def test_a_range_holds_exactly_the_keys_between(low: int, high: int) -> None:
    """Whatever blocks a range covers wholly or in part, both ends are included and nothing else."""
    expected = {key for text, key in PAIRS if f"{low:05d}" <= text <= f"{high:05d}"}

    assert set(build_dates(PAIRS[::-1]).between(f"{low:05d}", f"{high:05d}")) == expected


def test_open_sides_and_days_without_a_time() -> None:
    """A missing side is open; a day as the end leaves out that day's later times unless the caller adds `~`."""
    dates = build_dates([("2024-05-31T10:00:00Z", 1), ("2024-05-31", 2), ("2024-06-01", 3)])

    assert set(dates.between(None, "2024-05-31")) == {2}
    assert set(dates.between(None, "2024-05-31~")) == {1, 2}
    assert set(dates.between("2024-05-31T", None)) == {1, 3}


def test_merging_and_removing_keep_the_order() -> None:
    """Dates merged with wider ones and freed of some keys are those of the rest, sorted."""
    dates = build_dates([("2024", 1), ("2022", 2)]).merged(build_dates([("2023-01-01T00:00:00Z", 3)]))
    left = dates.without(KeySet([1]))

    assert dates.texts.tolist() == [b"2022", b"2023-01-01T00:00:00Z", b"2024"]
    assert left.keys.tolist() == [2, 3]
    assert np.array_equal(np.sort(left.texts), left.texts)
