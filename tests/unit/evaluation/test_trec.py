"""TREC files: read as trec_eval reads them, and refused with the line where trec_eval would guess."""

from pathlib import Path

import pytest

from retriever.errors import InvalidInput
from retriever.evaluation.metrics import as_run, measure
from retriever.evaluation.trec import load_qrels, load_run, unjudged, write_run

RUN = "q1 Q0 d2 1 0.5 me\nq1 Q0 d1 2 0.9 me\n"


def written(folder: Path, text: str) -> Path:
    """A file with this text."""
    file = folder / "file.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_run_is_ordered_by_score(tmp_path: Path) -> None:
    """The rank column is not looked at."""
    assert load_run(written(tmp_path, RUN)) == {"q1": {"d2": 0.5, "d1": 0.9}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RUN + "q1 Q0 d1 3 0.1 me\n", ":3: 'q1' finds 'd1' twice"),
        ("q1 Q0 d1 1 nan me\n", ":1: the score must be a finite number"),
        ("q1 Q0 d1 1 me\n", ":1: expected 6 columns, got 5"),
        ("\n", "found nothing"),
    ],
)
def test_a_run_that_cannot_be_trusted_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Documents found twice, scores that are no numbers, missing columns and empty runs."""
    with pytest.raises(InvalidInput) as refused:
        load_run(written(tmp_path, text))

    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 0 d1 1\nq1 0 d1 0\n", ":2: 'q1' and 'd1' are judged twice"),
        ("q1 0 d1 yes\n", ":1: the grade must be a whole number"),
        ("q1 0 d1 0\n", "of no document that it is relevant"),
    ],
)
def test_judgements_that_cannot_be_trusted_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """Pairs judged twice, grades that are no numbers, and files in which nothing is relevant."""
    with pytest.raises(InvalidInput) as refused:
        load_qrels(written(tmp_path, text))

    assert message in str(refused.value)


def test_self_matches_are_left_out_of_both_files(tmp_path: Path) -> None:
    """A document with the question's own id neither answers it nor is found by it."""
    qrels = load_qrels(written(tmp_path, "q1 0 q1 1\nq1 0 d1 1\n"))
    run = load_run(written(tmp_path, "q1 Q0 q1 1 9 me\nq1 Q0 d1 2 1 me\n"))

    assert (qrels, run) == ({"q1": {"d1": 1}}, {"q1": {"d1": 1.0}})


def test_a_written_run_is_read_back_in_its_order(tmp_path: Path) -> None:
    """What comes back measures the same."""
    ranked = {"q1": ["d3", "d1"], "q2": ["d2"]}
    write_run(tmp_path / "run", ranked, tag="t")

    again = load_run(tmp_path / "run")

    qrels = {"q1": {"d1": 1}, "q2": {"d9": 1}}
    assert measure(qrels, again) == measure(qrels, as_run(ranked))
    assert unjudged({"q1": {"d1": 1}}, again) == ["q2"]


def test_an_id_with_white_space_cannot_be_written(tmp_path: Path) -> None:
    """It would be read as two columns."""
    with pytest.raises(InvalidInput, match="white space"):
        write_run(tmp_path / "run", {"q 1": ["d"]}, tag="t")


def test_a_mark_at_the_beginning_is_no_part_of_the_first_id(tmp_path: Path) -> None:
    """Spreadsheet programs and editors write one into judgements and runs."""
    assert load_qrels(written(tmp_path, "\ufeffq1 0 d1 1\n")) == {"q1": {"d1": 1}}
    assert load_run(written(tmp_path, "\ufeffq1 Q0 d1 1 2.5 tag\n")) == {"q1": {"d1": 2.5}}
