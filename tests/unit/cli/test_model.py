"""model list, info, check, compare, use, download, prune: what they say and what they change."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import Run
from tests.support.hub import COMMIT, running_hub
from tests.support.tiny_models import build_tiny_static, build_tiny_transformer


def _labels(run: Run) -> dict[str, str]:
    """Snapshot -> model of every snapshot, the current one last."""
    rows = json.loads(run("index", "status", "--json").out)["snapshots"]
    return {row["name"]: row["model"] for row in sorted(rows, key=lambda row: row["current"])}


def test_list_names_the_cards_and_the_model_in_use(run: Run, tiny_model: Path) -> None:
    """Every card is there with licence, lengths and advice; the model in use comes first though it has no card."""
    rows = json.loads(run("model", "list", "--json").out)
    text = run("model", "list")

    assert (rows[0]["model"], rows[0]["in_use"], rows[0]["here"]) == (str(tiny_model), True, True)
    named = {row["model"]: row for row in rows[1:]}
    assert named["builtin"]["here"]
    assert named["BAAI/bge-m3"]["licence"] == "MIT"
    assert named["google/embeddinggemma-300m"]["shorter_dims"] == [512, 256, 128]
    assert all(row["choose_when"] for row in named.values())
    assert (text.code, "bge-m3" in text.out) == (0, True)


def test_info_joins_card_and_files(run: Run, tiny_model: Path) -> None:
    """A folder is described by its files, an absent model by its card and by how to get it."""
    folder = json.loads(run("model", "info", tiny_model, "--json").out)
    absent = json.loads(run("model", "info", "intfloat/multilingual-e5-small", "--json").out)

    assert (folder["here"], folder["in_use"], folder["kind"]) == (True, True, "static (no torch needed)")
    assert (absent["here"], absent["query_prompt"], absent["dims"]) == (False, "query: ", 384)
    assert "model download" in absent["how_to_get_it"]
    assert "384" in run("model", "info", "multilingual-e5-small").out


def test_info_of_nothing_is_refused(run: Run) -> None:
    """A name that is no card, folder or hub id is exit 3 with what would be one."""
    ran = run("model", "info", "no such model")

    assert ran.code == 3
    assert "neither `builtin`, nor `deep`, nor a folder, nor a hub id" in ran.err


def test_check_reports_what_was_tried(run: Run, other_model: Path) -> None:
    """A good model passes with its figures: batch and single agree bit for bit, dims, speed and size are told."""
    found = json.loads(run("model", "check", other_model, "--json").out)

    assert found["batch_against_single"] == 0
    assert (found["dims"], found["canaries_known"] > 0) == (16, True)
    assert found["texts_per_second"] > 0
    assert run("model", "check", other_model).code == 0


def test_check_refuses_a_damaged_model(run: Run, tmp_path: Path) -> None:
    """Weights that cannot be read are exit 3, with the file's name."""
    folder = build_tiny_static(tmp_path / "bad")
    (folder / "model.safetensors").write_bytes(b"\0" * 100)

    ran = run("model", "check", folder)

    assert (ran.code, "model.safetensors" in ran.err) == (3, True)


def test_compare_puts_two_models_side_by_side(run: Run, tiny_model: Path, other_model: Path, tmp_path: Path) -> None:
    """Quality on a labelled set, speed and size of both, as a table and as JSON; a model equals itself."""
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    problems = {"a": "the printer does not work", "b": "the refund has not arrived", "c": "my password was rejected"}
    corpus = [json.dumps({"_id": key, "title": "", "text": text}) for key, text in problems.items()]
    (folder / "corpus.jsonl").write_text("\n".join(corpus) + "\n", "utf-8")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "the refund has not arrived yet"}) + "\n")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb\t1\n")

    found = json.loads(run("model", "compare", tiny_model, other_model, "--data", folder, "--json").out)["models"]
    table = run("model", "compare", tiny_model, other_model, "--data", folder)

    assert found[str(tiny_model)]["set"]["ndcg@10"] == 1.0
    assert {found[str(model)]["checks"]["dims"] for model in (tiny_model, other_model)} == {32, 16}
    assert "ndcg@10" in table.out
    assert "texts_per_second" in table.out


def test_use_builds_and_publishes(by_file: Run, tiny_model: Path, other_model: Path) -> None:
    """The new model's snapshot is served whatever the settings file says, which stays as it is; the old one stays."""
    before = Path("similar-cases.toml").read_text("utf-8")

    ran = by_file("model", "use", other_model)

    assert ran.code == 0
    assert _labels(by_file) == {"000001": str(tiny_model), "000002": str(other_model)}
    assert Path("similar-cases.toml").read_text("utf-8") == before
    assert json.loads(by_file("search", "the printer", "--json").out)["model"] == str(other_model)


def test_the_model_belongs_to_the_library(by_file: Run, other_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library opens from any folder, and the file of that folder does not take it over; settings say so."""
    by_file("model", "use", other_model)
    elsewhere = Path("elsewhere").absolute()
    elsewhere.mkdir()
    (elsewhere / "similar-cases.toml").write_text('model = "builtin"\n', "utf-8")
    monkeypatch.setenv("SIMILAR_CASES_DATA_DIR", str(Path("lib").absolute()))
    monkeypatch.chdir(elsewhere)

    found = json.loads(by_file("search", "the printer", "--json").out)
    rows = {row["name"]: row for row in json.loads(by_file("settings", "--json").out)}
    rebuilt = by_file("index", "rebuild", "--force")

    assert found["model"] == str(other_model)
    assert (rows["model"]["value"], rows["model"]["from"]) == (str(other_model), "the library's index")
    assert set(_labels(by_file).values()) >= {str(other_model)}
    assert _labels(by_file)["000003"] == str(other_model)
    assert rebuilt.code == 0


def test_a_file_without_effect_is_told(by_file: Run, tiny_model: Path, other_model: Path) -> None:
    """The settings file names another model than the library's: it is kept, and how to change is said."""
    by_file("model", "use", other_model)

    ran = by_file("index", "rebuild", "--force")

    assert f"model use {tiny_model}" in ran.err.replace("\n", "")


def test_back_and_forth_names_the_snapshot(by_file: Run, tiny_model: Path, other_model: Path) -> None:
    """After any `model use` there is a way back, also to a newer snapshot, and each way tells the other."""
    forth = by_file("model", "use", other_model)
    by_file("model", "use", tiny_model)

    back = by_file("index", "rollback")

    assert "goes back to 000001" in forth.err.replace("\n", " ")
    assert (back.code, back.out.split()[0]) == (0, "000002")
    assert "rollback 000001" in back.err.replace("\n", " ")
    assert json.loads(by_file("search", "the printer", "--json").out)["model"] == str(other_model)


def test_use_takes_the_snapshot_of_before_again(by_file: Run, tiny_model: Path, other_model: Path) -> None:
    """The way back builds nothing; what was written meanwhile is found."""
    by_file("model", "use", other_model)
    Path("late.jsonl").write_text('{"id": "L", "problem": "my password was rejected", "solution": "s"}\n')
    by_file("ingest", "late.jsonl")

    back = by_file("model", "use", tiny_model)

    assert (back.code, back.out.strip()) == (0, "000001")
    answer = json.loads(by_file("search", "my password was rejected", "--min-confidence", "0", "--json").out)
    assert (answer["matches"][0]["id"], answer["snapshot"]) == ("L", "000001")


def test_use_tells_first_and_changes_nothing_when_dry(by_file: Run, other_model: Path) -> None:
    """--dry-run says what would be built and leaves the snapshots alone."""
    ran = by_file("model", "use", other_model, "--dry-run")

    assert "a new snapshot would be built" in ran.out
    assert len(_labels(by_file)) == 1


def test_use_names_a_folder_by_its_whole_path(by_file: Run, tmp_path: Path) -> None:
    """A relative folder would mean another model to a server that was started elsewhere."""
    build_tiny_static(tmp_path / "near", dim=24)

    by_file("model", "use", "near")

    assert _labels(by_file)["000002"] == str(tmp_path / "near")


def test_use_warns_when_the_environment_wins(library: Run, other_model: Path) -> None:
    """With SIMILAR_CASES_MODEL set the library's choice would be overruled at the next start."""
    ran = library("model", "use", other_model)

    assert (ran.code, "SIMILAR_CASES_MODEL is set and names another" in ran.err) == (0, True)
    refused = library("search", "the printer")
    assert refused.code == 3
    assert "index rebuild" in refused.err


def test_use_refuses_a_missing_model_before_any_work(by_file: Run) -> None:
    """A model that is not here changes nothing and says how to get it."""
    ran = by_file("model", "use", "acme/nowhere")

    assert (ran.code, "model download acme/nowhere" in ran.err) == (3, True)
    assert len(_labels(by_file)) == 1


def test_download_pins_what_it_fetched(tmp_path: Path) -> None:
    """Only safe files come; the printed name carries the commit, and loads without the hub."""
    folder = build_tiny_static(tmp_path / "offered")
    for unsafe in ("pytorch_model.bin", "modeling.py", "weights.pt"):
        (folder / unsafe).write_bytes(b"x")
    with running_hub({"acme/tiny": folder}) as (address, asked):
        told = _apart(tmp_path, address, "model", "download", "acme/tiny", "--dry-run")
        quiet = list(asked)
        fetched = _apart(tmp_path, address, "model", "download", "acme/tiny", "--json")
    name = json.loads(fetched.stdout)["model"]
    checked = _apart(tmp_path, "http://127.0.0.1:9", "model", "check", name, "--json")

    assert (told.returncode, quiet) == (0, [])
    assert name == f"acme/tiny@{COMMIT}"
    assert {path.rsplit("/", 1)[-1] for path in asked if "/resolve/" in path} == {
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
    }
    assert json.loads(checked.stdout)["model"] == name


def test_a_pinned_model_is_fetched_when_the_settings_allow_it(tmp_path: Path) -> None:
    """allow_download fetches owner/name@commit; a bare name is refused with the command that pins it."""
    folder = build_tiny_static(tmp_path / "offered")
    pinned = f"acme/tiny@{COMMIT}"
    with running_hub({"acme/tiny": folder}) as (address, asked):
        offline = _apart(tmp_path, address, "--model", pinned, "model", "check", pinned)
        loose = _apart(tmp_path, address, "model", "check", "acme/tiny", allow="true")
        quiet = list(asked)
        fetched = _apart(tmp_path, address, "model", "check", pinned, allow="true")

    assert (offline.returncode, f"model download {pinned}" in offline.stderr) == (3, True)
    assert (loose.returncode, "model download acme/tiny" in loose.stderr) == (3, True)
    assert quiet == []
    assert fetched.returncode == 0


def test_a_failed_download_says_why(tmp_path: Path) -> None:
    """A hub that does not know the model is exit 3 with one line."""
    with running_hub({}) as (address, _):
        ran = _apart(tmp_path, address, "model", "download", "acme/unknown")

    assert ran.returncode == 3
    assert "acme/unknown could not be downloaded" in ran.stderr
    assert "Traceback" not in ran.stderr


def _apart(folder: Path, hub: str, *argv: str, allow: str = "false") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: the hub's library reads its settings when it is imported."""
    environment = os.environ | {
        "HF_ENDPOINT": hub,
        "HF_HOME": str(folder / "hub"),
        "HF_HUB_OFFLINE": "0",
        "SIMILAR_CASES_ALLOW_DOWNLOAD": allow,
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    command = [sys.executable, "-m", "retriever.cli", *argv]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=100
    )


def test_download_refuses_what_needs_foreign_code(run: Run) -> None:
    """A model known to run code of its own is refused before the hub is asked."""
    ran = run("model", "download", "Alibaba-NLP/gte-multilingual-base")

    assert (ran.code, "never executes" in ran.err) == (3, True)


def test_prune_drops_other_models_vectors(by_file: Run, other_model: Path) -> None:
    """--others keeps the vectors in use only; --dry-run counts and keeps all; --max-mb 0 drops everything."""
    by_file("model", "use", other_model)

    told = by_file("model", "prune", "--others", "--dry-run")
    first = by_file("model", "prune", "--others")
    second = by_file("model", "prune", "--others")
    last = by_file("model", "prune", "--max-mb", "0")

    assert "would drop 0.0 MiB" in told.out
    assert first.out.startswith("3 vectors dropped, 3 kept")
    assert second.out.startswith("0 vectors dropped, 3 kept")
    assert last.out.startswith("3 vectors dropped, 0 kept")


@pytest.mark.slow
def test_a_transformer_is_checked_and_described_too(run: Run, tmp_path: Path) -> None:
    """info names pooling and prompts of a transformer; check loads and runs it."""
    folder = build_tiny_transformer(tmp_path / "bert", prompts={"query": "query: ", "passage": "passage: "})

    described = json.loads(run("model", "info", folder, "--json").out)
    checked = json.loads(run("model", "check", folder, "--json").out)

    assert described["kind"] == "transformer, mean pooling"
    assert (described["query_prompt"], described["case_prompt"]) == ("query: ", "passage: ")
    assert (checked["dims"], checked["batch_against_single"] < 0.02) == (32, True)
