"""Tables: no blanks at the ends of lines, and whole fields where a window is narrow."""

import pytest
from rich.console import Console

from retriever.cli import output


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of 80 columns."""
    monkeypatch.setattr(output, "out", Console(width=80, highlight=False))


@pytest.mark.usefixtures("narrow")
def test_no_line_is_filled_with_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither above, below nor behind the cells."""
    output.print_table(("id", "title"), [("a", "short"), ("b", "")])

    lines = capsys.readouterr().out.splitlines()
    assert lines == [line.rstrip() for line in lines]
    assert (lines[0].split(), lines[2].split(), lines[3]) == (["id", "title"], ["a", "short"], "b")


@pytest.mark.usefixtures("narrow")
def test_a_table_that_does_not_fit_becomes_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    """Each row is a block of name and value; what is empty is left out, and nothing is cut."""
    names = [f"column-number-{number}" for number in range(8)]

    output.print_table(names, [("x" * 100, *"bcdefg", ""), ("", *"bcdefg", "h")], title="revision 7")

    text = capsys.readouterr().out
    assert text.startswith("revision 7\ncolumn-number-0")
    assert (text.count("x"), text.count("column-number-7"), max(map(len, text.splitlines()))) == (100, 1, 80)


@pytest.mark.usefixtures("narrow")
def test_a_long_chinese_text_is_folded_in_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A text without spaces is no reason to leave the table."""
    output.print_table(
        ("id", "title", "due"), [("a", "扫地机器人回到充电座却充不上电" * 5, "2026-01-01")], figures=("due",)
    )

    text = capsys.readouterr().out
    assert text.splitlines()[0].split() == ["id", "title", "due"]
    assert text.count("充电座") + text.count("充\n") >= 4
