"""Whatever touches outside text takes time that grows with its length and no faster."""

import time

import pytest

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
