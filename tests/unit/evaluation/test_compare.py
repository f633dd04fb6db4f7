"""Two runs side by side, and the gate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from retriever.errors import InvalidInput
from retriever.evaluation.compare import broken_gate_rules, compare, parse_gate_rule
from retriever.evaluation.metrics import as_run
from retriever.evaluation.results import build_report, load_report, save_report, without_details
from retriever.evaluation.runner import bare_set, evaluate_ranking

QRELS = {f"q{n}": {"good": 1} for n in range(8)}
FIRST = ["good", "x", "y"]
SECOND = ["x", "good", "y"]


def report_of(places: Mapping[str, list[str]]) -> dict[str, Any]:
    """A report of one set in which each question found these documents."""
    return build_report("m", "f", "run", [evaluate_ranking(bare_set("toy", QRELS), as_run(places))])


BEFORE = report_of(dict.fromkeys(QRELS, FIRST))
AFTER = report_of({**dict.fromkeys(QRELS, FIRST), "q1": SECOND, "q2": SECOND})


def test_wins_ties_and_losses_are_counted_by_question() -> None:
    """Two of eight questions got worse at MRR; recall@10 did not change."""
    found = {one.measure: one for one in compare(BEFORE, AFTER).differences}

    assert (found["mrr@10"].wins, found["mrr@10"].ties, found["mrr@10"].losses) == (0, 6, 2)
    assert found["mrr@10"].after - found["mrr@10"].before == pytest.approx(-2 * 0.5 / 8)
    assert (found["recall@10"].ties, found["recall@10"].p) == (8, 1.0)


def test_p_values_are_corrected_for_all_measures() -> None:
    """Two questions alone are p = 0.5 uncorrected; of six measures at most 1 comes out."""
    found = {one.measure: one for one in compare(BEFORE, AFTER).differences}

    assert found["mrr@10"].p == 1.0


def test_the_questions_that_changed_most_come_with_both_rankings() -> None:
    """Those that changed, worst first, before beside after."""
    changed = compare(BEFORE, AFTER).changed

    assert [one.question for one in changed] == ["q1", "q2"]
    assert (changed[0].top_before, changed[0].top_after) == (FIRST, SECOND)


def test_a_baseline_without_questions_gives_means_alone() -> None:
    """No p, no counts; the difference is there."""
    found = compare(without_details(BEFORE), AFTER)

    assert {(one.p, one.wins) for one in found.differences} == {(None, None)}
    assert found.changed == ()


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("mrr@10 < -0.5", True),
        ("mrr@10 < -20", False),
        ("recall@10 < 0", False),
        ("recall@10 <= 0", True),
        ("mrr@10>-100", True),
    ],
)
def test_the_gate_closes_when_a_rule_holds(rule: str, broken: bool) -> None:
    """Rules speak of the difference in points."""
    lines = broken_gate_rules([parse_gate_rule(rule)], BEFORE, AFTER)

    assert [rule in line for line in lines] == [True] * broken


def test_a_rule_may_name_a_slice_or_a_figure_of_confidence() -> None:
    """`cross language: …` looks at that slice, `ece` at the reliability."""
    worse = {**AFTER["sets"][0], "reliability": {"ece": 0.3}}
    worse["slices"] = [{"name": "cross language", "means": {"ndcg@10": 0.2}}]
    better = {**worse, "reliability": {"ece": 0.1}, "slices": [{"name": "cross language", "means": {"ndcg@10": 0.5}}]}
    rules = [parse_gate_rule("cross language: ndcg@10 < -1"), parse_gate_rule("ece > 5")]

    lines = broken_gate_rules(rules, {**AFTER, "sets": [better]}, {**AFTER, "sets": [worse]})

    assert lines == [
        "toy, cross language: ndcg@10 changed by -30.00 points (cross language: ndcg@10 < -1)",
        "toy: ece changed by +20.00 points (ece > 5)",
    ]


@pytest.mark.parametrize("text", ["ndcg@10", "ndcg@10 == 1", "< 1", "ndcg@10 < much"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    """A gate that nobody understands must not stay open."""
    with pytest.raises(InvalidInput, match="is no rule"):
        parse_gate_rule(text)


@pytest.mark.parametrize("text", ["ndgc@10 < 0", "ece < 0", "no such slice: ndcg@10 < 0"])
def test_what_cannot_be_checked_fails(text: str) -> None:
    """A misspelt measure, one that was not measured, and a slice that is not there are errors."""
    with pytest.raises(InvalidInput, match="has no"):
        broken_gate_rules([parse_gate_rule(text)], BEFORE, AFTER)


def test_runs_over_other_questions_are_not_compared() -> None:
    """Another number of questions, other questions, or another set."""
    fewer = {**BEFORE, "sets": [{**BEFORE["sets"][0], "questions": 7}]}
    details = dict(BEFORE["sets"][0]["details"])
    details["questions"] = {f"other-{id}": row for id, row in details["questions"].items()}
    others = {**BEFORE, "sets": [{**BEFORE["sets"][0], "details": details}]}
    named = {**BEFORE, "sets": [{**BEFORE["sets"][0], "name": "other"}]}

    for baseline, message in ((fewer, "asked 7 questions"), (others, "one of the two runs only"), (named, "no set")):
        with pytest.raises(InvalidInput, match=message):
            compare(baseline, AFTER)


def test_a_saved_report_is_read_back_whole(tmp_path: Path) -> None:
    """What `--out` writes is what `--baseline` reads."""
    save_report(tmp_path / "r.json", AFTER)

    assert load_report(tmp_path / "r.json") == AFTER


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9, "sets": []}', '{"cases": 3}'])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    """Broken files, other JSON, and formats of the future."""
    (tmp_path / "r.json").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput):
        load_report(tmp_path / "r.json")
