"""Late rewriting: only unsure questions are widened, by words that their best cases share."""

from collections.abc import Sequence
from dataclasses import replace

from index.text.tokenise import tokens
from retriever.domain import Query
from retriever.search.candidates import Candidates
from retriever.search.rewriting import WORDS, Rewriting
from retriever.search.stages import StageInput
from retriever.wiring.service import Service
from tests.support.builders import make_case
from tests.support.search import make_candidates, make_stage_input

OWN = tokens("printer jams")
TEXTS = ("printer jams feeder rollers", "printer jams feeder sensor", "feeder tray empty")


def question(asked: list[Sequence[str]], widened: Candidates, *, texts: Sequence[str] = TEXTS) -> StageInput:
    """A question about a printer; what it is widened by is noted in `asked`."""

    def widen(words: Sequence[str]) -> Candidates:
        asked.append(words)
        return widened

    cases = {key: make_case(str(key), text, solution="–") for key, text in enumerate(texts)}
    return make_stage_input(cases, widen=widen)


def test_a_sure_answer_is_left_alone() -> None:
    """At the limit or above it nothing is searched again."""
    asked: list[Sequence[str]] = []
    sure = make_candidates(0.0, -1.0)

    after, warning = Rewriting(0.5).apply(question(asked, make_candidates(9.0)), sure)

    assert (after, warning, asked) == (sure, "", [])


def test_an_unsure_one_is_widened_by_shared_words() -> None:
    """The question's own words twice, then words that several of its best cases have and it has not."""
    asked: list[Sequence[str]] = []
    wider = make_candidates(1.0)

    after, _ = Rewriting(0.5).apply(question(asked, wider), make_candidates(-0.1, -0.2, -0.3))

    assert after is wider
    (words,) = asked
    own, others = words[: 2 * len(OWN)], words[2 * len(OWN) :]
    assert list(own) == [*OWN, *OWN]
    assert set(tokens("feeder")) <= set(others)


def test_only_a_few_words_are_taken() -> None:
    """However much the cases share."""
    asked: list[Sequence[str]] = []
    long = " ".join(f"word{number}" for number in range(40))

    Rewriting(0.5).apply(
        question(asked, make_candidates(1.0), texts=(long, long, long)), make_candidates(-1.0, -1.0, -1.0)
    )

    assert len(asked[0]) == 2 * len(OWN) + WORDS


def test_cases_that_share_nothing_widen_nothing() -> None:
    """Then there is no second search."""
    asked: list[Sequence[str]] = []
    unsure = make_candidates(-1.0, -1.0)

    after, _ = Rewriting(0.5).apply(question(asked, make_candidates(1.0), texts=("alpha", "beta")), unsure)

    assert after is unsure
    assert asked == []


def test_no_candidates_no_rewriting() -> None:
    """A search that found nothing has no words to offer."""
    nothing = make_candidates()

    assert Rewriting(1.0).apply(question([], nothing), nothing) == (nothing, "")


def test_a_widened_search_keeps_what_was_found(small_library: Service) -> None:
    """Through the whole search: nothing that was found is lost, and the stage is named in `took_ms`."""
    query = Query("tunnel printer", min_confidence=0.0)
    plain = small_library.searcher.find_similar(query)

    wider = replace(small_library.searcher, stages=(Rewriting(1.0),)).find_similar(query)

    before, after = ({match.stored.case.id for match in result.matches} for result in (plain, wider))
    assert before <= after
    assert "rewrite" in wider.took_ms
