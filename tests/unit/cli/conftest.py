"""The command run in this process, in a folder of its own, with a tiny model in the real file format.

What many tests begin with is made once, and copied.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from retriever.store import open_store
from tests.support.builders import make_case
from tests.support.cli import ANN, Ran, Run, command_line, made_by
from tests.support.tiny_models import build_tiny_static

CASES = (
    '{"id": "P-1", "language": "en", "title": "Printer", "problem": "the printer shows error E-05", '
    '"solution": "clean the rollers", "product": "LX2", "tags": ["paper"]}\n'
    '{"id": "P-2", "language": "de", "problem": "der Drucker geht nicht", "solution": "Neustart", '
    '"category": "hardware/printer"}\n'
    '{"id": "R-1", "language": "zh-CN", "problem": "退款还没有到账", "solution": "等三天"}\n'
)
DRAFT = '{"id": "D-1", "language": "en", "title": "Jam", "problem": "the printer jams", "solution": "clean it"}'


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a static model of 32 dimensions."""
    return build_tiny_static(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a static model of 16 dimensions."""
    return build_tiny_static(tmp_path_factory.mktemp("models") / "other", dim=16)


@pytest.fixture
def run(tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `similar-cases` with these arguments; the library lies in `lib` below the working directory."""
    with command_line(tmp_path, tiny_model) as exit_code_of:

        def run(*argv: str | Path) -> Ran:
            capsys.readouterr()
            code = exit_code_of(argv)
            captured = capsys.readouterr()
            return Ran(code, captured.out, captured.err)

        yield run


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    """Three cases as JSONL: two of a printer in English and German, one of a refund in Chinese."""
    file = tmp_path / "cases.jsonl"
    file.write_text(CASES, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A folder with a library of three cases, its index, and a backup in `copy`."""
    folder = tmp_path_factory.mktemp("indexed")
    (folder / "cases.jsonl").write_text(CASES, encoding="utf-8")
    return made_by(folder, tiny_model, ("ingest", "cases.jsonl"), ("backup", "copy"), ("index", "rebuild"))


@pytest.fixture
def library(run: Run, indexed: Path, tmp_path: Path) -> Run:
    """The command over a library of three cases with an index."""
    shutil.copytree(indexed / "lib", tmp_path / "lib")
    return run


@pytest.fixture
def by_file(library: Run, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same with the model named by the settings file, as `model use` leaves it."""
    monkeypatch.delenv("SIMILAR_CASES_MODEL")
    Path("similar-cases.toml").write_text(f"# ours\nmodel = {json.dumps(str(tiny_model))}\ndims = 32\n", "utf-8")
    return library


@pytest.fixture
def backed_up(indexed: Path, tmp_path: Path) -> Path:
    """A library of three cases without an index, and a backup of it."""
    shutil.copytree(indexed, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("index"))
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def sample_with_draft(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A folder with the sample library and one draft, D-1, by ann."""
    folder = tmp_path_factory.mktemp("drafted")
    (folder / "draft.json").write_text(DRAFT, encoding="utf-8")
    return made_by(folder, tiny_model, ("ingest", "--sample"), ("case", "draft", "draft.json", *ANN))


@pytest.fixture
def drafted(sample_with_draft: Path, tmp_path: Path) -> Path:
    """A library with one draft, D-1, by ann; its file."""
    shutil.copytree(sample_with_draft, tmp_path, dirs_exist_ok=True)
    return tmp_path / "draft.json"


@pytest.fixture
def deliveries(run: Run, tmp_path: Path) -> Run:
    """A library with one delivery of no use and one that was given up."""
    with open_store(tmp_path / "lib" / "library.sqlite3") as store:
        store.deliveries.receive("desk", "d-1", "1", case=None, reason="unresolved")
        store.deliveries.receive("desk", "d-2", "2", case=make_case("desk:2", status="draft"))
        for _ in range(5):
            store.deliveries.fail(2, "locked")
    return run
