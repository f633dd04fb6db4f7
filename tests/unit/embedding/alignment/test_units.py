"""Words and pieces with their offsets and vectors, and what is remembered of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.embedding.alignment import units
from retriever.embedding.alignment.aligner import aligner
from retriever.embedding.alignment.units import UnitCutter, unit_cutter
from retriever.embedding.static import StaticEncoder


def words(text: str) -> list[str]:
    """The telling units of a text, as they stand there."""
    runs, _ = unit_cutter().cut([text])
    return [text[at + unit.start : at + unit.end] for at, run in runs[0] for unit in run.units]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the printer's paper-tray", ["printer", "paper", "tray"]),
        ("Seit gestern Papierstau!", ["Seit", "gestern", "Papierstau"]),
        ("退款什么时候到账，", ["退款", "什么时候", "账"]),
        ("เครื่องพิมพ์กระดาษติด", ["เครื่องพิมพ์", "กระดาษ", "ติด"]),
        ("   ", []),
        ("", []),
    ],
)
def test_texts_are_cut_into_words_or_pieces(text: str, expected: list[str]) -> None:
    """Words stay whole where a script has spaces, with no punctuation; articles say too little to be kept."""
    assert words(text) == expected


def test_vectors_have_unit_length() -> None:
    """Every unit has a vector of length one, the same wherever it stands."""
    runs, memory = unit_cutter().cut(["printer refund printer", "refund"])
    vectors = memory.vectors([unit for found in runs for _, run in found for unit in run.units])

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-5)
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[1] == vectors[3]).all()


def test_a_full_memory_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """More words than are remembered give the same units, and a memory held from before keeps its vectors."""
    cutter = UnitCutter(aligner().encoder)
    runs, memory = cutter.cut(["printer"])
    before = memory.vectors(runs[0][0][1].units).copy()
    monkeypatch.setattr(units, "REMEMBERED", 0)

    again, newer = cutter.cut(["refund printer"])

    assert newer is not memory
    assert (memory.vectors(runs[0][0][1].units) == before).all()
    assert (newer.vectors(again[0][1][1].units) == before).all()


def test_a_growing_table_keeps_its_vectors() -> None:
    """Units beyond the table's first size are added behind those that are there."""
    cutter = UnitCutter(aligner().encoder)
    runs, memory = cutter.cut(["printer"])
    before = memory.vectors(runs[0][0][1].units).copy()

    cutter.cut([" ".join(f"printer{number}refund{number}" for number in range(1_500))])

    assert len(memory.numbers) > 1024
    assert (memory.vectors(runs[0][0][1].units) == before).all()


_PLAIN = "aZ9-_.打印机卡紙プーの환불，！？Ａ９"
_RUNS = st.text("ßéﬁ①\u0301\U0001f600ั์ก" + _PLAIN, min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(_RUNS)
def test_tokens_are_located_where_the_tokenizer_says(run: str) -> None:
    """Where offsets are counted and not asked for, they are the same."""
    encoder = aligner().encoder

    assert encoder.locate_tokens([run]) == [encoder._by_offsets(run)]


@pytest.mark.parametrize("run", ["printer,", "打印机卡纸，请", "プリンター", "환불이", "ORA-00942"])
def test_common_texts_are_located_by_counting(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Latin, Chinese, Japanese and Korean runs do not need the slow way."""
    encoder = aligner().encoder
    expected = encoder._by_offsets(run)
    monkeypatch.setattr(StaticEncoder, "_by_offsets", lambda *_: [])

    assert encoder.locate_tokens([run]) == [expected]
