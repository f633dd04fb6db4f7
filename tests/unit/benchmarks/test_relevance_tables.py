"""The relevance benchmark on a small set, and the tables that are made of its result."""

import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality import relevance
from benchmarks.tables.relevance import ablation_rows, confidence_rows, matrix_rows, options_rows
from retriever.config import Settings
from retriever.evaluation.results import load_report
from tests.support.labelled_sets import WriteSet
from tests.support.tiny_models import build_tiny_static


def part(group: str, name: str, value: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """One slice as a report holds it."""
    return {"group": group, "name": name, "questions": 2, "means": {"ndcg@10": value}, "arms": {}, **more}


TRUST = {"out_of_scope": 0, "auroc": None, "abstained_at_5": None, "coverage": 1.0, "abstention_recall": None}
ONE = {
    **part("", "toy", 0.5),
    "arms": {"dense": {"ndcg@10": 0.25}},
    "slices": [
        part("kind", "same language", 0.75),
        part("kind", "cross language", 0.25),
        part("pair", "zh → en", 0.25),
        part("pair", "en → en", 0.75),
    ],
    "reliability": TRUST | {"ece": 0.1, "brier": 0.2},
}
REPORT = {"sets": [ONE], "options": {"rerank=true": {"toy": {"": 0.6, "same language": 0.8}}}}


def test_arms_and_options_stand_beside_the_fusion() -> None:
    """An arm that did not run, and a half that an option was not measured on, are no zeros."""
    head, rows = ablation_rows(REPORT)

    assert head == ["set", "questions", "words alone", "vectors alone", "fused", "rerank=true"]
    assert rows == [
        ["toy", "2", "–", "25.0", "50.0", "60.0"],
        ["– same language", "2", "–", "–", "75.0", "80.0"],
        ["– cross language", "2", "–", "–", "25.0", "–"],
    ]


def test_options_end_with_what_a_question_costs() -> None:
    """The middle of the sets' median times, without the options and with each."""
    latency = [{**ONE, "latency_ms": {"total": {"p50": spent}}} for spent in (1.0, 2.0, 9.0)]
    option = {str(number): {"": 0.5, "ms": spent} for number, spent in enumerate((3.0, 50.0, 4.0))}

    _, rows = options_rows({"sets": latency, "options": {"+ x": option}})

    assert rows[-1] == ["ms a question", "", "", "", "2.0", "4.0"]


def test_an_option_may_change_several_settings() -> None:
    """Its label is what stands before the colon; without one it is called what it says."""
    label, changed = relevance._option(Settings(), "+ model: rescore_top=9; rescore_languages=en")

    assert (label, changed.rescore_top, changed.rescore_languages) == ("+ model", 9, "en")
    assert relevance._option(Settings(), "threads=1")[0] == "threads=1"


def test_confidence_without_out_of_scope_questions_has_no_auroc() -> None:
    """Points for shares, figures as they are for errors."""
    assert confidence_rows(REPORT)[1] == [["toy", "0", "–", "–", "100.0", "–", "0.100", "0.200"]]


def test_the_matrix_has_a_row_for_each_language_that_asks() -> None:
    """Cells say how many questions they stand for."""
    assert matrix_rows(REPORT, "toy") == (["asked in", "en"], [["en", "75.0 (2)"], ["zh", "25.0 (2)"]])


def test_every_set_of_a_folder_is_measured_through_the_whole_search(
    write_set: WriteSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set in the BEIR layout needs nothing else; its result holds no text of questions or cases."""
    folder = write_set(queries=[{"_id": "q1", "text": "printer jams"}])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIMILAR_CASES_MODEL", str(build_tiny_static(tmp_path / "tiny")))
    out = tmp_path / "relevance.json"
    arguments = ["relevance", "--data", str(folder.parent), "--only", "toy", "--with", "threads=1", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)

    relevance.main()

    (found,) = load_report(out)["sets"]
    assert (found["name"], found["means"]["recall@1"], set(found["arms"])) == ("toy", 1.0, {"words", "dense"})
    assert load_report(out)["options"]["threads=1"]["toy"][""] == found["means"]["ndcg@10"]
    assert "printer" not in out.read_text(encoding="utf-8")
