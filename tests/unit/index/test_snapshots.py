"""Snapshots: published once, verified byte by byte, rolled back, pruned."""

import json
from pathlib import Path

import pytest

from index.manifest import MANIFEST_FILE, Manifest
from index.snapshots import BuildLocked, Snapshots
from index.types import IndexDamaged

MANIFEST = Manifest(name="", created_at="2026-01-01T00:00:00Z", rows=3, dim=2, kind="exact", labels={"revision": "7"})


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    """Three published generations whose file says which they are."""
    found = Snapshots(tmp_path / "index")
    for text in ("one", "two", "three"):
        publish(found, text)
    return found


def publish(snapshots: Snapshots, text: str) -> Manifest:
    """Publish one more generation that holds this text."""
    with snapshots.build_lock(), snapshots.stage() as staged:
        (staged / "data").write_text(text)
        return snapshots.publish(staged, MANIFEST)


def test_the_last_published_is_current(snapshots: Snapshots) -> None:
    """Generations are numbered in order and CURRENT names the newest."""
    assert snapshots.names() == ["000001", "000002", "000003"]
    assert snapshots.current_name() == "000003"


def test_nothing_published_has_no_current(tmp_path: Path) -> None:
    """A fresh root has no generation and no error."""
    assert Snapshots(tmp_path).current_name() is None
    assert Snapshots(tmp_path).names() == []


def test_manifest_keeps_labels(snapshots: Snapshots) -> None:
    """What the owner says of a snapshot is read back as it was written."""
    manifest = snapshots.verify("000002")

    assert (manifest.name, manifest.rows, manifest.labels) == ("000002", 3, {"revision": "7"})
    assert set(manifest.files) == {"data"}


@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "remove"])
def test_any_damage_is_refused(snapshots: Snapshots, damage: str) -> None:
    """A changed, cut, grown or missing file fails verification, naming the file."""
    path = snapshots.path("000003") / "data"
    changed = {"flip": b"thrfe", "cut": b"thr", "grow": b"three!"}
    path.unlink() if damage == "remove" else path.write_bytes(changed[damage])

    with pytest.raises(IndexDamaged, match="data"):
        snapshots.verify("000003")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', json.dumps({"name": "x", "files": {}})])
def test_unreadable_manifests_are_refused(snapshots: Snapshots, text: str) -> None:
    """A manifest that is cut or of another shape is damage, never a crash of another kind."""
    (snapshots.path("000003") / MANIFEST_FILE).write_text(text)

    with pytest.raises(IndexDamaged):
        snapshots.verify("000003")


def test_another_format_is_refused(snapshots: Snapshots) -> None:
    """A snapshot of a later program says so and what to do."""
    path = snapshots.path("000003") / MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))

    with pytest.raises(IndexDamaged, match=r"format 99.*rebuild"):
        snapshots.verify("000003")


def test_rollback_goes_one_back_and_to_a_name(snapshots: Snapshots) -> None:
    """Without a name the generation before the current one is served, with one that one."""
    with snapshots.build_lock():
        assert snapshots.rollback().name == "000002"
        assert snapshots.rollback().name == "000001"
        with pytest.raises(KeyError):
            snapshots.rollback()
        assert snapshots.rollback("000003").name == "000003"
    assert snapshots.current_name() == "000003"


def test_rollback_undoes_what_was_served(snapshots: Snapshots) -> None:
    """The way back is what was served before, even if that is newer, and a gone generation is passed over."""
    with snapshots.build_lock():
        snapshots.rollback("000001")
        assert snapshots.find_previous() == "000003"
        assert snapshots.rollback().name == "000003"
        snapshots.rollback("000001")
        snapshots.prune(1)
        assert snapshots.find_previous() is None


def test_prune_keeps_the_way_back(snapshots: Snapshots) -> None:
    """What was served before the current generation stays longer than newer ones that were not."""
    with snapshots.build_lock():
        snapshots.rollback("000001")
        snapshots.rollback("000003")
        assert snapshots.prune(2) == ["000002"]
        assert snapshots.rollback().name == "000001"


def test_rollback_refuses_a_damaged_target(snapshots: Snapshots) -> None:
    """A damaged older generation is not served; the current one stays."""
    (snapshots.path("000002") / "data").write_text("tw0")

    with snapshots.build_lock(), pytest.raises(IndexDamaged):
        snapshots.rollback()
    assert snapshots.current_name() == "000003"


@pytest.mark.parametrize(
    ("keep", "left"), [(1, ["000003"]), (2, ["000002", "000003"]), (9, ["000001", "000002", "000003"])]
)
def test_prune_keeps_the_newest(snapshots: Snapshots, keep: int, left: list[str]) -> None:
    """The newest `keep` stay."""
    with snapshots.build_lock():
        snapshots.prune(keep)

    assert snapshots.names() == left


def test_prune_never_takes_the_current_one(snapshots: Snapshots) -> None:
    """A generation rolled back to survives pruning though it is the oldest."""
    with snapshots.build_lock():
        snapshots.rollback("000001")
        assert snapshots.prune(1, dry_run=True) == ["000002", "000003"]
        assert snapshots.names() == ["000001", "000002", "000003"]
        snapshots.prune(1)

    assert snapshots.names() == ["000001"]
    assert snapshots.current_name() == "000001"


def test_only_one_builds(snapshots: Snapshots) -> None:
    """A second builder is refused while the first holds the lock, and let in after it."""
    with snapshots.build_lock(), pytest.raises(BuildLocked), snapshots.build_lock():
        pass
    with snapshots.build_lock():
        pass


def test_what_a_killed_builder_left_is_swept(snapshots: Snapshots) -> None:
    """A half-written folder never looks like a generation and goes with the next build."""
    (snapshots.folder / ".staged-99").mkdir()
    (snapshots.root / "CURRENT.tmp").write_text("0000")

    assert snapshots.names() == ["000001", "000002", "000003"]
    publish(snapshots, "four")
    assert not (snapshots.folder / ".staged-99").exists()
    assert not (snapshots.root / "CURRENT.tmp").exists()


def test_a_current_that_names_nothing_is_damage(snapshots: Snapshots) -> None:
    """CURRENT that names no generation is refused, not guessed."""
    (snapshots.root / "CURRENT").write_text("000042\n")

    with pytest.raises(IndexDamaged, match="000042"):
        snapshots.current_name()
