"""Tables of tickets without a map: drafts of whoever imports them, told in numbers, names and dates."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.case.mentions import shown
from retriever.domain import Status
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.ingest.report import IngestReport
from retriever.lifecycle.tickets import revised_by_ticket
from retriever.store import Store, open_store
from tests.support.tickets import put

HEADER = "Ticketnummer;Betreff;Beschreibung;Lösung;Status;Gelöst am"
ROWS = (
    "T-1;Kopierer;Der Kopierer druckt Streifen;Trommel K2 ersetzen und neu starten;Gelöst;02.03.2026",
    "T-2;Kasse;Die Kasse druckt keinen Beleg;Papierrolle andersherum einlegen;Geschlossen;03/02/2026",
    "T-3;Scanner;Der Scanner sendet leere Seiten;Leerseiten im Profil ausschalten;Offen;",
    "T-4;Tor;Das Tor geht nicht auf;Sicherung F3 ersetzen und Tor einlernen;Storniert;",
    "T-5;Netz;Das Netz ist langsam seit Montag;Kanal 36 am Zugangspunkt einstellen;wartet auf den Mond;soon",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        yield opened


def take(folder: Path, store: Store, *rows: str, header: str = HEADER, **options: object) -> IngestReport:
    """A table taken in."""
    path = folder / "tickets.csv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return ingest(path, store, IngestOptions(**options), revise=revised_by_ticket)  # type: ignore[arg-type]


def test_a_table_with_numbers_of_tickets_is_one_of_tickets(tmp_path: Path, store: Store) -> None:
    """Solved ones become drafts, others are skipped with the reason; an account's own word skips nothing."""
    report = take(tmp_path, store, *ROWS)

    assert (report.drafts, report.published, report.rejected) == (3, 0, 0)
    assert report.reasons == {"unresolved": 1, "closed without a fix": 1}
    case = store.cases.get("manual:T-1").case
    assert (case.status, case.created_by, case.resolved_at) == (Status.DRAFT, "local", "2026-03-02")


def test_dates_that_may_be_two_days_are_told_and_cost_no_row(tmp_path: Path, store: Store) -> None:
    """With their line, as they stand."""
    report = take(tmp_path, store, *ROWS)

    assert [tuple(date) for date in report.dates] == [
        (3, "resolved_at", "'03/02/2026'"),
        (6, "resolved_at", "'soon'"),
    ]
    assert report.dates_unread == 2
    assert store.cases.get("manual:T-2").case.resolved_at == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("03/02/2026", "'03/02/2026'"),
        ("31.02.2026 10:00", "'31.02.2026 10:00'"),
        ("2026-13-01", "'2026-13-01'"),
        ("eva@northwind.example", "'[EMAIL_1]'"),
        ("4929 1234 5678 9012", None),
        ("123-45-6789", None),
    ],
)
def test_a_message_shows_a_date_as_given_and_nothing_personal(value: str, said: str | None) -> None:
    """What only looks like one stays hidden."""
    assert shown(value) == said if said else value not in shown(value)


def test_what_is_published_and_what_is_not_is_counted(tmp_path: Path, store: Store) -> None:
    """With `publish` tickets are published; cases of our own, which have an id, are as ever."""
    assert take(tmp_path, store, ROWS[0], publish=True).published == 1
    own = take(tmp_path, store, "C-1,the printer jams,open the cover", header="id,problem,solution")
    assert (own.published, own.drafts) == (1, 0)
    assert store.cases.get("C-1").case.created_by == ""


def test_a_column_of_our_own_export_makes_no_ticket(tmp_path: Path, store: Store) -> None:
    """`source.external_id` is in files that this program wrote: they keep their status, and a bad date is refused."""
    header = "source.external_id,problem,solution,status,opened_at"
    report = take(
        tmp_path,
        store,
        "7,the printer jams,open the cover,historical,",
        "8,x is broken,y mends it,,soon",
        header=header,
    )

    assert store.cases.get("manual:7").case.status is Status.HISTORICAL
    assert [(row.field, row.line) for row in report.rows] == [("opened_at", 3)]


def test_another_name_is_told_with_an_example(tmp_path: Path, store: Store) -> None:
    """A number becomes an id behind its source."""
    report = take(tmp_path, store, *ROWS[:2], source_system="desk")

    assert (report.renamed, list(report.names)) == (2, [("T-1", "desk:T-1")])
    own = take(tmp_path, store, "C-1,the printer jams,open the cover", header="id,problem,solution")
    assert own.renamed == 0


def test_the_same_tickets_from_somebody_else_change_nothing(tmp_path: Path, store: Store) -> None:
    """A draft belongs to who brought it first; it follows its ticket all the same, and a deleted one stays deleted."""
    take(tmp_path, store, *ROWS[:2], owner="ann")
    assert take(tmp_path, store, *ROWS[:2], owner="bob").unchanged == 2
    store.cases.delete("manual:T-2")

    changed = ROWS[0].replace("neu starten", "zweimal starten")
    report = take(tmp_path, store, changed, ROWS[1], owner="bob")

    assert (report.updated, report.unchanged, report.created) == (1, 1, 0)
    case = store.cases.get("manual:T-1").case
    assert (case.created_by, "zweimal" in case.solution) == ("ann", True)


def test_a_draft_that_was_edited_is_kept(tmp_path: Path, store: Store) -> None:
    """The owner in it is no edit; a new text is."""
    take(tmp_path, store, ROWS[0], owner="ann")
    put(store, replace(store.cases.get("manual:T-1").case, diagnosis="worn drum"))

    assert take(tmp_path, store, ROWS[0].replace("neu", "zweimal"), owner="ann").kept == 1


def test_a_published_case_of_an_owned_draft_gets_only_the_tickets_changes(tmp_path: Path, store: Store) -> None:
    """What was last taken over is known, though the stored case names its owner: what people wrote here stays."""
    take(tmp_path, store, ROWS[0], owner="ann")
    case = store.cases.get("manual:T-1").case
    put(store, replace(case, status=Status.PUBLISHED, title="Kopierer druckt Streifen"))

    report = take(tmp_path, store, ROWS[0].replace("neu", "zweimal"), owner="ann")
    review = store.reviews.find("manual:T-1")

    assert report.revised == 1
    assert review is not None
    assert review.pending is not None
    assert (review.pending.title, "zweimal" in review.pending.solution) == ("Kopierer druckt Streifen", True)


def test_an_older_row_of_a_ticket_changes_nothing(tmp_path: Path, store: Store) -> None:
    """A column with the time of the last change is read, though it is no field of a case."""
    header = "Número;Descripción;Solución;Última actualización"
    newer = "7;La caja no imprime recibos;Coloque el rollo al revés y reinicie;2026-03-02 12:00"
    take(tmp_path, store, newer, header=header)

    report = take(tmp_path, store, "7;La caja no imprime recibos;Reinicie la caja;01.03.2026", header=header)

    assert (report.older, report.ignored_columns) == (1, ())
    assert "rollo" in store.cases.get("manual:7").case.solution


@pytest.mark.parametrize("solution", ["Erledigt", "Duplikat von Ticket 31", "Zusammengeführt mit Ticket #3"])
def test_a_ticket_that_says_nothing_is_skipped(tmp_path: Path, store: Store, solution: str) -> None:
    """As in the export of a help desk."""
    report = take(tmp_path, store, f"T-9;Tor;Das Tor geht nicht auf;{solution};Gelöst;")

    assert report.reasons == {"worthless resolution": 1}
