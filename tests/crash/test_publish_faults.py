"""Publishing survives a failure at any step: CURRENT always names a whole snapshot, and the next publish succeeds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.manifest import Manifest
from index.snapshots import Snapshots

MANIFEST = Manifest(name="", created_at="2026-01-01T00:00:00Z", rows=1, dim=2, kind="exact", labels={"revision": "1"})


class InjectedError(Exception):
    """The injected fault."""


class FailAt:
    """Lets the first `n` of the watched calls through and fails all later ones, as a process that died would."""

    def __init__(self, n: int) -> None:
        self.left = n

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call with the fault in front."""

        def failing(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            self.left -= 1
            if self.left < 0:
                raise InjectedError
            return call(*arguments, **named)

        return failing


def publish(snapshots: Snapshots, text: str) -> None:
    """Publish a snapshot that holds this text."""
    with snapshots.build_lock(), snapshots.stage() as staged:
        (staged / "data").write_text(text)
        (staged / "words").mkdir()
        (staged / "words" / "more").write_text(text * 3)
        snapshots.publish(staged, MANIFEST)


def steps_of_a_publish(tmp_path: Path) -> int:
    """How many calls that can fail one publish makes."""
    counter = FailAt(10_000)
    with pytest.MonkeyPatch.context() as patch:
        inject(patch, counter)
        publish(Snapshots(tmp_path / "count"), "x")
    return 10_000 - counter.left


def inject(patch: pytest.MonkeyPatch, faults: FailAt) -> None:
    """Put the faults under every call that touches the disk for good."""
    patch.setattr(os, "fsync", faults.wrap(os.fsync))
    patch.setattr(Path, "rename", faults.wrap(Path.rename))
    patch.setattr(Path, "write_text", faults.wrap(Path.write_text))


def test_every_prefix_of_a_publish_recovers(tmp_path: Path) -> None:
    """Whichever write, fsync or rename is the last to succeed, the old or the new snapshot is served, whole."""
    steps = steps_of_a_publish(tmp_path)
    assert steps >= 10

    for n in range(steps):
        root = tmp_path / str(n)
        publish(Snapshots(root), "old")
        with pytest.MonkeyPatch.context() as patch, pytest.raises(InjectedError):
            inject(patch, FailAt(n))
            publish(Snapshots(root), "new")

        after = Snapshots(root)
        name = after.current_name()
        assert name is not None
        after.verify(name)
        assert (after.path(name) / "data").read_text() in ("old", "new")

        publish(after, "newer")
        served = after.current_name()
        assert served is not None and (after.path(served) / "data").read_text() == "newer"
        assert [path.name for path in after.folder.iterdir() if path.name.startswith(".staged-")] == []
        assert not (root / "CURRENT.tmp").exists()
