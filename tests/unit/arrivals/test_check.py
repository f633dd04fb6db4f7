"""Suggestions on arrival: what is missing, what may be the same, where it belongs."""

import json
from typing import Any

from benchmarks.measuring import RESULTS
from retriever.arrivals.check import (
    LINK_AT,
    MEASURED,
    TOLD_FROM,
    Belonging,
    Suggestion,
    check_case,
    find_duplicates,
    places_of_case,
)
from retriever.case.template import TEMPLATE, completeness_of
from retriever.domain import Match, ScoreParts, StoredCase
from tests.support.builders import make_case


def near(id: str, confidence: float = 0.9, cosine: float = 0.5, **fields: Any) -> Match:  # noqa: ANN401
    """A neighbour."""
    case = make_case(id, **fields)
    stored = StoredCase(case, 1, 1, 1, "", "", "")
    return Match(1, confidence, ScoreParts(cosine, 0.5, 0.0, True), stored)


FULL: dict[str, Any] = {
    "title": "Label printer stops",
    "problem": "The label printer stops after two labels since the update of Monday, and shows E-05.",
    "solution": "Clean the transport roller with isopropanol, then print the test page twice.",
    "steps": ["clean", "test"],
    "environment": "LX2, firmware 4",
    "diagnosis": "worn roller",
    "outcome": {"resolution_minutes": 20},
    "prevention": "clean monthly",
    "product": "LX2",
    "category": "hardware/printer",
    "tags": ["printer"],
    "resolved_at": "2026-03-02",
}


def test_the_points_of_the_template_are_a_hundred() -> None:
    """So that a score can be read as a share."""
    assert sum(part.points for part in TEMPLATE) == 100


def test_a_full_case_lacks_nothing() -> None:
    """And each part left out is named and costs its points."""
    assert completeness_of(make_case(**FULL)) == completeness_of(make_case("b", **FULL))
    assert completeness_of(make_case(**FULL)).score == 100
    for name, points in (("diagnosis", 12), ("product", 6), ("steps", 8)):
        told = completeness_of(make_case(**{**FULL, name: [] if name == "steps" else ""}))
        assert (told.score, [part.field for part in told.missing]) == (100 - points, [name])


def test_the_dearest_gap_is_named_first() -> None:
    """A reader mends that one first."""
    missing = completeness_of(make_case()).missing

    assert [part.points for part in missing] == sorted((part.points for part in missing), reverse=True)


def test_the_same_text_is_offered_to_merge_and_a_near_problem_to_link() -> None:
    """A far one is not offered at all, and one that only shares its solution neither."""
    case = make_case(problem="打印机卡纸，指示灯闪红", solution="取出卡住的纸张并清洁滚轮")
    same = near("same", problem="打印机卡纸，指示灯一直闪红", solution="取出卡住的纸张并清洁滚轮。")
    about = near("about", cosine=0.9, problem="打印机进纸口不动", solution="更换马达")
    solution_only = near("solution", problem="扫描仪没有反应", solution="取出卡住的纸张并清洁滚轮")

    found = find_duplicates(case, [about, near("far"), same, solution_only], LINK_AT)

    assert [(duplicate.id, duplicate.offer) for duplicate in found] == [("same", "merge"), ("about", "link")]


def test_nearer_cases_outvote_more_of_farther_ones() -> None:
    """The confidence is the share of the votes, and says who voted so."""
    near_ones = [near(id, 0.8, product="LX2", category="hardware/printer", tags=["jam"]) for id in "abc"]
    far_ones = [near(id, 0.3, product="till", category="software/till") for id in "defg"]

    places = places_of_case(make_case(), [*near_ones, *far_ones])

    assert places.product == Suggestion("LX2", 0.667, ("a", "b", "c"))
    assert places.category == Suggestion("hardware/printer", 0.667, ("a", "b", "c"))
    assert [tag.value for tag in places.tags] == ["jam"]


def test_a_category_stops_where_the_neighbours_disagree() -> None:
    """The common path above is suggested, not a guess below it."""
    parts = {"a": "jam", "b": "ink", "c": "net"}
    neighbours = [near(id, category=f"hardware/printer/{part}") for id, part in parts.items()]

    checked = check_case(make_case(), neighbours)

    assert checked.category == Suggestion(
        "hardware/printer", 1.0, ("a", "b", "c"), accuracy=MEASURED["category"][-1][1]
    )


def test_two_neighbours_are_no_agreement() -> None:
    """However near they are, nothing is suggested."""
    pair = [near(id, category="hardware", product="LX2", tags=["jam"]) for id in "ab"]

    assert places_of_case(make_case(), pair) == Belonging(None, None, ())


def test_only_neighbours_in_the_language_of_the_case_are_asked() -> None:
    """A German case gets no English tag; a case that names no language is in that of its text."""
    english = [near(id, category="Hardware") for id in "abc"]
    german = [near(id, category="Geräte", language="de") for id in "def"]

    for case in (make_case(language="de"), make_case(problem="Der Drucker druckt seit gestern nicht", language="")):
        told = check_case(case, [*english, *german]).category
        assert told is not None
        assert told.value == "Geräte"


def test_only_what_was_measured_to_be_right_is_suggested() -> None:
    """Agreement is not enough: product and tags of such a confidence were too seldom seen, or wrong."""
    same = [near(id, category="hardware", product="LX2", tags=["jam"]) for id in "abc"]
    unsure = [*same, *(near(id) for id in "def")]

    checked = check_case(make_case(), same)
    assert checked.category is not None
    assert checked.category.accuracy >= TOLD_FROM
    assert (checked.product, checked.tags, check_case(make_case(), unsure).category) == (None, (), None)


def test_the_accuracies_are_the_measured_ones() -> None:
    """Each stands in the committed result, for suggestions that were seen ten times at least."""
    results = json.loads((RESULTS / "suggestions.json").read_text("utf-8"))
    for field in ("product", "category", "tags"):
        bands = results[field]["from_confidence"].items()
        found = tuple((float(start), band["accuracy"]) for start, band in bands if band["suggestions"] >= 10)
        assert MEASURED.get(field, ()) == tuple(entry for entry in found if entry[1] >= TOLD_FROM)


def test_an_empty_library_suggests_nothing() -> None:
    """And the language is still told."""
    checked = check_case(make_case(problem="der Drucker ist nicht da", language="en"), [])

    assert (checked.product, checked.category, checked.tags, checked.duplicates) == (None, None, (), ())
    assert (checked.language, checked.declared_language) == ("de", "en")
