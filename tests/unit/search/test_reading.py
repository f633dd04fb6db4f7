"""Stages in which a model reads the best candidates again: who may move, who stays, and what happens without time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from retriever.domain import FloatMatrix
from retriever.search.candidates import Candidates
from retriever.search.reading import ReadingStage, Reranker, Rescorer
from retriever.search.scores import FloatArray
from tests.support.builders import WordEncoder, make_case
from tests.support.search import make_candidates, make_stage_input

LONG = 60_000.0


def found(count: int, *, compared: int | None = None) -> Candidates:
    """Keys 0, 1, …, each a tenth of log-odds behind the one before."""
    last = count if compared is None else compared
    return make_candidates(*(-0.1 * place if place < last else -np.inf for place in range(count)))


@dataclass(slots=True)
class Liking:
    """A reader that likes what comes late, or has no time at all."""

    late: bool = False
    identity: str = "liking"
    read_texts: list[str] = field(default_factory=list)

    def read(self, question: str, cases: Sequence[str], *, until: float) -> FloatArray | None:
        """1, 2, 3 …"""
        self.read_texts += cases
        return None if self.late else np.arange(1.0, 1.0 + len(cases))


CASES = {key: make_case(f"c{key}", f"problem number {key}") for key in range(6)}


def stage(reader: Liking, **more: object) -> ReadingStage:
    """A stage with room for all."""
    return ReadingStage("again", reader, **{"weight": 1.0, "top": 50, "budget_ms": LONG, **more})  # type: ignore[arg-type]


def test_the_reader_decides() -> None:
    """What the reader likes comes first; the confidence of each place stays."""
    after, warning = stage(Liking()).apply(make_stage_input(CASES), found(6))

    assert after.keys.tolist() == [5, 4, 3, 2, 1, 0]
    assert after.confidence.tolist() == found(6).confidence.tolist()
    assert after.seen_at(0) == {"again": 6.0}
    assert warning == ""


def test_the_weight_decides_how_much() -> None:
    """Less than the candidates are apart changes nothing."""
    after, _ = stage(Liking(), weight=0.05).apply(make_stage_input(CASES), found(6))

    assert after.keys.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("weight", [0.05, 0.5])
def test_a_calibration_does_not_change_the_order(weight: float) -> None:
    """Log-odds that a library's calibration scaled are put back before the reader's opinion is added."""
    scaled = found(6)
    scaled.logit[:] *= 0.1

    after, _ = stage(Liking(), weight=weight).apply(make_stage_input(CASES, scale=0.1), scaled)

    assert (
        after.keys.tolist() == stage(Liking(), weight=weight).apply(make_stage_input(CASES), found(6))[0].keys.tolist()
    )


def test_other_languages_keep_their_places() -> None:
    """Cases that the model cannot read are neither read nor moved."""
    reader = Liking()
    cases = {
        **CASES,
        1: make_case("zh", "打印机卡纸", language="zh-Hans"),
        4: make_case("fr", "bourrage", language="fr"),
    }

    after, _ = stage(reader, languages=frozenset({"en"})).apply(make_stage_input(cases), found(6))

    assert after.keys.tolist() == [5, 1, 3, 2, 4, 0]
    assert len(reader.read_texts) == 4
    assert after.seen_at(1) == {}


def test_questions_in_other_languages_are_not_read() -> None:
    """A question that the model cannot read changes nothing and costs nothing."""
    reader = Liking()

    after, warning = stage(reader, languages=frozenset({"de"})).apply(make_stage_input(CASES), found(6))

    assert (after.keys.tolist(), warning, reader.read_texts) == ([0, 1, 2, 3, 4, 5], "", [])


def test_only_the_top_is_read() -> None:
    """Candidates behind the top, and those that were not compared closely, stay where they are."""
    assert stage(Liking(), top=3).apply(make_stage_input(CASES), found(6))[0].keys.tolist() == [2, 1, 0, 3, 4, 5]
    assert stage(Liking()).apply(make_stage_input(CASES), found(6, compared=2))[0].keys.tolist() == [1, 0, 2, 3, 4, 5]


def test_cases_that_are_gone_stay_unread() -> None:
    """A case that was removed meanwhile is no reason to fail; the answer leaves it out later."""
    some = {key: case for key, case in CASES.items() if key != 0}

    after, _ = stage(Liking()).apply(make_stage_input(some), found(6))

    assert after.keys.tolist() == [0, 5, 4, 3, 2, 1]


def test_without_time_the_stage_is_left_out() -> None:
    """The order stays and the reader of the answer is told, with the setting."""
    after, warning = stage(Liking(late=True), budget_ms=250.0).apply(make_stage_input(CASES), found(6))

    assert after.keys.tolist() == [0, 1, 2, 3, 4, 5]
    assert warning == "again was left out: it took longer than 250 ms (setting stage_budget_ms)"


class CountingEncoder(WordEncoder):
    """Counts the texts of cases that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    def encode_cases(self, texts: Sequence[str]) -> FloatMatrix:
        """The same vectors, counted."""
        self.encoded += len(texts)
        return super().encode_cases(texts)


def soon() -> float:
    """A time far enough away."""
    return time.perf_counter() + 60


def test_rescoring_prefers_what_the_encoder_prefers() -> None:
    """Cosines in standard deviations around their mean, the nearest text highest."""
    opinion = Rescorer(WordEncoder()).read("printer jams", ["vpn drops", "printer jams", "printer pale"], until=soon())

    assert opinion is not None
    assert np.argsort(opinion).tolist() == [0, 2, 1]
    assert opinion.mean() == pytest.approx(0, abs=1e-6)
    assert opinion.std() == pytest.approx(1, abs=1e-3)


def test_vectors_of_cases_are_remembered() -> None:
    """A text is encoded once, also when it stands twice in a list; the least used one is forgotten."""
    encoder = CountingEncoder()
    rescorer = Rescorer(encoder, remembered=2)

    rescorer.read("q", ["a one", "b two", "a one"], until=soon())
    rescorer.read("q", ["b two", "a one"], until=soon())
    assert encoder.encoded == 2

    rescorer.read("q", ["c three"], until=soon())
    rescorer.read("q", ["a one"], until=soon())
    assert encoder.encoded == 3
    rescorer.read("q", ["b two"], until=soon())
    assert encoder.encoded == 4


def test_rescoring_stops_in_time() -> None:
    """Past the time nothing is encoded and there is no opinion."""
    encoder = CountingEncoder()

    assert Rescorer(encoder).read("q", ["a"], until=time.perf_counter() - 1) is None
    assert encoder.encoded == 0


@dataclass(frozen=True, slots=True)
class Lengths:
    """A cross-encoder that likes long texts; `pause` is called before each batch."""

    fingerprint: str = "lengths"
    pause: Callable[[], None] = lambda: None

    def score_pairs(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Log-odds by length."""
        self.pause()
        return np.array([float(len(text)) for text in texts])


def test_reranking_gives_probabilities() -> None:
    """Log-odds become probabilities, so that two texts that both surely fit count the same."""
    opinion = Reranker(Lengths()).read("q", ["", "x" * 3, "x" * 700, "x" * 900], until=soon())

    assert opinion is not None
    assert opinion[:2] == pytest.approx([0.5, 0.9526], abs=1e-4)
    assert opinion[2] == opinion[3] == pytest.approx(1.0)


def test_reranking_stops_between_batches() -> None:
    """A model that is slow is asked no further than the time allows."""
    calls: list[float] = []

    def pause() -> None:
        calls.append(time.perf_counter())
        time.sleep(0.05)

    opinion = Reranker(Lengths(pause=pause)).read("q", ["x"] * 64, until=time.perf_counter() + 0.07)

    assert opinion is None
    assert len(calls) < 8
