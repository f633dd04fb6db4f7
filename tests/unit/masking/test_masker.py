"""Placeholders, their numbers, offsets, and cases as a whole."""

from dataclasses import replace

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.case.texts import embedded_text, matched_text, query_text
from retriever.domain import Outcome, Query, Source
from retriever.masking import KnownEntities, mask_case, mask_mention, mask_query, mask_text
from retriever.masking.masker import BEST_EFFORT, STRUCTURED
from retriever.masking.papers import passes
from retriever.masking.placeholders import PLACEHOLDER_KINDS
from retriever.sample.library import load_sample_cases
from tests.support.builders import make_case

PIECES = st.sampled_from(
    [
        *("a@b.com", "13812345678", "+49 30 901820", "[EMAIL_1]", "[PHONE_7]", "密码：", "password=", "x1y2", "张三"),
        *(
            "https://u:p@h.io/?q=1",
            "先生",
            "联系人：",
            "Dear Anna,",
            "\n",
            " ",
            "，",
            "11010519491231002X",
            "北京",
            "@",
        ),
        *("4111 1111 1111 1111", "DE89370400440532013000", "203.0.113.9", "粤B12345", "路8号", "\u200b", "\ue000"),
        *("１３８", "tel ", "1", "-", ".", "/", "["),
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_masking_is_idempotent(text: str) -> None:
    """Masking a masked text changes nothing."""
    once = mask_text(text).text

    assert mask_text(once).text == once


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_spans_rebuild_the_text(text: str) -> None:
    """Spans are in order, apart, not empty, and putting the placeholders in their place gives the masked text."""
    masked = mask_text(text)

    rebuilt, after = "", 0
    for span in masked.spans:
        assert after <= span.start < span.end <= len(text)
        rebuilt += text[after : span.start] + span.placeholder
        after = span.end
    assert rebuilt + text[after:] == masked.text


def test_one_value_has_one_number() -> None:
    """The same value in another spelling gets the same placeholder; another value the next number."""
    text = "13812345678, +86 138 1234 5678, 13912345678; A@B.com a@b.com"

    masked = mask_text(text).text

    assert masked == "[PHONE_1], [PHONE_1], [PHONE_2]; [EMAIL_1] [EMAIL_1]"


def test_numbers_in_use_are_not_given_again() -> None:
    """A new address in a text that was masked before is another person's."""
    assert mask_text("[EMAIL_3] and new@b.com").text == "[EMAIL_3] and [EMAIL_4]"


def test_offsets_are_of_the_original() -> None:
    """Invisible characters and full-width digits count as they stand in the text."""
    text = "电\u200b话 １３８\u200b１２３４５６７８ x"

    (span,) = mask_text(text).spans

    assert text[span.start : span.end] == "１３８\u200b１２３４５６７８"


def test_known_entities_are_found_in_every_spelling() -> None:
    """Names, companies and numbers of the ticket's own record go without any cue."""
    known = KnownEntities(("Anna Berg", "王小明"), ("anna@x.io",), ("030 901820",), ("Nordwind GmbH",))
    text = "berg, anna / ANNA  BERG / A. Berg / Ánna Berg / 王小明说 / 030-90-18-20 / nordwind gmbh / Annabergs"

    masked = mask_text(text, known).text

    assert masked == (
        "[PERSON_1] / [PERSON_2] / [PERSON_3] / [PERSON_4] / [PERSON_5]说 / [PHONE_1] / [COMPANY_1] / Annabergs"
    )


def test_short_known_names_are_left_out() -> None:
    """One short word would hit half of the text."""
    known = KnownEntities(names=("Mark", "王"), phones=("110",), companies=("HP",))

    assert mask_text("Mark all as read, 国王, dial 110, HP printer", known).spans == ()


def test_names_of_two_signs_and_three_words_are_found() -> None:
    """The shortest Chinese name, and one with a particle, the family name first."""
    known = KnownEntities(names=("王明", "Peter van Dijk"))

    assert mask_text("昨天王明打来", known).text == "昨天[PERSON_1]打来"
    assert mask_text("Dijk, Peter van; van Dijk, Peter; Peter Dijk", known).text == (
        "[PERSON_1]; [PERSON_2]; [PERSON_3]"
    )


def test_a_case_shares_its_numbers_over_all_fields() -> None:
    """One value has one placeholder in title, steps, tags and outcome."""
    case = replace(
        make_case("c", "mail a@b.com or c@d.com"),
        title="c@d.com fails",
        steps=("ask a@b.com",),
        tags=("a@b.com",),
        outcome=Outcome(summary="told c@d.com"),
    )

    masked, spans = mask_case(case)

    assert (masked.title, masked.problem) == ("[EMAIL_1] fails", "mail [EMAIL_2] or [EMAIL_1]")
    assert (masked.steps, masked.tags, masked.outcome.summary) == (("ask [EMAIL_2]",), ("[EMAIL_2]",), "told [EMAIL_1]")
    assert {name: len(found) for name, found in spans.items()} == {
        "title": 1, "problem": 2, "steps[0]": 1, "outcome.summary": 1, "tags[0]": 1,
    }  # fmt: skip


def test_identities_and_codes_of_a_case_stay() -> None:
    """Ids, ticket numbers, dates, accounts and error codes are what a case is known by."""
    case = replace(
        make_case("zd:13812345678", "p"),
        source=Source("zendesk", "13812345678", "https://x.io/tickets?id=13812345678&view=2"),
        error_codes=("13812345678", "203.0.113.5"),
        resolved_at="2026-03-02T08:15:00Z",
        created_by="anna@corp.example",
        reviewers=("ben@corp.example",),
    )

    assert mask_case(case) == (case, {})


def test_a_source_link_loses_only_what_is_secret() -> None:
    """It still leads to the ticket."""
    case = replace(make_case("c", "p"), source=Source("zd", "1", "https://bob:pw@x.io/t?id=7&token=abc&email=a@b.com"))

    masked, _ = mask_case(case)

    assert masked.source.url == "https://[SECRET_1]@x.io/t?id=7&token=[SECRET_2]&email=[QUERY_1]"


def test_placeholders_are_neither_embedded_nor_matched() -> None:
    """A question with a phone number has the same words as the case whose number was masked."""
    case, _ = mask_case(make_case("c", "cannot call 13812345678 back"))
    query = mask_query(Query(problem="cannot call 13912345678 back"))

    assert query_text(query) == embedded_text(replace(case, title=""))
    assert "PHONE" not in matched_text(case)


def test_the_sample_library_stays_as_it_is() -> None:
    """268 real-looking cases in seven languages hold no personal value, and none is found."""
    cases = load_sample_cases()

    changed = [case.id for case in cases if mask_case(case)[0] != case]

    assert changed == []


def test_a_validator_that_breaks_lets_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exception does not escape, and a number that could not be looked up is masked."""

    def broken(_: object) -> bool:
        raise KeyError("county")

    monkeypatch.setattr(phonenumbers, "parse", broken)

    assert passes(broken, "1") is False
    assert mask_text("+49 30 901820").text == "[PHONE_1]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("5551234567", "[NUMBER]"),
        ("x 4111 1111 11", "x [NUMBER]"),
        ("2026-02-30", "2026-02-30"),
        ("a@b.com", "[EMAIL_1]"),
        ("123456", "123456"),
    ],
)
def test_a_mentioned_value_has_no_long_number(value: str, shown: str) -> None:
    """In a message no word says what a number is, so all that could be a phone or a card go; dates stay."""
    assert mask_mention(value) == shown


def test_every_rule_has_a_name_of_its_own_and_a_known_kind() -> None:
    """Explanations name rules; placeholders of unknown kinds would be taken for text."""
    rules = (*STRUCTURED, *BEST_EFFORT)

    assert len({rule.name for rule in rules}) == len(rules)
    assert {rule.kind for rule in rules} <= set(PLACEHOLDER_KINDS)
