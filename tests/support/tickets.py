"""Tickets as a help desk exports them, and changes that people make to the cases they became."""

import json
from pathlib import Path
from typing import Any

from retriever.domain import Case
from retriever.ingest.pipeline import IngestOptions
from retriever.ingest.sources.registry import get_source
from retriever.store import Store

ZENDESK = IngestOptions(mapping=get_source("zendesk"))


def ticket(number: int, *, answer: str = "Replace the fuse F3 and restart the unit.", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A solved Zendesk ticket."""
    comments = [{"public": True, "author_id": 2, "body": answer}]
    return {
        "id": number,
        "subject": f"Unit {number} is dead",
        "description": f"Unit number {number} does not start any more",
        "status": "solved",
        "requester_id": 1,
        "comments": comments,
    } | more


def export(folder: Path, tickets: list[dict[str, Any]]) -> Path:
    """A page of the API."""
    path = folder / "tickets.json"
    path.write_text(json.dumps({"tickets": tickets}), encoding="utf-8")
    return path


def put(store: Store, case: Case) -> None:
    """Change a case as a person would."""
    assert store.cases.upsert([case])[0].action == "updated"
