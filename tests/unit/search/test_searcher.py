"""A question's way through filters, both searches, threshold and loading, over a small real library."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import Filters, Query
from retriever.errors import CaseNotFound, InvalidQuery
from retriever.store import EventKind
from retriever.wiring.service import Service
from tests.support.builders import make_case
from tests.support.services import service_over

CASES = [
    make_case("jam", "printer jams on thick paper with code E-05", product="P1", category="print/jam", tags=["paper"]),
    make_case("jam2", "printer jams after cleaning the rollers", product="P2", category="print/jam", tags=["clean"]),
    make_case("ink", "printer colours are pale", category="print/ink", resolved_at="2025-05-01", tags=["paper", "ink"]),
    make_case("old", "printer jams on every paper", status="historical", superseded_by="jam"),
    make_case("secret", "printer jams in the lab", audience=["lab"]),
    make_case("draft", "printer jams drafted", status="draft"),
    make_case("zh", "打印机卡纸 E-05", language="zh-Hans"),
    make_case("bare", "E-05 paper", language="und", source="Desk", tags=["paper"]),
]
JAMS = Query(problem="printer jams paper", min_confidence=0.0)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service over eight cases."""
    with service_over(tmp_path, CASES) as service:
        yield service


def found(service: Service, query: Query) -> list[str]:
    """Ids of the matches, best first."""
    return [match.stored.case.id for match in service.find_similar(query).matches]


def test_the_nearest_case_comes_first(service: Service) -> None:
    """A case in the question's own words is ranked first, with rank 1 and the highest confidence."""
    result = service.find_similar(Query(problem="printer jams thick paper", min_confidence=0.0))

    assert result.matches[0].stored.case.id == "jam"
    assert [match.rank for match in result.matches] == list(range(1, len(result.matches) + 1))
    confidences = [match.confidence for match in result.matches]
    assert confidences == sorted(confidences, reverse=True)


def test_only_published_cases_are_found(service: Service) -> None:
    """Drafts never, historical ones only when asked for, and then with a warning."""
    assert {"draft", "old"}.isdisjoint(found(service, JAMS))

    result = service.find_similar(replace(JAMS, include_historical=True))
    warned = {match.stored.case.id: match.warnings for match in result.matches}
    assert warned["old"] == ("superseded by jam",)
    assert "draft" not in warned


def test_audience_is_enforced(service: Service) -> None:
    """A case for a group is found by its members only."""
    assert "secret" not in found(service, JAMS)
    assert "secret" in found(service, replace(JAMS, audience=("lab",)))
    assert "secret" not in found(service, replace(JAMS, audience=("other",)))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(products=("P1",)), {"jam"}),
        (Filters(products=("P1", "P2")), {"jam", "jam2"}),
        (Filters(categories=("print",)), {"jam", "jam2", "ink"}),
        (Filters(categories=("print/ink",)), {"ink"}),
        (Filters(categories=("prin",)), set()),
        (Filters(languages=("zh-Hans",)), {"zh", "bare"}),
        (Filters(languages=("zh",)), {"zh", "bare"}),
        (Filters(languages=("zh-Hant", "Klingon")), {"bare"}),
        (Filters(products=("ｐ1 ",)), {"jam"}),
        (Filters(categories=("PRINT / Ink",)), {"ink"}),
        (Filters(tags_any=("CLÉAN",)), {"jam2"}),
        (Filters(tags_any=("clean", "ink")), {"jam2", "ink"}),
        (Filters(tags_all=("paper", "ink")), {"ink"}),
        (Filters(tags_none=("paper", "clean")), {"zh"}),
        (Filters(resolved_since="2025-01-01", resolved_until="2025-05-01"), {"ink"}),
        (Filters(resolved_until="2025-04-30"), set()),
        (Filters(exclude_ids=("jam", "no-such-case")), {"jam2", "ink", "zh", "bare"}),
        (Filters(sources=("nowhere",)), set()),
    ],
)
def test_filters_let_exactly_these_through(service: Service, filters: Filters, expected: set[str]) -> None:
    """Every allowed case is found when the limit admits it, and no other."""
    assert set(found(service, replace(JAMS, filters=filters, limit=50))) == expected


def test_a_longer_list_begins_with_the_shorter(service: Service) -> None:
    """Top-k is prefix-stable."""
    longest = found(service, replace(JAMS, limit=50))

    assert all(found(service, replace(JAMS, limit=k)) == longest[:k] for k in range(1, len(longest) + 1))


def test_codes_are_shared_across_languages(service: Service) -> None:
    """A code in the question finds the case in another language and is named in the explanation."""
    result = service.find_similar(Query(problem="error E05 on screen", min_confidence=0.0, explain=True))

    explained = {match.stored.case.id: match.explanation.codes for match in result.matches if match.explanation}
    assert explained["zh"] == ("E05",)


@pytest.mark.parametrize("text", ["?!", "…", "\u200b"])
def test_a_question_without_words_abstains(service: Service, text: str) -> None:
    """What holds nothing to search for is answered with a reason, not with a guess."""
    result = service.find_similar(Query(problem=text, min_confidence=0.0))

    assert result.abstained and "no words" in result.reason


def test_below_the_threshold_is_an_abstention(service: Service) -> None:
    """The threshold tests the number shown: just above the best confidence nothing is left, at it one is."""
    best = service.find_similar(replace(JAMS, limit=1)).matches[0].confidence

    assert len(found(service, replace(JAMS, min_confidence=best))) >= 1
    result = service.find_similar(replace(JAMS, min_confidence=best + 0.0001))
    assert result.abstained and f"{best:.4f}" in result.reason


def test_two_numbers_of_a_reason_differ(service: Service) -> None:
    """Nothing is 0.82 and below 0.82: so many digits are shown as tell both apart."""
    best = service.find_similar(replace(JAMS, limit=1)).matches[0].confidence

    for above in (1.0, 0.01, 0.001, 0.0001, 0.00001):
        reason = service.find_similar(replace(JAMS, min_confidence=min(best + above, 1.0))).reason
        reached, threshold = re.findall(r"[0-9.]+", reason)
        assert float(reached) < float(threshold)


def test_an_empty_library_is_called_empty(service: Service) -> None:
    """No filter is to blame where there is no case, or only such as may not be shown."""
    for id in ("jam", "jam2", "ink", "secret", "zh", "bare"):
        service.delete_case(id)
    assert service.find_similar(JAMS).reason == "the library has no published case that may be shown"

    service.delete_case("old")
    assert service.find_similar(JAMS).reason == "the library has no published case yet"
    filtered = replace(JAMS, filters=Filters(products=("P1",)))
    assert service.find_similar(filtered).reason == "the library has no published case yet"


def test_filters_that_nothing_passes_are_named(service: Service) -> None:
    """An empty selection is a reason of its own."""
    result = service.find_similar(replace(JAMS, filters=Filters(products=("none",))))

    assert result.reason == "no case passes the filters"


def test_a_date_that_is_none_is_refused(service: Service) -> None:
    """A malformed date is an error that names it."""
    with pytest.raises(InvalidQuery, match=r"resolved_since.*yesterday"):
        service.find_similar(replace(JAMS, filters=Filters(resolved_since="yesterday")))


def test_similar_to_a_case_leaves_it_out(service: Service) -> None:
    """A case is never similar to itself; an unknown one is not found."""
    result = service.find_similar_to("jam", replace(JAMS, problem=""))

    assert "jam" not in [match.stored.case.id for match in result.matches]
    assert result.matches
    with pytest.raises(CaseNotFound):
        service.find_similar_to("nobody", JAMS)


def test_put_and_delete_take_effect_at_once(service: Service) -> None:
    """An acknowledged write is found by the next search, an acknowledged delete never again."""
    stored, action = service.put_case(make_case("new", "scanner lid squeaks"))
    assert action == "created" and stored.version == 1
    assert found(service, Query(problem="scanner lid squeaks", limit=1, min_confidence=0.0)) == ["new"]

    service.delete_case("new")

    assert "new" not in found(service, Query(problem="scanner lid squeaks", limit=50, min_confidence=0.0))


def test_a_case_deleted_behind_the_view_is_not_returned(service: Service) -> None:
    """Between a delete in another process and the next poll the store has the last word."""
    service.store.cases.delete("jam")

    assert "jam" not in found(service, replace(JAMS, limit=50))


def test_a_live_case_stands_before_its_superseded_copy(service: Service) -> None:
    """Of two cases as good as each other the one that was not superseded comes first, with confidences as they are."""
    copies = [
        make_case("one", "the scanner hums", superseded_by="elsewhere"),
        make_case("two", "the scanner hums"),
    ]
    service.write_cases(copies)

    matches = service.find_similar(Query(problem="the scanner hums", min_confidence=0.0, limit=2)).matches

    assert [match.stored.case.id for match in matches] == ["two", "one"]
    assert matches[0].confidence == matches[1].confidence


def test_solved_problems_decide_between_equals(service: Service) -> None:
    """Of two cases as good as each other, the one that helped comes first; it does not pass a better one."""
    service.write_cases([make_case("one", "the scanner hums"), make_case("two", "the scanner hums")])
    for _ in range(50):
        service.store.events.log(EventKind.SOLVED, "two")
        service.store.events.log(EventKind.SOLVED, "ink")

    ids = found(service, Query(problem="the scanner hums", min_confidence=0.0, limit=3))

    assert ids[:2] == ["two", "one"]


def test_collapsed_answers_are_filled_with_other_cases(service: Service) -> None:
    """Copies count as one match that names them, so that the limit is reached by cases that say something else."""
    service.write_cases([make_case(f"copy{number}", "the scanner hums") for number in range(8)])
    asked = Query(problem="the scanner hums, printer jams", min_confidence=0.0, limit=3)

    apart, collapsed = (service.find_similar(replace(asked, collapse=collapse)).matches for collapse in (False, True))

    assert {match.stored.case.id[:4] for match in apart} == {"copy"}
    assert [match.more_like_this for match in apart] == [()] * 3
    assert collapsed[0].stored.case.id == "copy0"
    assert collapsed[0].more_like_this == tuple(f"copy{number}" for number in range(1, 8))
    assert len(collapsed) == 3
    assert [match.rank for match in collapsed] == [1, 2, 3]


def test_what_may_not_be_seen_is_not_counted(service: Service) -> None:
    """A copy for another group is not among the ids of the others."""
    service.write_cases([make_case("one", "the scanner hums"), make_case("two", "the scanner hums", audience=["lab"])])
    asked = Query(problem="the scanner hums", min_confidence=0.0, collapse=True)

    stranger, member = (service.find_similar(replace(asked, audience=groups)).matches[0] for groups in ((), ("lab",)))

    assert stranger.more_like_this == ()
    assert member.more_like_this == ("two",)
