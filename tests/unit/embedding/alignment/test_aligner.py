"""Questions and cases compared piece by piece, with the built-in model's table."""

import numpy as np
import pytest

from index.pieces import PieceArray
from index.types import FloatVector
from retriever.embedding.alignment.aligner import CASE_PIECES, Alignment, aligner


def even(ids: PieceArray) -> FloatVector:
    """Every piece is as rare as any other."""
    return np.ones(len(ids), np.float32)


def compared(question: str, *cases: str) -> Alignment:
    """How these cases fit the question."""
    return aligner().compare(aligner().ask(question, even), aligner().pieces(cases), even)


def test_a_case_fits_itself_best() -> None:
    """Equal texts align fully; a text about something else does not."""
    fit = compared("the printer jams on thick paper", "the printer jams on thick paper", "a refund of the invoice")

    assert fit.context[0] == pytest.approx(1.0, abs=0.06)
    assert fit.sharp[0] == pytest.approx(1.0, abs=0.01)
    assert fit.longer[0] == pytest.approx(0.0, abs=0.01)
    assert fit.context[1] < 0.6
    assert fit.sharp[1] < 0.2


@pytest.mark.parametrize("question", ["Drucker hat Papierstau", "打印机卡纸", "la impresora atasca el papel"])
def test_words_find_their_counterparts_in_another_language(question: str) -> None:
    """The right English case aligns better than a wrong one."""
    fit = compared(question, "printer paper jam", "the refund has not arrived")

    assert fit.context[0] > fit.context[1] + 0.15
    assert fit.reverse[0] > fit.reverse[1]


def test_rare_pieces_count_more() -> None:
    """With rarity on one word, the case that has it wins."""
    rare = set(aligner().pieces(["turbine"])[0].tolist())

    def rarity(ids: PieceArray) -> FloatVector:
        return np.array([9.0 if piece in rare else 0.1 for piece in ids.tolist()], np.float32)

    asked = aligner().ask("the turbine makes noise", rarity)
    fit = aligner().compare(asked, aligner().pieces(["turbine", "the machine makes noise at night"]), rarity)

    assert fit.context[0] > fit.context[1]


def test_empty_texts_align_with_nothing() -> None:
    """Neither an empty question nor an empty case is an error."""
    fit = compared("printer", "", "printer")

    assert fit.context[0] == 0
    assert fit.context[1] > 0.9
    assert compared("", "printer").context.tolist() == [0.0]
    assert compared("printer").context.tolist() == []


def test_a_case_does_not_depend_on_its_neighbours() -> None:
    """A case aligns the same alone and among others: contexts do not reach over its ends."""
    alone = compared("paper jam in the printer", "printer jam")
    among = compared("paper jam in the printer", "paper", "printer jam", "paper in the")

    assert among.context[1] == pytest.approx(alone.context[0], abs=1e-5)
    assert among.reverse[1] == pytest.approx(alone.reverse[0], abs=1e-5)


def test_long_cases_are_bounded() -> None:
    """Only the first pieces of a case are kept for the comparison."""
    assert [len(ids) for ids in aligner().pieces(["word " * 5_000])] == [CASE_PIECES]
