"""Broken characters in a file: repaired before anything else looks, told in the report, ids left alone."""

import json
from pathlib import Path

from tests.support.cli import Run


def test_a_report_tells_what_was_repaired_and_what_is_lost(run: Run, tmp_path: Path) -> None:
    """Cases are stored as they were meant, in their language; the line of the first lost character is named."""
    rows = [
        {"id": "M-1", "problem": "Der Bildschirm bleibt nach der Anmeldung schwarz, GerÃ¤t geprÃ¼ft", "solution": "s"},
        {"id": "M-2", "problem": "the caf\ufffd door stays open", "solution": "s", "steps": ["fermer Ã  clÃ©"]},
        {"id": "MÃ¼-3", "problem": "sound", "solution": "s"},
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")

    told = run("ingest", "t.jsonl", "--compare", "0").err.replace("\n", " ")
    cases = {case["id"]: case for case in json.loads(run("case", "list", "--json").out)}

    assert "2 rows held characters that another program had broken: repaired" in told
    assert "1 rows hold characters that are lost for good, the first in line 2" in told
    assert cases["M-1"]["problem"].endswith("Gerät geprüft")
    assert cases["M-1"]["language"] == "de"
    assert cases["M-2"]["steps"] == ["fermer à clé"]
    assert "MÃ¼-3" in cases


def test_who_is_known_is_masked_in_a_repaired_text(run: Run, tmp_path: Path) -> None:
    """A requester whose name is as broken as the text of the ticket does not pass by its repair."""
    ticket = {
        "id": 8,
        "status": "solved",
        "subject": "Der Drucker lÃ¤uft nicht",
        "description": "Der Drucker lÃ¤uft nicht, XÃ¼vier ZÃ¶ltan hat ihn zuletzt benutzt.",
        "requester_id": 2,
        "requester": {"id": 2, "name": "XÃ¼vier ZÃ¶ltan"},
        "assignee_id": 1,
        "comments": [{"public": True, "author_id": 1, "plain_body": "XÃ¼vier ZÃ¶ltan soll den Drucker neu starten."}],
    }
    (tmp_path / "t.json").write_text(json.dumps({"tickets": [ticket]}, ensure_ascii=False), "utf-8")

    assert run("ingest", "t.json", "--source", "zendesk", "--publish", "--compare", "0").code == 0
    (case,) = json.loads(run("case", "list", "--json").out)

    assert case["problem"].startswith("Der Drucker läuft nicht, [PERSON_1]")
    assert "ltan" not in json.dumps(case)
