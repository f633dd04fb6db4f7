"""The pages that are made from the program and from results say what these say now; what pages name exists."""

import re
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.tables import report
from retriever import __version__
from retriever.cli.reference import commands_page, iter_commands, settings_page
from tests.meta.sources import MODULES, ROOT


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


PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_PATH = re.compile(r"`((?:retriever|index|benchmarks|scripts|tests|docs|examples)/[\w./{},-]*)`")
_LINK = re.compile(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)")
_MODULE = re.compile(r"python -m ((?:retriever|benchmarks|tests)(?:\.\w+)+)")
_RUN = 'if __name__ == "__main__":'
PROGRAMS = [name for name, path in MODULES.items() if _RUN in path.read_text(encoding="utf-8")]
_CLI = re.compile(r"^\$ similar-cases (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Paths between backticks, links to other pages, and modules that are to be run."""
    text = page.read_text(encoding="utf-8")
    paths = [path for path in _PATH.findall(text) if "{" not in path and not (ROOT / path).exists()]
    links = [link for link in _LINK.findall(text) if not (page.parent / link).exists()]
    modules = [module for module in _MODULE.findall(text) if not can_be_run(module)]

    assert (paths, links, modules) == ([], [], [])


def can_be_run(module: str) -> bool:
    """Whether `python -m` does something: the module itself says so, or the package has a `__main__`."""
    return any(
        found is not None and found.origin is not None and _RUN in Path(found.origin).read_text(encoding="utf-8")
        for name in (module, f"{module}.__main__")
        if (found := _spec(name))
    )


def _spec(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ModuleNotFoundError:
        return None


@pytest.mark.parametrize("module", MODULES)
def test_programs_that_the_code_names_can_be_run(module: str) -> None:
    """A docstring that tells a command tells one that works; that of a benchmark tells its own."""
    named = _MODULE.findall(MODULES[module].read_text(encoding="utf-8"))

    assert [name for name in named if not can_be_run(name)] == []
    assert module in named or module not in PROGRAMS or not module.startswith("benchmarks.")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    """Every line of a console block that runs the program."""
    known = {command.removeprefix("similar-cases ") for command in iter_commands()}
    lines = _CLI.findall(page.read_text(encoding="utf-8"))

    assert [line for line in lines if not any(f"{line} ".startswith(f"{command} ") for command in known)] == []


def test_the_version_stands_in_one_place() -> None:
    """The installed package has the version of the code, and the changelog knows it."""
    assert version("similar-cases") == __version__
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
