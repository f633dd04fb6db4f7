"""calibrate: fits, shows, writes or only tells; the next search uses it."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Run

WORDS = ("printer", "scanner", "router", "invoice", "refund", "password", "battery", "display", "firmware", "contract")
CALIBRATION = Path("lib/calibration.json")


@pytest.fixture
def library(run: Run) -> Run:
    """100 cases, and 220 judged questions in own.jsonl: half of them answered by the case of their words, the others,
    which name half of the words of some case, by another one."""
    pairs = [f"{first} {second}" for first in WORDS for second in WORDS]
    cases = [{"id": f"C-{n}", "problem": f"my {text} fails", "solution": "restart"} for n, text in enumerate(pairs)]
    Path("cases.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    judged = [
        {"id": f"q{n}", "text": f"{pairs[n % 100]} broken", "relevant": [f"C-{n % 100}"]}
        if n % 2
        else {"id": f"q{n}", "text": f"{WORDS[n % 10]} is gone {n}", "relevant": [f"C-{(n + 55) % 100}"]}
        for n in range(220)
    ]
    Path("own.jsonl").write_text("\n".join(map(json.dumps, judged)), encoding="utf-8")
    run("ingest", "cases.jsonl")
    assert run("index", "rebuild").code == 0
    return run


def confidence_of(run: Run) -> float:
    """What the best match of one question is given."""
    answer = json.loads(run("search", "printer scanner broken", "--min-confidence", "0", "--json").out)
    return float(answer["matches"][0]["confidence"])


def test_a_dry_run_shows_and_writes_nothing(library: Run) -> None:
    """Before and after are printed; there is no file."""
    ran = library("calibrate", "--judgements", "own.jsonl", "--dry-run")

    assert (ran.code, CALIBRATION.exists()) == (0, False)
    assert "expected calibration error" in ran.out
    assert "nothing written" in ran.err


def test_searches_use_it_until_it_is_removed(library: Run) -> None:
    """The confidence changes with the file and is back without it."""
    shipped = confidence_of(library)

    fitted = json.loads(library("calibrate", "--judgements", "own.jsonl", "--json").out)
    own = confidence_of(library)
    removed = library("calibrate", "--remove")

    assert fitted["after"]["ece"] <= fitted["before"]["ece"]
    assert own != shipped
    assert (removed.code, confidence_of(library)) == (0, shipped)


def test_it_is_fitted_over_the_shipped_confidence(library: Run) -> None:
    """Twice the same numbers: the second fit does not start from the first."""
    first, second = (json.loads(library("calibrate", "--judgements", "own.jsonl", "--json").out) for _ in range(2))

    assert first["calibration"]["scale"] == second["calibration"]["scale"]
    assert first["before"] == second["before"]


def test_too_few_judgements_are_refused(library: Run) -> None:
    """Exit 1, with the number that is needed, and no file."""
    lines = Path("own.jsonl").read_text(encoding="utf-8").splitlines()[:50]
    Path("few.jsonl").write_text("\n".join(lines), encoding="utf-8")

    ran = library("calibrate", "--judgements", "few.jsonl")

    assert (ran.code, CALIBRATION.exists()) == (1, False)
    assert "at least 200" in ran.err


@pytest.mark.parametrize("argv", [(), ("--feedback", "--remove"), ("--judgements", "own.jsonl", "--feedback")])
def test_one_source_must_be_given(library: Run, argv: tuple[str, ...]) -> None:
    """None and two of them are refused."""
    ran = library("calibrate", *argv)

    assert (ran.code, "--judgements FILE" in ran.err) == (1, True)


def test_a_damaged_file_stops_searches_and_can_be_removed(library: Run) -> None:
    """Searching says what to do; what it says works."""
    CALIBRATION.write_text("{", encoding="utf-8")

    stopped = library("search", "printer")
    library("calibrate", "--remove")

    assert (stopped.code, "calibrate --remove" in stopped.err) == (2, True)
    assert library("search", "printer").code == 0
