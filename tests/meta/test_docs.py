"""The pages that are made from the program and from results say what these say now; what pages name exists."""

import os
import re
from collections.abc import Callable
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.tables import report
from retriever import __version__
from retriever.cli import main
from retriever.cli.reference import commands_page, settings_page
from tests.meta.sources import MODULES, ROOT
from tests.support.api import build_service, client_of


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


PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob("*.md")),
    ROOT / "retriever/embedding/builtin/README.md",
]
_ROOMS = r"(?:retriever|index|benchmarks|scripts|tests|docs|examples)/"
_PATH = re.compile(rf"`({_ROOMS}[\w./{{}},*-]*)`(?: \((?P<names>[^)]*)\))?")
_LINK = re.compile(r"\]\(([^)#\s:]*)(?:#([^)\s]*))?\)")
_MODULE = re.compile(r"python -m ((?:retriever|benchmarks|tests)(?:\.\w+)+)")
_RUN = 'if __name__ == "__main__":'
PROGRAMS = [name for name, path in MODULES.items() if _RUN in path.read_text(encoding="utf-8")]
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PROMPT = re.compile(r"^\$ (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"^## `similar-cases ?([a-z ]*)[^`]*`$", re.MULTILINE)


def by_name(page: Path) -> str:
    """How a test names a page."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Paths between backticks with the names in brackets behind them, and modules that are to be run."""
    text = page.read_text(encoding="utf-8")
    missing = [
        f"{path} {name}"
        for path, names in _PATH.findall(text)
        for name in missing_names(path, re.findall(r"`(\w+)`", names))
    ]
    modules = [module for module in _MODULE.findall(text) if not can_be_run(module)]

    assert (missing, modules) == ([], [])


def missing_names(path: str, names: list[str]) -> list[str]:
    """What is not there: the path itself, one of its spellings `{a,b}.py`, or a name in that file."""
    start, brace, rest = path.partition("{")
    middle, _, end = rest.partition("}")
    paths = [f"{start}{each}{end}" for each in middle.split(",")] if brace else [path]
    missing = [each for each in paths if not any(ROOT.glob(each.rstrip("/")))]
    content = (ROOT / path).read_text(encoding="utf-8") if names and (ROOT / path).is_file() else ""
    return missing + [name for name in names if content and not re.search(rf"\b{name}\b", content)]


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_somewhere(page: Path) -> None:
    """To a file of this project, and to a heading in it where the link names one."""
    wrong = []
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        file = page.parent / target if target else page
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            wrong.append(f"{target}#{anchor}")

    assert wrong == []


def anchors_of(page: Path) -> set[str]:
    """What a link can name in a page: its headings, in lower case, without signs, words joined by hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    """Every line of a console block that runs the program, and every command in the text, with their options."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _CONSOLE.findall(text) for line in _PROMPT.findall(block)]
    told = [line.removeprefix("similar-cases ") for line in lines if line.startswith("similar-cases ")]
    told += re.findall(r"`similar-cases ([a-z][^`…]*)`", text)

    assert [line for line in told if not is_command(line.partition(" #")[0])] == []


def is_command(line: str) -> bool:
    """Does docs/cli.md know the command and all its options? The page itself is held against the program above."""
    before, _, last = line.rpartition(" ")
    if "|" in last:  # `webhook list|show` stands for both
        return all(is_command(f"{before} {each}") for each in last.split("|"))
    sections = command_sections()
    words = line.split()
    known = [name for name in sections if name and words[: len(name.split())] == name.split()]
    group = any(f"{name} ".startswith(f"{line} ") for name in sections)  # `review` alone stands for all that begin so
    options = re.findall(r"(?:^|\s)(--[a-z][a-z-]*)", line)
    return group or any(all(f"`{option}`" in sections[name] + sections[""] for option in options) for name in known)


@cache
def command_sections() -> dict[str, str]:
    """What docs/cli.md says of each command; the global options by the name ""."""
    _, *parts = _COMMAND.split((ROOT / "docs" / "cli.md").read_text(encoding="utf-8"))
    return {name.strip(): text for name, text in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_what_a_console_block_runs_is_there(page: Path) -> None:
    """Scripts can be run, the tools are among the pinned ones, and every file of this project exists."""
    words = [
        word.strip("()\"'")
        for block in _CONSOLE.findall(page.read_text(encoding="utf-8"))
        for line in _PROMPT.findall(block)
        for word in line.partition(" #")[0].replace("$(", " ").split()
    ]
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    scripts = [word for word in words if word.startswith("./") and not os.access(ROOT / word, os.X_OK)]
    tools = {word.removeprefix(".venv/bin/") for word in words if word.startswith(".venv/bin/")}
    files = [word for word in words if re.match(_ROOMS, word) and not (ROOT / word).exists()]

    assert (scripts, tools - pinned - {"python", "similar-cases"}, files) == ([], set(), [])


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


def test_the_index_of_decisions_names_them_all() -> None:
    """By number and title, in their order."""
    pages = [page for page in PAGES if page.parent.name == "decisions" and page.name != "README.md"]
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    titles = [(page.name, page.read_text(encoding="utf-8").partition("\n")[0]) for page in pages]

    assert [f"# {number}. {title}" for number, title in re.findall(r"^(\d+)\. \[(.+?)\]", index, re.MULTILINE)] == [
        title for _, title in titles
    ]
    assert all(name.startswith(f"{int(title.split()[1][:-1]):04d}-") for name, title in titles)


def test_the_version_stands_in_one_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Package, API, its description and the command take it from the code, and the changelog knows it."""
    with build_service(tmp_path) as service, client_of(service) as client:
        told = client.get("/version").json()["version"], client.get("/openapi.json").json()["info"]["version"]
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])

    assert {version("similar-cases"), *told, capsys.readouterr().out.strip()} == {__version__}
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f'"{__version__}"' not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
