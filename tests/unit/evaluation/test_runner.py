"""A labelled set asked through a real search: what is counted, what is left out, what is refused."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from retriever.config import Settings
from retriever.domain import Query, SearchResult
from retriever.errors import InvalidInput
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet
from retriever.evaluation.runner import (
    DEPTH,
    bare_set,
    evaluate_encoder,
    evaluate_ranking,
    evaluate_search,
    rank_by_cosine,
)
from retriever.evaluation.subsets import split_by_time
from retriever.operations.trial import open_trial
from retriever.wiring.service import Service
from tests.support.builders import WordEncoder
from tests.support.tiny_models import build_tiny_static

TEXTS = {
    "jam/1": "printer jams on thick paper",
    "ink 2": "ink is pale",
    "zh": "打印机卡纸",
    "new": "printer jams on thick paper again",
}
DATES = {"jam/1": "2026-01-01", "ink 2": "2026-01-01", "zh": "2026-01-01", "new": "2026-06-01"}
LABELLED = LabelledSet(
    "toy",
    tuple(Document(id, "", text, "zh-Hans" if id == "zh" else "en", {"date": DATES[id]}) for id, text in TEXTS.items()),
    (
        LabelledQuestion("q1", "printer jams on thick paper", "en", {"date": "2026-03-01"}),
        LabelledQuestion("ink 2", "ink is pale", "en", {"date": "2026-03-01"}, exclude=("ink 2",)),
        LabelledQuestion("q3", "xyzzy", "en", {"date": "2026-03-01"}),
    ),
    {"q1": {"jam/1": 2, "new": 1}, "ink 2": {"zh": 1}, "q3": {"zh": 1}},
    (LabelledQuestion("o1", "who won the match", "en", {"date": "2026-03-01"}),),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A throwaway library of the four documents."""
    model = build_tiny_static(tmp_path_factory.mktemp("models") / "tiny")
    with open_trial(Settings(model=str(model)), documents_as_cases(LABELLED)[1]) as opened:
        yield opened


def test_every_question_is_counted(service: Service) -> None:
    """Three judged questions, one out of scope, all four in the reliability and in the latency of every stage."""
    labelled, _ = documents_as_cases(LABELLED)

    found = evaluate_search(labelled, service.find_similar)

    assert found.questions == len(found.scores.by_question) == 3
    assert found.scores.by_question["q1"]["recall@10"] == 1.0
    assert found.reliability is not None
    assert (found.reliability.questions, found.reliability.out_of_scope) == (4, 1)
    assert {"encode", "search", "total"} <= set(found.latency_ms)
    assert set(found.arms) <= {"words", "dense"}


def test_rankings_are_shown_with_the_ids_of_the_set(service: Service) -> None:
    """Documents are numbered for the library, since their ids may hold signs that ids of cases cannot."""
    labelled, cases = documents_as_cases(LABELLED)

    found = evaluate_search(labelled, service.find_similar)

    assert [case.id for case in cases] == ["d0", "d1", "d2", "d3"]
    assert set(found.top["q1"]) <= set(TEXTS)


def test_a_question_does_not_find_itself(service: Service) -> None:
    """The document that asks is neither in its ranking nor counted as found."""
    labelled, _ = documents_as_cases(LABELLED)

    found = evaluate_search(labelled, service.find_similar)

    assert "ink 2" not in found.top["ink 2"]


def test_a_question_sees_nothing_newer_than_itself(service: Service) -> None:
    """With the split by time, the case of June is not found by a question of March."""
    labelled, _ = documents_as_cases(LABELLED)

    found = evaluate_search(split_by_time(labelled), service.find_similar)

    assert all("new" not in top for top in found.top.values())
    assert found.scores.by_question["q1"]["recall@10"] == 1.0


def test_a_search_that_answers_nothing_is_an_error(service: Service) -> None:
    """A searcher without matches did not run; it is no row of zeros."""

    def find_nothing(query: Query) -> SearchResult:
        return replace(service.find_similar(query), matches=())

    with pytest.raises(InvalidInput, match="no result"):
        evaluate_search(documents_as_cases(LABELLED)[0], find_nothing)


def test_a_case_found_twice_is_an_error(service: Service) -> None:
    """It would count twice."""

    def find_twice(query: Query) -> SearchResult:
        found = service.find_similar(query)
        return replace(found, matches=found.matches * 2)

    with pytest.raises(InvalidInput, match="twice"):
        evaluate_search(documents_as_cases(LABELLED)[0], find_twice)


def test_the_model_alone_does_not_find_the_question_either() -> None:
    """Exact search with one encoder leaves out what the question excludes."""
    found = evaluate_encoder(LABELLED, WordEncoder())

    assert found.top["q1"][0] in {"jam/1", "new"}
    assert "ink 2" not in found.top["ink 2"]


def test_the_model_alone_cannot_be_split_by_time() -> None:
    """It would see newer documents without anybody noticing."""
    with pytest.raises(InvalidInput, match="only the whole search"):
        evaluate_encoder(split_by_time(LABELLED), WordEncoder())


def test_a_ranking_made_elsewhere_is_measured_against_all_judgements() -> None:
    """Self-matches are taken out before the places are counted; missing questions count 0."""
    found = evaluate_ranking(bare_set("toy", {"a": {"x": 1}, "b": {"x": 1}}), {"a": {"a": 2.0, "x": 1.0}})

    assert found.scores.by_question["a"]["mrr@10"] == 1.0
    assert found.scores.means["mrr@10"] == 0.5


def test_documents_are_ranked_by_cosine_with_ties_in_their_order() -> None:
    """The order is that of a full stable sort, cut to the depth of the measures."""
    rng = np.random.default_rng(4)
    labelled = LabelledSet(
        "toy",
        tuple(Document(f"d{n}", "", "") for n in range(2 * DEPTH)),
        tuple(LabelledQuestion(f"q{n}", "", exclude=("d7",)) for n in range(300)),
        {},
    )
    questions = np.ones((300, 1), np.float32)
    documents = rng.integers(0, 5, (2 * DEPTH, 1)).astype(np.float32)

    ranked = rank_by_cosine(labelled, questions, documents)

    wanted = [f"d{n}" for n in np.argsort(-documents[:, 0], kind="stable") if n != 7][:DEPTH]
    assert ranked == {f"q{n}": wanted for n in range(300)}
