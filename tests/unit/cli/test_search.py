"""search: what is asked is answered, as text and as JSON."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Run


def test_search_prints_an_answer_for_people_and_for_programs(library: Run) -> None:
    """The same case comes first in both, with its confidence and solution."""
    answer = json.loads(library("search", "the printer shows error E-05", "--json").out)
    text = library("search", "the printer shows error E-05", "--explain").out

    first = answer["matches"][0]
    assert (first["id"], first["rank"], first["solution"]) == ("P-1", 1, "clean the rollers")
    assert 0 < first["confidence"] <= 1
    assert f"1. {first['confidence']:5.1%}  P-1" in text
    assert "clean the rollers" in text


def test_search_says_why(library: Run) -> None:
    """With --explain people see passages and agreement, programs get the offsets; without it, neither."""
    asked = ("search", "the printer shows error E-05", "--min-confidence", "0")
    text, plain = library(*asked, "--explain").out, library(*asked).out
    match = json.loads(library(*asked, "--explain", "--json").out)["matches"][0]

    assert "shares: E-05" in text
    assert "problem: “" in text
    assert "shares" not in plain
    for part in match["explanation"]["passages"]:
        place = part["place"]
        assert match[place["field"]][place["start"] : place["end"]] == place["text"]
    assert "explanation" not in json.loads(library(*asked, "--json").out)["matches"][0]


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        (("--language", "zh-CN"), {"R-1"}),
        (("--language", "en", "--language", "de"), {"P-1", "P-2"}),
        (("--product", "LX2"), {"P-1"}),
        (("--category", "hardware"), {"P-2"}),
        (("--tag", "paper"), {"P-1"}),
    ],
)
def test_filters_narrow_the_answer(library: Run, flags: tuple[str, ...], ids: set[str]) -> None:
    """Only cases that a filter lets through are shown, and all of them."""
    answer = json.loads(library("search", "printer", "--min-confidence", "0", "--json", *flags).out)

    assert {match["id"] for match in answer["matches"]} == ids


def test_abstaining_is_an_answer(library: Run) -> None:
    """With a threshold that nothing reaches, exit 0, no match, and the reason."""
    ran = library("search", "x", "--min-confidence", "1", "--json")

    answer = json.loads(ran.out)
    assert (ran.code, answer["abstained"], answer["matches"]) == (0, True, [])
    assert answer["reason"]
    assert "nothing found" in library("search", "x", "--min-confidence", "1").out


def test_what_cannot_be_asked_is_refused(library: Run) -> None:
    """Blank, too long and misspelt questions are exit 1; a limit outside its bounds is a usage error."""
    assert library("search", " ").code == 1
    assert library("search", "x" * 8_001).code == 1
    assert library("search", "x", "--language", "12").code == 1
    assert library("search", "x", "--limit", "51").code == 2


def test_asking_never_makes_a_library(run: Run) -> None:
    """In a folder without one, search, list and rebuild are exit 3 with the way out, and write nothing."""
    for argv in (("search", "x"), ("case", "list"), ("index", "rebuild"), ("export",)):
        ran = run(*argv)
        assert ran.code == 3
        assert "similar-cases ingest" in ran.err
    assert not Path("lib").exists()


def test_copies_are_shown_as_more_like_this(library: Run) -> None:
    """A copy is named under its match, for people and programs; --no-collapse shows it by itself."""
    copy = {"id": "P-1b", "problem": "the scanner hums", "solution": "oil the rail"}
    text = "\n".join(json.dumps(row) for row in (copy, {**copy, "id": "P-1c"}))
    Path("copies.jsonl").write_text(text, encoding="utf-8")
    library("ingest", "copies.jsonl")
    asked = ("search", "the scanner hums", "--min-confidence", "0")

    first = json.loads(library(*asked, "--json").out)["matches"][0]
    apart = json.loads(library(*asked, "--json", "--no-collapse").out)["matches"]

    assert (first["id"], first["more_like_this"]) == ("P-1b", ["P-1c"])
    assert "+ 1 more like this: P-1c" in library(*asked).out
    assert [match["id"] for match in apart[:2]] == ["P-1b", "P-1c"]
