"""The Docker image as its file describes it: what its command does, since nothing here can build it."""

import json
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from retriever.api.server import check_exposure
from retriever.cli.commands import serve
from tests.support.cli import Run

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def command_of(folder: Path) -> list[str]:
    """What the image runs, its volume at `folder`."""
    found = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    return [part.replace("/data", str(folder)) for part in json.loads(found[1])]


def test_the_image_starts_with_a_key(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an empty volume it makes one key, tells where it lies but not the key itself, and may listen to others."""
    monkeypatch.setenv("SIMILAR_CASES_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SIMILAR_CASES_HOST", "0.0.0.0")  # noqa: S104  as the image has it
    monkeypatch.setattr(serve, "run_server", lambda settings, announce: check_exposure(settings))
    program, *arguments = command_of(tmp_path)

    first, second = run(*arguments), run(*arguments)

    key = (tmp_path / "first-key").read_text("ascii").strip()
    assert (program, first.code, second.code) == ("similar-cases", 0, 0)
    assert (key in first.err, "first-key" in first.err.replace("\n", ""), "first-key" in second.err) == (
        False,
        True,
        False,
    )
    assert stat.S_IMODE((tmp_path / "first-key").stat().st_mode) == 0o600
    assert [row["role"] for row in json.loads(run("key", "list", "--json").out)] == ["admin"]


def test_a_small_installation_has_no_torch() -> None:
    """Neither torch nor what brings it is among the dependencies; the whole installation asks for the extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    heavy = ("torch", "sentence-transformers", "transformers")

    assert not [name for name in project["dependencies"] if name.startswith(heavy)]
    assert "sentence-transformers" in str(project["optional-dependencies"]["transformers"])
    assert "transformers" in (ROOT / "scripts" / "install").read_text(encoding="utf-8")
    assert 'ARG EXTRAS=""' in DOCKERFILE


def test_the_command_imports_nothing_of_torch(tmp_path: Path) -> None:
    """The built-in model answers where torch, transformers and sentence-transformers cannot be imported."""
    blocked = "import sys\nfor name in ('torch', 'transformers', 'sentence_transformers'): sys.modules[name] = None\n"
    program = blocked + "from retriever.cli import main\nmain(sys.argv[1:])"
    library = ("--data-dir", str(tmp_path / "lib"))

    def ran(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *library, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    ran("ingest", "--sample")
    ran("index", "rebuild")
    assert "1." in ran("search", "退款什么时候到账")
    assert "ok" in ran("doctor")


def test_models_that_need_it_say_what_to_install(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch a transformer is refused with the command that brings it."""
    from retriever.embedding.transformer import installed
    from tests.support.tiny_models import build_tiny_transformer

    build_tiny_transformer(tmp_path / "bert")
    monkeypatch.setattr(installed, "find_spec", lambda name: None)

    ran = run("model", "check", str(tmp_path / "bert"))

    assert ran.code == 3
    assert "similar-cases[transformers]" in ran.err.replace("\n", "")
