"""The end of validity is one rule: the function and the database's list agree."""

from datetime import date
from pathlib import Path

from retriever.case.validity import is_expired
from retriever.store import open_store
from tests.support.builders import make_case

TODAY = date(2026, 3, 31)
ENDS = (
    "",
    "2025-12-31",
    "2026-03-30",
    "2026-03-30T23:59:59Z",
    "2026-03-31",
    "2026-03-31T00:00:00Z",
    "2026-03-31T23:00:00Z",
    "2026-04-01",
    "2027-01-01",
)


def test_the_function_and_the_list_agree(tmp_path: Path) -> None:
    """For days and moments before, on and after today."""
    cases = [make_case(f"c{number}", "p", valid_until=end) for number, end in enumerate(ENDS)]
    with open_store(tmp_path / "library.sqlite3") as store:
        store.cases.upsert(cases)
        listed = {stored.case.id for stored in store.reviews.find_expired(TODAY.isoformat())}

    assert listed == {case.id for case in cases if is_expired(case, TODAY)} == {"c1", "c2", "c3"}
