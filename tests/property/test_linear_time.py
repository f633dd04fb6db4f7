"""Whatever touches outside text takes time that grows with its length and no faster."""

import time

import pytest

from index.text.tokenise import spans, tokens
from retriever.ingest.cleaning.adf import wiki_to_text
from retriever.ingest.cleaning.codes import find_error_codes
from retriever.ingest.cleaning.html import html_to_text
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.cleaning.substance import says_nothing

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "text",
    ["> " * 200_000, "On " + "a " * 300_000 + "wrote", "From:\n" * 60_000, "<div>" * 60_000, "{quote}" * 40_000 + "x",
     "-" * 500_000, "closed " * 80_000, "error " * 80_000, "[a|" * 100_000, "`" * 300_000 + "\n" * 1000],
    ids=["quotes", "wrote", "headers", "tags", "wiki", "dashes", "worth", "codes", "links", "fences"],
)  # fmt: skip
def test_hostile_text_takes_no_longer_than_its_length_explains(text: str) -> None:
    """Some hundred kilobytes of each within seconds, on a busy machine."""
    started = time.process_time()

    clean_mail(text)
    html_to_text(text)
    wiki_to_text(text)
    find_error_codes(text)
    says_nothing(text[:600])

    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "part", ["a1-", "xxx", "退款到", "1.2", "e\u0301e"], ids=["codes", "word", "han", "digits", "marks"]
)
def test_text_without_a_break_is_cut_in_linear_time(part: str) -> None:
    """Twice the characters take about twice the time, by the best of three runs."""
    short, long = (min(seconds_to_cut(part * size) for _ in range(3)) for size in (60_000, 120_000))

    assert long < 3 * short + 0.1


def seconds_to_cut(text: str) -> float:
    """Processor time to find the words of a text, with and without their places."""
    started = time.process_time()
    tokens(text)
    spans(text)
    return time.process_time() - started
