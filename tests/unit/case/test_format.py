"""What a case from outside may look like, what is refused and how, and that nothing is lost on the way out and in."""

import hashlib
import json
import unicodedata
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import retriever.sample
from retriever.case.format import (
    IGNORED,
    case_from_dict,
    case_to_dict,
    content_hash,
    decode_case,
    encode_case,
)
from retriever.case.texts import embedded_text, matched_text, query_text, query_words_text
from retriever.case.tidy import tidy_line, tidy_text
from retriever.domain import Case, Outcome, Query, Source, Status
from retriever.errors import InvalidCase

SAMPLE = Path(retriever.sample.__file__).parent / "cases"
FULL: dict[str, Any] = {
    "id": "MFG-001",
    "source": {"system": "sample", "external_id": "MFG-001", "url": "https://desk.example/1"},
    "language": "zh-CN",
    "title": "传送带  过热",
    "background": {"industry": "manufacturing", "environment": "两班制"},
    "problem": "第一行\r\n第二行",
    "diagnosis": "d",
    "solution": "s",
    "steps": ["a", "b", "a"],
    "workaround": "",
    "outcome": {"summary": "ok", "resolution_minutes": 45, "csat": 5, "first_contact_resolved": True},
    "category": "equipment / conveyor/",
    "error_codes": ["E-05", "E-05"],
    "tags": ["x", "y"],
    "opened_at": "2026-03-02T08:15:00+08:00",
    "resolved_at": "2026-03-03",
    "status": "historical",
    "version": 1,
    "valid_until": None,
    "superseded_by": None,
    "audience": [],
    "reviewers": ["u-021", "u-003"],
}
MINIMAL = {"id": "a", "problem": "p", "solution": "s"}


def test_full_case_is_understood() -> None:
    """The sample library's shape becomes exactly the case it describes."""
    assert case_from_dict(FULL) == Case(
        id="MFG-001",
        problem="第一行\n第二行",
        solution="s",
        source=Source("sample", "MFG-001", "https://desk.example/1"),
        language="zh-Hans",
        title="传送带 过热",
        environment="两班制",
        industry="manufacturing",
        diagnosis="d",
        steps=("a", "b", "a"),
        outcome=Outcome("ok", 45, 5.0, True),
        category="equipment/conveyor",
        error_codes=("E-05",),
        tags=("x", "y"),
        opened_at="2026-03-02T00:15:00Z",
        resolved_at="2026-03-03",
        status=Status.HISTORICAL,
        reviewers=("u-021", "u-003"),
    )


def test_minimal_case_has_defaults() -> None:
    """Three fields are enough; everything else is as if the case were written by hand."""
    assert case_from_dict(MINIMAL) == Case(id="a", problem="p", solution="s")


def test_every_field_survives_the_way_out_and_in() -> None:
    """A case in which every field is set comes back equal from the mapping and from the canonical JSON."""
    case = case_from_dict(
        {
            field.name: {
                "steps": ["1"],
                "error_codes": ["e"],
                "tags": ["t"],
                "audience": ["g"],
                "reviewers": ["r"],
            }.get(field.name, "2026-01-02" if field.name.endswith(("_at", "_on", "_until")) else "en")
            for field in fields(Case)
            if field.name not in ("status", "outcome", "source")
        }
        | {"status": "draft", "source": FULL["source"], "outcome": FULL["outcome"]}
    )
    assert all(getattr(case, field.name) for field in fields(Case))
    assert case_from_dict(json.loads(json.dumps(case_to_dict(case)))) == case
    assert decode_case(encode_case(case)) == case


def test_what_the_store_adds_is_ignored() -> None:
    """An export with version, reuse and the rest is read back as the same case."""
    assert case_from_dict(MINIMAL | dict.fromkeys(IGNORED, "anything")) == case_from_dict(MINIMAL)


def test_dotted_names_and_plain_texts_mean_the_nested_ones() -> None:
    """A table's columns `source.system`, `outcome` and numbers as text give the nested case."""
    case = case_from_dict(
        MINIMAL
        | {
            "source.system": "zendesk",
            "source.external_id": 42,
            "outcome": "fixed",
            "outcome.csat": "4.5",
            "outcome.first_contact_resolved": "no",
            "outcome.resolution_minutes": "90",
        }
    )
    assert case.source == Source("zendesk", "42")
    assert case.outcome == Outcome("fixed", 90, 4.5, False)
    assert case_from_dict(MINIMAL | {"source": "jira"}).source == Source("jira")


def test_defaults_fill_only_what_is_empty() -> None:
    """A default is used for a missing or blank field, never over a given one."""
    defaults = {"source": {"system": "csv"}, "status": "draft", "language": "de"}
    case = case_from_dict(MINIMAL | {"language": "fr", "status": "  "}, defaults=defaults)
    assert (case.source.system, case.status, case.language) == ("csv", Status.DRAFT, "fr")


def test_a_case_without_id_is_named_after_its_source() -> None:
    """`system:external_id` is the id when none is given."""
    row = {"problem": "p", "solution": "s", "source": {"system": "jira", "external_id": "KEY-7"}}
    assert case_from_dict(row).id == "jira:KEY-7"


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"id": None}, "id", "missing"),
        ({"problem": " \n"}, "problem", "missing"),
        ({"solution": "\u200b"}, "solution", "missing"),
        ({"problm": "x"}, "problm", "did you mean 'problem'"),
        ({"zzz": "x"}, "zzz", "the fields are"),
        ({"source": {"sistem": "x"}}, "source.sistem", "did you mean 'system'"),
        ({"source": ["x"]}, "source", "expected an object"),
        ({"outcome": 5}, "outcome", "expected an object"),
        ({"id": "a/b"}, "id", "'a/b'"),
        ({"id": "."}, "id", "expected letters"),
        ({"id": "-rf"}, "id", "expected letters"),
        ({"id": "x" * 201}, "id", "201 characters"),
        ({"problem": "x" * 32_001}, "problem", "32,001 characters"),
        ({"title": "x" * 501}, "title", "at most 500"),
        ({"problem": ["x"]}, "problem", "expected text"),
        ({"problem": True}, "problem", "expected text"),
        ({"tags": "a,b"}, "tags", "expected a list"),
        ({"tags": [str(number) for number in range(101)]}, "tags", "101 entries"),
        ({"tags": ["fine", {"no": 1}]}, "tags[1]", "expected text"),
        ({"opened_at": "yesterday"}, "opened_at", "'yesterday'"),
        ({"opened_at": "2026-02-30"}, "opened_at", "2026-02-30"),
        ({"opened_at": 20260101}, "opened_at", "expected YYYY-MM-DD"),
        ({"status": "done"}, "status", "historical"),
        ({"language": "Englich"}, "language", "did you mean English (en)?"),
        ({"source": {"url": "javascript:alert(1)"}}, "source.url", "http"),
        ({"outcome": {"csat": "great"}}, "outcome.csat", "'great'"),
        ({"outcome": {"csat": float("nan")}}, "outcome.csat", "nan"),
        ({"outcome": {"csat": True}}, "outcome.csat", "number"),
        ({"outcome": {"resolution_minutes": 1.5}}, "outcome.resolution_minutes", "whole"),
        ({"outcome": {"resolution_minutes": -1}}, "outcome.resolution_minutes", "from 0"),
        ({"outcome": {"first_contact_resolved": "maybe"}}, "outcome.first_contact_resolved", "true or false"),
    ],
)
def test_a_refusal_names_field_and_reason(change: dict[str, Any], field: str, reason: str) -> None:
    """Each malformed value is refused under its own field's name, with what is expected or what was found."""
    with pytest.raises(InvalidCase) as caught:
        case_from_dict(MINIMAL | change)
    assert caught.value.field == field
    assert reason in caught.value.reason


def test_something_else_than_an_object_is_refused() -> None:
    """A JSON line that holds a list is an invalid case, not a crash."""
    with pytest.raises(InvalidCase, match="expected an object"):
        case_from_dict([1])  # type: ignore[arg-type]


def test_a_refusal_never_repeats_a_long_text() -> None:
    """Of a long value only its beginning is shown: errors end up in logs."""
    secret = "begin " + "my card number " * 50
    with pytest.raises(InvalidCase) as caught:
        case_from_dict(MINIMAL | {"opened_at": secret})
    assert len(str(caught.value)) < 200
    assert secret[60:] not in str(caught.value)


@given(st.text(st.characters(), max_size=60))
def test_tidied_text_is_clean_and_stays_so(text: str) -> None:
    """Tidied text is NFC, encodable, without controls or invisible characters, and tidying it again changes nothing."""
    tidy = tidy_text(text)
    assert tidy_text(tidy) == tidy
    assert unicodedata.is_normalized("NFC", tidy)
    tidy.encode("utf-8")
    joiners = "\u200c\u200d"
    kept = {char for char in tidy if unicodedata.category(char) in ("Cc", "Cs") or char in "\u200b\u2028\u202e\ufeff"}
    assert kept <= {"\n", "\t"}
    assert all(tidy[place - 1] >= "\u0600" for place, char in enumerate(tidy) if char in joiners)
    assert tidy_line(tidy_line(text)) == tidy_line(text)
    assert "\n" not in tidy_line(text)


def test_hidden_characters_are_taken_out() -> None:
    """Zero-width, bidi, tag and NUL characters go; Persian joiners stay; form feeds are line breaks."""
    assert tidy_text("re\u200bfu\u00adnd\x00 \u202etxt\u202c\U000e0041\ufeff") == "refund txt"
    assert tidy_text("می\u200cخواهم") == "می\u200cخواهم"
    assert tidy_text("page one\x0cpage two\r\nend") == "page one\npage two\nend"
    assert tidy_text("e\u200b\u0301") == "é"


def test_content_hash_is_equal_exactly_for_equal_cases() -> None:
    """Any changed field changes the hash; spelling differences that tidying removes do not."""
    case = case_from_dict(FULL)
    assert content_hash(case) == content_hash(case_from_dict(FULL | {"title": " 传送带 过热\u200b"}))
    assert content_hash(case) == hashlib.sha256(encode_case(case)).hexdigest()
    assert content_hash(replace(case, outcome=Outcome("ok", 45, 5, True))) == content_hash(case)
    changed = [
        replace(case, steps=("b", "a", "a")),
        replace(case, status=Status.PUBLISHED),
        replace(case, outcome=replace(case.outcome, first_contact_resolved=False)),
        replace(case, outcome=replace(case.outcome, first_contact_resolved=None)),
        replace(case, outcome=replace(case.outcome, resolution_minutes=0)),
        replace(case, title="", problem=f"{case.title}\n{case.problem}"),
    ]
    assert len({content_hash(other) for other in [case, *changed]}) == len(changed) + 1


def test_empty_fields_are_not_in_the_canonical_json() -> None:
    """The stored bytes of a minimal case name only what it has, so a new field of Case changes no hash."""
    assert json.loads(encode_case(case_from_dict(MINIMAL))) == MINIMAL | {
        "source": {"system": "manual"},
        "outcome": {},
        "status": "published",
    }


def test_the_sample_library_is_valid() -> None:
    """Every case of the sample library is accepted, and its ids are all different."""
    rows = [
        json.loads(line) for file in sorted(SAMPLE.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]
    cases = [case_from_dict(row) for row in rows]
    assert len({case.id for case in cases}) == len(cases) > 0


def test_texts_hold_what_they_promise() -> None:
    """The embedded text is title, problem and codes; the matched text also has the solution; questions fit both."""
    case = Case(
        id="a", title="T", problem="P", solution="S", diagnosis="D", error_codes=("E1", "E2"), tags=("t",), product="X"
    )
    assert embedded_text(case) == "T\nP\nE1 E2"
    assert set("TPSDXt") <= set(matched_text(case))
    query = Query(problem="P", title="T", error_codes=("E1", "E2"), product="X")
    assert query_text(query) == embedded_text(case)
    assert query_words_text(query) == "T\nP\nE1 E2\nX"
