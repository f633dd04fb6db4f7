"""Whatever comes in, cleaning gives text, loses no code, and no record makes a mapping fail."""

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.ingest.cleaning.adf import adf_to_text, macros, wiki_to_text
from retriever.ingest.cleaning.codes import find_error_codes
from retriever.ingest.cleaning.html import html_to_text, without_comments
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.sources.generic import SourceMap
from retriever.ingest.sources.registry import SOURCES
from retriever.ingest.sources.ticket import Mapped, SkipReason

PIECES = st.sampled_from(
    ["> quoted", "On Mon wrote:", "From: a", "To: b", "Subject: c", "Sent: d", "-- ", "Thanks", "```", "<p>",
     "</p>", "<pre>",
     "</pre>", "</div>", "{code}", "{quote}", "Best regards", "text of a person", "2026-01-05 10:00:00 ERROR x",
     "ORA-00600",
     "发件人：张三", "谢谢", "", "- item", "Sent from my phone", "____________________________________",
     "*bold*", "[a|https://b.example]"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=30), max_size=12).map("\n".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["body", "name", "value", "id", "text", "type", "content", "public",
    "author"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = st.sampled_from(
    ["id", "subject", "description", "status", "comments", "tags", "fields", "key", "state", "articles",
     "title", "number",
     "close_notes", "short_description", "Subject", "Description", "IsClosed", "CaseComments", "Status", "body",
     "conversations",
     "requester", "requester_id", "via", "satisfaction_rating", "spam", "summary", "comment", "resolution",
     "Comment", "Resolution",
     "priority", "created_at", "updated_at", "stats", "labels", "user", "answer", "custom_fields", "Summary",
     "Status Category"]
)  # fmt: skip
DONE = st.sampled_from(
    [{"status": "closed"}, {"status": 5}, {"state": "7"}, {"state": "closed"}, {"IsClosed": True}, {},
     {"Status": "Done", "Resolution": "Done"}, {"fields": {"status": "Done", "resolution": "Done",
     "comment": [{"body": "x"}]}}]
)  # fmt: skip
LOG_LINE = st.sampled_from(
    [
        "2026-01-05 10:00:00 ERROR disk full",
        "java.lang.NullPointerException: x",
        "    at a.b.C.run(C.java:42)",
        "errno 13",
    ]
)


@given(TEXTS)
@settings(deadline=None)
def test_cleaning_a_cleaned_mail_changes_nothing_more_than_greetings(text: str) -> None:
    """Twice is like three times: what is left at last is a fixed point."""
    twice = clean_mail(clean_mail(text))
    for _ in range(4):
        twice = clean_mail(twice)

    assert clean_mail(twice) == twice


@given(st.lists(st.text(alphabet="abc äß漢 .", min_size=3, max_size=40), min_size=1, max_size=5), LOG_LINE)
@settings(deadline=None)
def test_a_log_line_that_its_author_wrote_is_never_lost(lines: list[str], log: str) -> None:
    """Whatever stands around it, a sign-off and a name behind it included."""
    text = "\n".join([*lines, log, "Thanks", "Eva"])

    assert log.strip() in clean_mail(text)


@given(TEXTS)
@settings(deadline=None)
def test_every_cleaner_gives_text(text: str) -> None:
    """None fails, and none invents a letter that was not there (entities aside)."""
    for clean in (html_to_text, wiki_to_text, clean_mail):
        cleaned = clean(text)
        assert "&" in text or letters(cleaned) <= letters(text)


@given(VALUES)
@settings(deadline=None)
def test_any_json_is_a_document(value: Any) -> None:  # noqa: ANN401
    """Whatever stands where a document should, its text comes from there."""
    assert letters(adf_to_text({"type": "doc", "content": [value]})) <= letters(str(value))


def letters(text: str) -> Counter[str]:
    """How often each letter occurs, large or small."""
    return Counter(filter(str.isalpha, text.casefold()))


@given(st.dictionaries(KEYS, VALUES, max_size=8), DONE)
@settings(deadline=None, max_examples=200)
def test_no_record_makes_a_mapping_fail(record: dict[str, Any], done: dict[str, Any]) -> None:
    """It becomes a row or a reason; codes of the problem stand in the field for them."""
    generic = SourceMap(fields={"problem": ("description",), "solution": ("body",)}).mapping()
    for mapping in (*SOURCES.values(), generic):
        result = mapping.row(record | done)
        assert isinstance(result, Mapped | SkipReason)
        if isinstance(result, Mapped) and "ORA-00600" in result.values["problem"]:
            assert "ORA-00600" in result.values["error_codes"] or len(find_error_codes(result.values["problem"])) > 1


@given(
    st.lists(st.sampled_from(["{code}", "{code:java}", "{noformat}", "{quote}", "a", "\n", "{", " b "]), max_size=12)
)
def test_blocks_of_code_are_found_as_a_pattern_would_find_them(parts: list[str]) -> None:
    """A pattern says what a block is, but takes quadratic time to find that there is none."""
    markup = "".join(parts)
    pattern = re.compile(r"\{(code|noformat)(?::[^}\n]{0,200})?\}(.*?)\{\1\}", re.DOTALL)

    assert [(start, after) for start, _, _, after in macros(markup)] == [m.span() for m in pattern.finditer(markup)]


@given(st.lists(st.sampled_from(["<!--", "-->", "a", "<!-", "->", "\n"]), max_size=12))
def test_comments_are_found_as_a_pattern_would_find_them(parts: list[str]) -> None:
    """The same for comments of HTML in Markdown."""
    text = "".join(parts)

    assert without_comments(text) == re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
