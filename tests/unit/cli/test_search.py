"""search: what is asked is answered, as text and as JSON."""

import json
from io import StringIO
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
        (("--tag-all", "paper"), {"P-1"}),
        (("--tag-none", "paper", "--language", "en", "--language", "de"), {"P-2"}),
        (("--source", "nowhere"), set()),
        (("--industry", "none"), set()),
        (("--resolved-since", "2999-01-01"), set()),
        (("--exclude", "P-1", "--exclude", "R-1"), {"P-2"}),
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
    """Blank and too long questions are exit 1, an unknown language is told, a limit outside its bounds is wrong use."""
    assert library("search", " ").code == 1
    assert library("search", "x" * 32_001).code == 1
    assert "no case has the language '12'" in library("search", "x", "--language", "12").out
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


def test_problem_and_steps_are_shown_on_request(library: Run) -> None:
    """A case whose title is its solution's only hint can be read whole in the terminal."""
    short, full = (library("search", "the printer shows error E-05", *flag).out for flag in ((), ("--full",)))
    shown = json.loads(library("search", "the printer shows error E-05", "--json").out)["matches"][0]

    assert shown["problem"][:20] in full
    assert len(full) > len(short)


def test_an_untitled_case_shows_its_first_words(library: Run) -> None:
    """In lists and answers alike; a long problem is cut at a word."""
    row = {
        "id": "U-1",
        "problem": "the turnstile at the north gate stays shut " * 5,
        "solution": "reset its controller",
    }
    Path("one.json").write_text(json.dumps(row), encoding="utf-8")
    library("case", "put", "one.json")

    assert "the turnstile at the north" in library("case", "list").out
    assert "the turnstile at the north gate stays shut the turnstile" in library("search", "turnstile shut").out
    found = json.loads(library("search", "turnstile shut", "--json").out)["matches"][0]
    assert found["title"].startswith("the turnstile at the north gate")


def test_no_line_of_an_answer_ends_in_blanks(library: Run) -> None:
    """What is copied from a terminal or kept in a file is the text alone; lines that are too long go on indented."""
    row = {"id": "L-1", "problem": "the lift stops between floors", "solution": "reset the door contact " * 20}
    Path("one.json").write_text(json.dumps(row | {"steps": ["open the panel", "press K4"]}), encoding="utf-8")
    library("case", "put", "one.json")

    lines = library("search", "lift stops between floors", "--full", "--explain").out.splitlines()

    assert [line for line in lines if line != line.rstrip()] == []
    assert [line for line in lines if "press K4" in line] == ["       2. press K4"]
    assert sum(line.startswith("     ") and "door contact" in line for line in lines) > 1


def test_many_questions_are_answered_line_by_line(library: Run) -> None:
    """Text and JSON, blank lines left out; a line that is none is told in its place, and the exit code says so."""
    lines = [
        "the printer shows error E-05",
        "",
        json.dumps({"id": "t2", "title": "printer", "error_codes": ["E-05"]}),
        json.dumps({"id": "t3"}),
        '{"problem": "broken',
        "x" * 33_000,
        "x" * 90_000,
        json.dumps({"id": 7, "text": "printer", "more": [1]}),
        '{"id": 1e400, "text": "printer"}',
        '{"id": NaN, "text": "printer"}',
    ]
    Path("asked.txt").write_text("\n".join(lines), encoding="utf-8-sig")

    ran = library("search", "--file", "asked.txt", "--limit", "1", "--min-confidence", "0")

    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [(row["line"], row["id"]) for row in rows] == [
        (1, ""), (3, "t2"), (4, "t3"), (5, ""), (6, ""), (7, ""), (8, "7"), (9, ""), (10, "")
    ]  # fmt: skip
    assert ["error" in row for row in rows] == [False, False, True, True, True, True, False, True, True]
    assert rows[0]["matches"][0]["id"] == rows[1]["matches"][0]["id"] == "P-1"


def test_many_questions_come_from_standard_input(library: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads them there; filters hold for each."""
    monkeypatch.setattr("sys.stdin", StringIO("printer\nprinter E-05\n"))

    ran = library("search", "-", "--product", "LX2", "--min-confidence", "0")

    assert [[match["id"] for match in json.loads(line)["matches"]] for line in ran.out.splitlines()] == [["P-1"]] * 2
    assert library("search", "x", "--file", "asked.txt").code == 1
    assert library("search", "--file", "none.txt").code == 1
    assert library("search").code == 1
