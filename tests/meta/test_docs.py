"""The pages that are made from the program and from results say what these say now."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.tables import report
from retriever.cli.reference import commands_page, settings_page

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("page", "write"), [("cli", commands_page), ("settings", settings_page)])
def test_reference_pages_are_in_step(page: str, write: Callable[[], str]) -> None:
    """docs/cli.md and docs/settings.md are what the program writes."""
    written = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")

    assert written == write()


@pytest.mark.parametrize("page", report.PAGES, ids=lambda page: page.name)
def test_tables_are_in_step(page: Path) -> None:
    """Every table is what the committed results give."""
    text = page.read_text(encoding="utf-8")

    assert report.rendered(text) == text
    assert "<!-- table:" in text


def test_commands_in_the_readme_exist() -> None:
    """Each `similar-cases` line of the README names a command that the reference page has."""
    known = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if "$ similar-cases " in line]

    assert lines
    for line in lines:
        words = line.split("$ ", 1)[1].split()
        assert " ".join(words[:2]) in known, line
