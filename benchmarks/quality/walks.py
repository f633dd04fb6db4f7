"""Which files does one question go through, one write, one webhook, one rebuild? `python -m benchmarks.quality.walks`.

Each is done once, in this process, through the application, over a small library; every file of the product is named in
the order in which it is first entered. What serves all requests alike is among them. `--out FILE` keeps the lists.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from pydantic import SecretStr
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.case.times import utc_stamp
from retriever.config import Settings
from retriever.domain import Case
from retriever.indexing.rebuild import rebuild
from retriever.store import open_store
from retriever.wiring.encoder import open_encoder
from retriever.wiring.service import Service, open_service

ROOT = Path(__file__).resolve().parents[2]
SECRET = "made up for this walk, forty signs long"  # noqa: S105
QUIET_AFTER = 4
"""Seconds after which a new server has done what it does in the background."""
TICKET = {
    "id": 7,
    "subject": "Unit dead",
    "description": "Unit number seven does not start any more",
    "status": "solved",
    "requester_id": 1,
    "comments": [{"public": True, "author_id": 2, "body": "Replace the fuse F3 and restart the unit."}],
}


class Trail:
    """The files of the product that were entered while `following`: at each change of file, the next one."""

    def __init__(self) -> None:
        """Nothing entered yet."""
        self.steps: list[str] = []
        self._on = False

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """A profiler's hook: called with every call, in every thread."""
        name = frame.f_code.co_filename
        called = event == "call" and frame.f_code.co_name != "<module>"  # importing is no step of a walk
        if self._on and called and name.startswith((f"{ROOT}/retriever/", f"{ROOT}/index/")):
            place = str(Path(name).relative_to(ROOT))
            if self.steps[-1:] != [place]:
                self.steps.append(place)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Note what is entered inside the block."""
        self.steps, self._on = [], True
        sys.setprofile(self.note)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._on = False


def build_library(settings: Settings) -> None:
    """Thirty cases and their index."""
    with open_store(settings.database_path) as store:
        store.cases.upsert(
            Case(f"c{number}", f"the printer {number} jams after two pages", "clean the rollers well", language="en")
            for number in range(30)
        )
        rebuild(store, open_encoder(settings), settings.index_dir)


def steps(client: TestClient, service: Service) -> dict[str, Callable[[], object]]:
    """What is walked, by name."""
    etag = client.get("/v1/cases/c1").headers["etag"]
    changed = {"problem": "the printer jams after three pages", "solution": "clean the rollers"}

    def webhook() -> None:
        body, at = json.dumps(TICKET).encode(), utc_stamp()
        seal = base64.b64encode(hmac.new(SECRET.encode(), at.encode() + body, hashlib.sha256).digest()).decode()
        headers = {"X-Zendesk-Webhook-Signature": seal, "X-Zendesk-Webhook-Signature-Timestamp": at}
        told = client.post("/v1/webhooks/zendesk", content=body, headers=headers | {"content-type": "application/json"})
        assert told.status_code == 202, told.text
        assert service.arrivals.process_deliveries() == 1

    return {
        "question": lambda: client.post("/v1/similar", json={"problem": "printer 3 jams"}).raise_for_status(),
        "write": lambda: client.put("/v1/cases/c1", json=changed, headers={"If-Match": etag}).raise_for_status(),
        "webhook": webhook,
        "rebuild": lambda: rebuild(service.store, service.encoder, service.settings.index_dir),
    }


def walk_all(*, quiet_after: float = QUIET_AFTER) -> dict[str, list[str]]:
    """The steps of each walk, whatever the server does in the background among them if it is not given time."""
    trail, walks = Trail(), {}
    threading.setprofile(trail.note)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(
                data_dir=Path(folder),
                webhook_secrets={"zendesk": SecretStr(SECRET)},
                log_queries=False,
                poll_seconds=60,
            )
            build_library(settings)
            with (
                open_service(settings) as service,
                TestClient(create_app(service), base_url="http://localhost") as client,
            ):
                client.post(
                    "/v1/similar", json={"problem": "the first one loads what is loaded once"}
                ).raise_for_status()
                time.sleep(quiet_after)
                for name, step in steps(client, service).items():
                    with trail.following():
                        step()
                    walks[name] = trail.steps
    finally:
        threading.setprofile(None)
    return walks


def summary(steps: list[str]) -> dict[str, Any]:
    """Files in the order in which they are first entered, and how many lines they hold."""
    files = list(dict.fromkeys(steps))
    lines = sum(len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in files)
    return {"files": len(files), "lines": lines, "order": files}


def main() -> None:
    """Walk, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    walks = {name: summary(steps) for name, steps in walk_all().items()}
    for name, walk in walks.items():
        print(f"{name}: {walk['files']} files, {walk['lines']:,} lines")
        print("  " + " → ".join(walk["order"]))
    if arguments.out:
        arguments.out.write_text(json.dumps(walks, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
