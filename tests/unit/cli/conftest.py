"""The command run in this process, in an empty folder, with a tiny model in the real file format."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from retriever.cli import main
from tests.support.cli import Ran, Run
from tests.support.tiny_models import build_tiny_static


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a static model of 32 dimensions."""
    return build_tiny_static(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a static model of 16 dimensions."""
    return build_tiny_static(tmp_path_factory.mktemp("models") / "other", dim=16)


@pytest.fixture
def run(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs `similar-cases` with these arguments; the library lies in `lib` below the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIMILAR_CASES_DATA_DIR", "lib")
    monkeypatch.setenv("SIMILAR_CASES_MODEL", str(tiny_model))
    handlers, level = logging.root.handlers[:], logging.root.level

    def run(*argv: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(part) for part in argv])
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    yield run
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    """Three cases as JSONL: two of a printer in English and German, one of a refund in Chinese."""
    file = tmp_path / "cases.jsonl"
    file.write_text(
        '{"id": "P-1", "language": "en", "title": "Printer", "problem": "the printer shows error E-05", '
        '"solution": "clean the rollers", "product": "LX2", "tags": ["paper"]}\n'
        '{"id": "P-2", "language": "de", "problem": "der Drucker geht nicht", "solution": "Neustart", '
        '"category": "hardware/printer"}\n'
        '{"id": "R-1", "language": "zh-CN", "problem": "退款还没有到账", "solution": "等三天"}\n',
        encoding="utf-8",
    )
    return file
