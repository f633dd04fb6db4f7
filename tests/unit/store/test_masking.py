"""Nothing personal gets past the store's door, whichever way it comes."""

from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import Actor, Role, Status
from retriever.errors import InvalidInput
from retriever.masking import mask_case
from retriever.masking.listed import NAMES_FILE
from retriever.store import IngestProgress, LoggedQuery, Review, Step, Store, open_store
from tests.support.builders import make_case

PRIVATE = "anna@corp.example"
REVIEWER = Actor("ben", Role.REVIEWER)


def test_upserts_are_masked(store: Store) -> None:
    """Writing the masked text again, or the raw one, changes nothing."""
    case = make_case("a", f"mail {PRIVATE}")

    (created,) = store.cases.upsert([case])
    (again,) = store.cases.upsert([case])
    (masked,) = store.cases.upsert([mask_case(case)[0]])

    assert store.cases.get("a").case.problem == "mail [EMAIL_1]"
    assert (created.action, again.action, masked.action) == ("created", "unchanged", "unchanged")


def test_transitions_pending_texts_and_notes_are_masked(store: Store) -> None:
    """Cases, revisions, reasons and answers of the lifecycle."""
    store.cases.upsert([make_case("a", "p")])
    with store.transition(REVIEWER) as transition:
        stored = transition.put(transition.masked(make_case("a", f"mail {PRIVATE}")), if_version=1)
        transition.save_review(
            Review(stored.key, Status.DRAFT, 1, pending=transition.masked(make_case("a", f"ask {PRIVATE}")))
        )
        transition.note(stored, Step.REJECT, answers={"note": f"see {PRIVATE}", "ok": True}, reason=f"tell {PRIVATE}")

    review, (told,) = store.reviews.find("a"), store.reviews.steps("a")
    assert store.cases.get("a").case.problem == "mail [EMAIL_1]"
    assert review is not None
    assert review.pending is not None
    assert review.pending.problem == "ask [EMAIL_1]"
    assert (told.note, told.answers) == ("tell [EMAIL_1]", {"note": "see [EMAIL_1]", "ok": True})


def test_questions_and_file_names_are_masked(store: Store) -> None:
    """What people type, and what they call their exports."""
    store.events.log_queries([LoggedQuery("q", "2026-03-02T08:00:00Z", text=f"where is {PRIVATE}")])
    store.cases.upsert([make_case("a", "p")], progress=IngestProgress("00", 1, name=f"{PRIVATE}.csv"))

    (found,) = store.events.iter_queries()
    assert found.text == "where is [EMAIL_1]"
    assert PRIVATE not in store.ingests.all()[0].name


def test_an_old_text_is_masked_when_its_case_moves_on(store: Store) -> None:
    """What was stored while masking was off does not stay for ever."""
    with Store(store.path, mask=False) as open_door:
        open_door.cases.upsert([make_case("a", f"mail {PRIVATE}")])
    case = store.cases.get("a").case

    store.cases.upsert([replace(case, status=Status.HISTORICAL)])

    assert case.problem == f"mail {PRIVATE}"
    assert store.cases.get("a").case.problem == "mail [EMAIL_1]"


def test_names_listed_beside_the_library_are_masked(tmp_path: Path) -> None:
    """On the way in, in what is stored already, and a wrong line keeps the library shut."""
    path = tmp_path / "library.sqlite3"
    with open_store(path) as store:
        store.cases.upsert([make_case("old", "zofia cannot print")])
    (tmp_path / NAMES_FILE).write_text("Zofia\n", encoding="utf-8")
    with open_store(path) as store:
        store.cases.upsert([make_case("new", "Zofia cannot scan")])
        store.remask()
        assert store.cases.get("new").case.problem == "[PERSON_1] cannot scan"
        assert store.cases.get("old").case.problem == "[PERSON_1] cannot print"
    (tmp_path / NAMES_FILE).write_text("Zofia\nab\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 2"):
        open_store(path)
