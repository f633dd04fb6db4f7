"""From a name to a folder: what is found, what is fetched, and what a folder may say."""

import json
from pathlib import Path

import pytest

from retriever.embedding import loading
from retriever.embedding.folder import MAX_CONFIG_BYTES, read_json, read_model_folder
from retriever.embedding.loading import download_model, find_model_folder, load_encoder, pinned_name, split_revision
from retriever.errors import ModelUnavailable
from tests.support.tiny_models import build_tiny_static

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """The hub's client library: answers from one folder, or not at all; notes what it was asked."""

    def __init__(self, folder: Path | None, *, here: bool) -> None:
        self.folder, self.here = folder, here
        self.asked: list[tuple[str, str | None, bool]] = []

    def __call__(self, hub_id: str, *, revision: str | None, local_files_only: bool, **_: object) -> str:
        """snapshot_download, as far as it is used."""
        self.asked.append((hub_id, revision, local_files_only))
        if self.folder is None or (local_files_only and not self.here):
            raise FileNotFoundError("no such snapshot\nand a second line")
        return str(self.folder)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A static model in a folder named by its commit, as the hub's cache has it."""
    return build_tiny_static(tmp_path / "snapshots" / COMMIT)


def _install(monkeypatch: pytest.MonkeyPatch, hub: Hub) -> Hub:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub)
    return hub


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("acme/tiny", ("acme/tiny", "")),
        (f"acme/tiny@{COMMIT}", ("acme/tiny", COMMIT)),
        ("acme/tiny@v1.0", ("acme/tiny", "v1.0")),
        ("builtin", ("builtin", "")),
        ("/models/a@b", ("/models/a@b", "")),
    ],
)
def test_a_revision_stands_after_the_hub_id(name: str, parts: tuple[str, str]) -> None:
    """owner/name@revision is two things; everything else is one."""
    assert split_revision(name) == parts


def test_a_cached_model_is_used_without_the_hub(monkeypatch: pytest.MonkeyPatch, snapshot: Path) -> None:
    """What is here is taken, offline or not, and the name carries the revision that was asked for."""
    hub = _install(monkeypatch, Hub(snapshot, here=True))

    encoder = load_encoder("acme/tiny", revision="v1", offline=False)

    assert hub.asked == [("acme/tiny", "v1", True)]
    assert encoder.name == "acme/tiny@v1"
    assert pinned_name("acme/tiny") == f"acme/tiny@{COMMIT}"


def test_offline_never_asks_the_hub(monkeypatch: pytest.MonkeyPatch, snapshot: Path) -> None:
    """A missing model offline is an error that names the download command; only the cache was looked at."""
    hub = _install(monkeypatch, Hub(snapshot, here=False))

    with pytest.raises(ModelUnavailable, match=f"model download acme/tiny@{COMMIT}"):
        find_model_folder(f"acme/tiny@{COMMIT}")
    assert [local for _, _, local in hub.asked] == [True]


def test_only_a_commit_is_fetched_by_itself(monkeypatch: pytest.MonkeyPatch, snapshot: Path) -> None:
    """A branch could mean another model tomorrow: it is refused, a commit is fetched."""
    hub = _install(monkeypatch, Hub(snapshot, here=False))

    with pytest.raises(ModelUnavailable, match="only a pinned revision"):
        find_model_folder("acme/tiny@main", offline=False)
    assert all(local for _, _, local in hub.asked)
    assert find_model_folder(f"acme/tiny@{COMMIT}", offline=False).path == snapshot


def test_a_download_names_the_commit_that_came(monkeypatch: pytest.MonkeyPatch, snapshot: Path) -> None:
    """Without a revision the newest is fetched and named by its commit."""
    hub = _install(monkeypatch, Hub(snapshot, here=False))

    assert download_model("acme/tiny") == f"acme/tiny@{COMMIT}"
    assert hub.asked == [("acme/tiny", None, False)]


def test_a_download_without_safe_weights_is_refused(monkeypatch: pytest.MonkeyPatch, snapshot: Path) -> None:
    """A repository that offers pickles only is of no use here."""
    (snapshot / "model.safetensors").unlink()
    _install(monkeypatch, Hub(snapshot, here=False))

    with pytest.raises(ModelUnavailable, match=r"offers no \*\.safetensors"):
        download_model("acme/tiny")


def test_a_failed_download_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the hub's library says, its first line is enough."""
    _install(monkeypatch, Hub(None, here=False))

    with pytest.raises(ModelUnavailable, match=r"could not be downloaded: no such snapshot$"):
        download_model("acme/tiny")


def test_a_short_name_means_its_card(monkeypatch: pytest.MonkeyPatch, snapshot: Path) -> None:
    """bge-m3 is looked for under its whole id."""
    hub = _install(monkeypatch, Hub(snapshot, here=True))

    find_model_folder("bge-m3")

    assert hub.asked[0][0] == "BAAI/bge-m3"


def test_names_that_are_fixed_already(tmp_path: Path) -> None:
    """The built-in model keeps its name; a folder is named by its whole path."""
    folder = build_tiny_static(tmp_path / "model")

    assert pinned_name("builtin") == "builtin"
    assert pinned_name(str(folder)) == str(folder.resolve())


def test_a_broken_installation_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the weights in the package the built-in model says that the package is to blame."""
    monkeypatch.setattr(loading, "BUILTIN_FOLDER", tmp_path)

    with pytest.raises(ModelUnavailable, match="install the package again"):
        load_encoder("builtin")


def test_config_files_are_checked(tmp_path: Path) -> None:
    """A config that is no JSON, or far too large, is refused by name; an absent one is empty."""
    path = tmp_path / "config.json"
    assert read_json(path) == {}
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="not valid JSON"):
        read_json(path)
    path.write_text(" " * (MAX_CONFIG_BYTES + 1), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="larger than a config file"):
        read_json(path)


def test_folders_without_modules_are_read_as_their_makers_do(tmp_path: Path) -> None:
    """A bare transformer is mean-pooled, a model2vec folder is static, an empty one is no model."""
    with pytest.raises(ModelUnavailable, match=r"neither modules\.json nor config\.json"):
        read_model_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    bare = read_model_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "model2vec"}', encoding="utf-8")

    assert ([module.kind for module in bare.modules], bare.pooling) == (["Transformer", "Pooling"], "mean")
    assert read_model_folder(tmp_path).is_static


@pytest.mark.parametrize(
    ("settings", "pooling"),
    [({"pooling_mode": "lasttoken"}, "lasttoken"), ({"pooling_mode": ["cls", "mean"]}, "cls+mean"), ({}, "mean")],
)
def test_pooling_is_read_in_old_and_new_spelling(tmp_path: Path, settings: dict[str, object], pooling: str) -> None:
    """The mode by name, several modes, and no mode at all."""
    modules = [{"type": "sentence_transformers.models.Pooling", "path": ""}]
    (tmp_path / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps(settings), encoding="utf-8")

    assert read_model_folder(tmp_path).pooling == pooling


def test_a_default_prompt_serves_both_sides(tmp_path: Path) -> None:
    """Where only a default prompt is named, questions and cases get it."""
    folder = build_tiny_static(tmp_path / "model")
    told = {"prompts": {"task": "my card "}, "default_prompt_name": "task"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(told), encoding="utf-8")

    described = read_model_folder(folder)

    assert (described.query_prompt, described.case_prompt) == ("my card ", "my card ")
