"""Stages reorder candidates without letting order and confidence disagree, and tell the reader what they did."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from retriever.domain import Query
from retriever.search.candidates import Candidates
from retriever.search.ranking import confidence
from retriever.search.stages import StageInput
from retriever.wiring.service import Service
from tests.support.search import make_candidates

JAMS = Query(problem="printer jams on thick paper", min_confidence=0.0)


candidates = partial(make_candidates, first=1)


def test_cases_change_places_and_places_keep_their_confidence() -> None:
    """The order names who comes where, with all that is known of it; how sure a place is does not change."""
    found = candidates(2.0, 1.0, 0.0).reordered(np.array([1, 2, 0]), "twist", np.array([0.1, 0.2, 0.3]))

    assert found.keys.tolist() == [2, 3, 1]
    assert found.cosine.tolist() == [2.0, 3.0, 1.0]
    assert found.logit.tolist() == [2.0, 1.0, 0.0]
    assert found.confidence.tolist() == confidence(np.array([2.0, 1.0, 0.0])).tolist()
    assert [found.seen_at(place) for place in range(3)] == [{"twist": 0.2}, {"twist": 0.3}, {"twist": 0.1}]


def test_what_was_not_looked_at_stays_behind() -> None:
    """Candidates after those of the order keep their places, and nothing is said of them."""
    found = candidates(2.0, 1.0, 0.0).reordered(np.array([1, 0]), "twist", np.array([0.0, 1.0]))

    assert found.keys.tolist() == [2, 1, 3]
    assert found.seen_at(2) == {}


def test_taking_moves_everything_that_is_known() -> None:
    """Every array goes along, those of the stages too."""
    found = candidates(2.0, 1.0, 0.0).reordered(np.arange(3), "twist", np.array([0.1, 0.2, 0.3]))

    some = found.take(np.array([2, 0]))

    arrays = [some.keys, some.cosine, some.words, some.score, some.context, some.sharp]
    assert [array.tolist() for array in arrays] == [[3, 1]] * len(arrays)
    assert (some.logit.tolist(), some.same.tolist()) == ([0.0, 2.0], [False, False])
    assert some.confidence.tolist() == confidence(np.array([0.0, 2.0])).tolist()
    assert some.stages["twist"].tolist() == [0.3, 0.1]


def test_lists_are_joined_with_what_stages_found() -> None:
    """The second list stands behind the first; a stage that never saw it found nothing of it."""
    seen = candidates(2.0, 1.0).reordered(np.arange(2), "twist", np.array([0.1, 0.2]))

    both = seen.concat(candidates(0.0))

    assert (both.keys.tolist(), both.logit.tolist()) == ([1, 2, 1], [2.0, 1.0, 0.0])
    assert [both.seen_at(place) for place in range(3)] == [{"twist": 0.1}, {"twist": 0.2}, {}]
    assert len(both) == 3


def test_only_compared_candidates_count() -> None:
    """Those that only a long list reaches are not looked at, so that a longer list begins with the shorter one."""
    assert candidates(1.0, 0.5, -np.inf, -np.inf).compared == 2


@dataclass(frozen=True, slots=True)
class Reversal:
    """A stage that turns the list around, and says so."""

    name: str = "reversal"
    identity: str = "reversal 1"

    def apply(self, question: StageInput, found: Candidates) -> tuple[Candidates, str]:
        """Last first."""
        back = np.arange(found.compared)[::-1]
        turned = len(question.load(found.keys.tolist()))
        return found.reordered(back, self.name, back.astype(np.float64)), f"turned {turned}"


def test_a_stage_reorders_the_answer(small_library: Service) -> None:
    """Matches come in the order of the stage, their confidence falling, its finding and its time beside the others."""
    plain = small_library.searcher.find_similar(JAMS)
    staged = replace(small_library.searcher, stages=(Reversal(),)).find_similar(JAMS)

    before, after = ([match.stored.case.id for match in result.matches] for result in (plain, staged))
    sure = [match.confidence for match in staged.matches]
    assert after == before[::-1]
    assert sure == sorted(sure, reverse=True)
    assert staged.warnings == ("turned 3",)
    assert list(staged.took_ms)[5:7] == ["rank", "reversal"]
    assert staged.matches[0].score.stages.keys() == {"reversal"}


def test_without_stages_nothing_is_said_of_them(small_library: Service) -> None:
    """The plain answer has no warnings and no parts of stages."""
    plain = small_library.searcher.find_similar(JAMS)

    assert plain.warnings == ()
    assert all(match.score.stages == {} for match in plain.matches)


def test_greetings_are_not_staged(small_library: Service) -> None:
    """A question that asks nothing costs no stage any time."""
    result = replace(small_library.searcher, stages=(Reversal(),)).find_similar(
        replace(JAMS, problem="hello, good morning")
    )

    assert result.abstained
    assert "reversal" not in result.took_ms
