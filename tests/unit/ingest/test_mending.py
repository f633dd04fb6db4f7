"""Broken characters in what a help desk sends: repaired as in a file, and nobody's name passes by it."""

import json
from pathlib import Path

from retriever.ingest.mending import mended_people
from retriever.ingest.rules import TicketRules
from retriever.ingest.webhooks import receive
from retriever.masking import KnownEntities
from retriever.store import open_store


def test_a_delivery_is_repaired_and_masked(tmp_path: Path) -> None:
    """A draft out of a webhook reads as its author wrote it, without the requester's name."""
    ticket = {
        "id": 4,
        "status": "solved",
        "subject": "GerÃ¤t startet nicht",
        "description": "Das GerÃ¤t von XÃ¼vier ZÃ¶ltan startet nicht mehr.",
        "requester": {"id": 2, "name": "XÃ¼vier ZÃ¶ltan"},
        "requester_id": 2,
        "assignee_id": 1,
        "comments": [{"public": True, "author_id": 1, "plain_body": "Das Netzteil muss zurÃ¼ckgesetzt werden."}],
    }
    body = json.dumps({"ticket": ticket}).encode()
    with open_store(tmp_path / "library.sqlite3") as store:
        assert receive(store, "zendesk", body, delivery_id="d", rules=TicketRules()).state == "queued"
        (delivery,) = store.deliveries.queued()

    assert delivery.case is not None
    assert delivery.case.problem == "Das Gerät von [PERSON_1] startet nicht mehr."
    assert delivery.case.solution == "Das Netzteil muss zurückgesetzt werden."


def test_people_are_known_by_both_spellings() -> None:
    """The broken one stays: a line that cannot be repaired may hold it."""
    people = KnownEntities(names=("JÃ¼rgen ZÃ¶ltan", "Ann Lee"), phones=("1234567",))

    assert mended_people(people) == KnownEntities(
        names=("JÃ¼rgen ZÃ¶ltan", "Ann Lee", "Jürgen Zöltan"), phones=("1234567",)
    )
