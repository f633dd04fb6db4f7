"""Late rewriting: only unsure questions are widened, by words that their best cases share."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.text.tokenise import tokens
from retriever.domain import Query, StoredCase
from retriever.search.candidates import Asked, Candidates, Question
from retriever.search.ranking import confidence
from retriever.search.rewriting import WORDS, Rewriting
from retriever.wiring.service import Service
from tests.support.builders import make_case
from tests.unit.search.test_candidates import service

__all__ = ["service"]

OWN = tokens("printer jams")
TEXTS = ("printer jams feeder rollers", "printer jams feeder sensor", "feeder tray empty")


def candidates(*odds: float) -> Candidates:
    """Keys 0, 1, … with these log-odds."""
    logit, own = np.array(odds), np.zeros(len(odds))
    return Candidates(np.arange(len(odds)), own, own, own, logit, confidence(logit), own > 1, own, own)


def question(asked: list[Sequence[str]], widened: Candidates, *, texts: Sequence[str] = TEXTS) -> Question:
    """A question about a printer; what it is widened by is noted in `asked`."""

    def load(keys: Sequence[int]) -> dict[int, StoredCase]:
        return {
            key: StoredCase(make_case(str(key), texts[key], solution="–"), key, 1, 1, "", "", "")
            for key in keys
            if key < len(texts)
        }

    def widen(words: Sequence[str]) -> Candidates:
        asked.append(words)
        return widened

    words = Asked("printer jams", np.zeros(4, np.float32), OWN, "en")
    return Question(Query("printer jams"), words, load, widen, lambda word: 1.0)


def test_a_sure_answer_is_left_alone() -> None:
    """At the limit or above it nothing is searched again."""
    asked: list[Sequence[str]] = []
    sure = candidates(0.0, -1.0)

    after, warning = Rewriting(0.5).apply(question(asked, candidates(9.0)), sure)

    assert (after, warning, asked) == (sure, "", [])


def test_an_unsure_one_is_widened_by_shared_words() -> None:
    """The question's own words twice, then words that several of its best cases have and it has not."""
    asked: list[Sequence[str]] = []
    wider = candidates(1.0)

    after, _ = Rewriting(0.5).apply(question(asked, wider), candidates(-0.1, -0.2, -0.3))

    assert after is wider
    (words,) = asked
    own, others = words[: 2 * len(OWN)], words[2 * len(OWN) :]
    assert list(own) == [*OWN, *OWN]
    assert set(others) == set(tokens("feeder"))


def test_only_a_few_words_are_taken() -> None:
    """However much the cases share."""
    asked: list[Sequence[str]] = []
    long = " ".join(f"word{number}" for number in range(40))

    Rewriting(0.5).apply(question(asked, candidates(1.0), texts=(long, long, long)), candidates(-1.0, -1.0, -1.0))

    assert len(asked[0]) == 2 * len(OWN) + WORDS


def test_cases_that_share_nothing_widen_nothing() -> None:
    """Then there is no second search."""
    asked: list[Sequence[str]] = []
    unsure = candidates(-1.0, -1.0)

    after, _ = Rewriting(0.5).apply(question(asked, candidates(1.0), texts=("alpha", "beta")), unsure)

    assert after is unsure
    assert asked == []


def test_no_candidates_no_rewriting() -> None:
    """A search that found nothing has no words to offer."""
    nothing = candidates()

    assert Rewriting(1.0).apply(question([], nothing), nothing) == (nothing, "")


def test_a_widened_search_keeps_what_was_found(service: Service) -> None:
    """Through the whole search: nothing that was found is lost, and the stage is named in `took_ms`."""
    query = Query("tunnel printer", min_confidence=0.0)
    plain = service.searcher.find_similar(query)

    wider = replace(service.searcher, stages=(Rewriting(1.0),)).find_similar(query)

    before, after = ({match.stored.case.id for match in result.matches} for result in (plain, wider))
    assert before <= after
    assert "rewrite" in wider.took_ms
