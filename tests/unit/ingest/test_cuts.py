"""Long texts of tickets: work is bounded by what a case can keep, and what is cut is said."""

import pytest

from retriever.case.format import TEXT_LIMIT
from retriever.ingest.sources.cuts import RAW_LIMIT, clipped, cut
from retriever.ingest.sources.record import written, written_html


@pytest.mark.parametrize("length", [0, TEXT_LIMIT, RAW_LIMIT])
def test_what_fits_stays_as_it_is(length: int) -> None:
    """Up to the limit itself."""
    assert clipped("x" * length) == "x" * length


@pytest.mark.parametrize("length", [TEXT_LIMIT + 1, RAW_LIMIT, RAW_LIMIT + 1, 1_000_000])
def test_all_that_is_missing_is_said(length: int) -> None:
    """Once or twice cut: kept and missing characters are all that there were."""
    kept, _, said = cut(clipped("x" * length)).partition("\n[… cut: ")
    assert said.endswith(" more characters]")
    assert len(kept) + int(said.split()[0].replace(",", "")) == length
    assert len(kept) + len(said) + 9 <= TEXT_LIMIT


def test_an_image_within_the_text_takes_no_place() -> None:
    """What is written behind it is read."""
    image = '<img src="data:image/png;base64,' + "iVBORw0KGgo" * 100_000 + '">'
    assert written_html(f"<p>The label is blank.</p>{image}<p>It began on Monday.</p>").split() == [
        *("The", "label", "is", "blank."),
        *("It", "began", "on", "Monday."),
    ]


def test_a_text_is_cut_before_it_is_cleaned() -> None:
    """A mail of 40 MB costs no more than one of the limit."""
    assert len(written("Monday again, and the printer is jammed.\n" * 1_000_000)) < RAW_LIMIT + 100
