"""ingest of a table of tickets: what is said of its drafts, and their way to publication."""

import json
from pathlib import Path

from tests.support.cli import Run

HEADER = "Ticketnummer;Betreff;Beschreibung;Lösung;Status;Gelöst am"
ROWS = (
    "T-1;Kopierer;Der Kopierer druckt Streifen;Trommel K2 ersetzen und neu starten;Gelöst;02.03.2026",
    "T-2;Kasse;Die Kasse druckt keinen Beleg;Papierrolle andersherum einlegen;Geschlossen;03/02/2026",
    "T-3;Tor;Das Tor geht nicht auf;Sicherung F3 ersetzen und Tor einlernen;Storniert;",
)


def test_the_command_says_what_became_of_the_rows(run: Run, tmp_path: Path) -> None:
    """How many drafts wait, who submits them, what they are called, which dates are missing."""
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join((HEADER, *ROWS)), encoding="utf-8")

    ran = run("ingest", path, "--actor", "ann", "--compare", "0")

    said = " ".join(ran.err.split())
    assert ran.code == 0
    assert "before their reviews: 2; ann" in said
    assert "ann, or whoever is a reviewer or above, submits them" in said
    assert "such as manual:T-1 for T-1" in said
    assert "line 3: resolved_at '03/02/2026' was left out" in said
    assert json.loads(run("case", "show", "T-1", "--json").out)["created_by"] == "ann"
    assert run("review", "submit", "manual:T-1", "--actor", "ann", "--role", "contributor").code == 0
    assert run("ingest", path, "--actor", "system").code == 1


def test_a_case_of_a_submitter_without_a_team_reaches_publication(run: Run, tmp_path: Path) -> None:
    """Also where the knowledge manager comes first: any reviewer may be the second one."""
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join((HEADER, ROWS[0])), encoding="utf-8")
    run("ingest", path, "--compare", "0")
    approve = ("review", "approve", "manual:T-1", "--effective", "--checked", "all")

    assert run("review", "submit", "manual:T-1").code == 0
    assert run(*approve, "--actor", "kim", "--role", "knowledge_manager").code == 0
    assert "reject it" in run(*approve, "--actor", "kim", "--role", "knowledge_manager").err
    assert run(*approve, "--actor", "lee", "--role", "reviewer", "--team", "red").code == 0
    assert json.loads(run("case", "show", "manual:T-1", "--json").out)["status"] == "published"
