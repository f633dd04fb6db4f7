"""Writing and reading cases: identity, versions, revisions, listings."""

from dataclasses import replace

import pytest

from retriever.case.format import content_hash
from retriever.domain import Case, Change, Outcome, Status, StoredCase
from retriever.errors import CaseNotFound, Conflict, VersionMismatch
from retriever.store import CaseFilter, IngestProgress, Store
from tests.support.builders import a_case


def actions(store: Store, *cases: Case) -> list[str]:
    """What upserting these at once does, in order."""
    return [outcome.action for outcome in store.cases.upsert(cases)]


def test_a_new_case_is_read_back_as_it_was(store: Store) -> None:
    """Every part of a case survives the store, with key, version and revision counted from 1."""
    case = replace(a_case("ü-1"), steps=("1", "2"), outcome=Outcome("ok", 5, 4.5, False), status=Status.DRAFT)
    (outcome,) = store.cases.upsert([case])
    stored = store.cases.get("ü-1")
    assert stored == StoredCase(case, 1, 1, 1, content_hash(case), stored.created_at, stored.updated_at)
    assert (outcome.id, outcome.action, outcome.key, outcome.version, outcome.revision) == ("ü-1", "created", 1, 1, 1)
    assert store.cases.get_many([7, 1, 1]) == {1: stored}


def test_equal_content_changes_nothing(store: Store) -> None:
    """Writing the same again makes neither version nor revision, alone or beside a changed case."""
    store.cases.upsert([a_case("a"), a_case("b")])
    before = store.cases.get("a")
    assert actions(store, a_case("a"), a_case("b", problem="new")) == ["unchanged", "updated"]
    assert store.cases.get("a") == before
    assert store.cases.revision() == 3


def test_each_accepted_change_grows_the_revision_by_one(store: Store) -> None:
    """Creations, updates and deletions are numbered without gaps."""
    store.cases.upsert([a_case("a"), a_case("b"), a_case("a", problem="q")])
    assert store.cases.revision() == 3
    assert store.cases.delete("b").revision == 4
    store.cases.upsert([a_case("b")])
    assert store.cases.revision() == 5


def test_a_case_is_known_by_its_source(store: Store) -> None:
    """The same ticket under another id updates the stored case, which keeps its id and key."""
    store.cases.upsert([a_case("old", external="7")])
    (outcome,) = store.cases.upsert([a_case("new", external="7", problem="q")])
    assert (outcome.id, outcome.action, outcome.key) == ("old", "updated", 1)
    assert store.cases.find("new") is None
    assert store.cases.get("old").case.problem == "q"


def test_the_same_case_twice_in_a_batch_is_one_case(store: Store) -> None:
    """Cases of a batch see each other: created, then updated, by id and by source."""
    first, second = a_case("x", external="1"), a_case("y", external="1", problem="q")
    assert actions(store, first, second, second) == ["created", "updated", "unchanged"]
    assert [version.case.problem for version in store.cases.versions("x")] == ["p", "q"]


def test_two_sources_never_overwrite_each_other(store: Store) -> None:
    """An id that another source's case holds is refused with the reason, and the rest of the batch goes in."""
    store.cases.upsert([a_case("42", external="42", system="jira")])
    refused, created = store.cases.upsert([a_case("42", external="42", system="zendesk"), a_case("z")])
    assert (refused.action, refused.key, refused.reason) == ("refused", 0, "id 42 belongs to source jira:42")
    assert created.action == "created"
    assert store.cases.get("42").case.source.system == "jira"


def test_a_source_that_belongs_to_another_living_case_is_refused(store: Store) -> None:
    """One row cannot update two cases."""
    store.cases.upsert([a_case("a", external="1"), a_case("b")])
    (outcome,) = store.cases.upsert([a_case("b", external="1")])
    assert (outcome.action, outcome.reason) == ("refused", "source desk:1 belongs to case a")
    with pytest.raises(Conflict, match="belongs to case a"):
        store.cases.upsert([a_case("b", external="1")], if_version=1)


def test_an_edit_may_change_the_source(store: Store) -> None:
    """With if_version the id alone decides; the old source is free again."""
    store.cases.upsert([a_case("a", external="1")])
    store.cases.upsert([a_case("a", external="2")], if_version=1)
    assert actions(store, a_case("b", external="1")) == ["created"]
    assert store.cases.get("a").case.source.external_id == "2"


def test_if_version_guards_a_change(store: Store) -> None:
    """A change of another version than the stored one is refused and leaves everything as it was."""
    store.cases.upsert([a_case("a")])
    with pytest.raises(VersionMismatch, match="at version 1, not 2"):
        store.cases.upsert([a_case("a", problem="q")], if_version=2)
    with pytest.raises(CaseNotFound):
        store.cases.upsert([a_case("none")], if_version=1)
    with pytest.raises(Conflict, match="exists already"):
        store.cases.upsert([a_case("a")], if_version=0)
    with pytest.raises(VersionMismatch):
        store.cases.delete("a", if_version=9)
    assert store.cases.revision() == 1
    assert store.cases.upsert([a_case("a", problem="q")], if_version=1)[0].version == 2
    assert store.cases.upsert([a_case("n")], if_version=0)[0].action == "created"


def test_a_refused_batch_writes_nothing(store: Store) -> None:
    """An exception for one case of a batch takes back the whole batch."""
    store.cases.upsert([a_case("a")])
    with pytest.raises(Conflict):
        store.cases.upsert([a_case("b"), a_case("a")], if_version=0)
    assert store.cases.find("b") is None
    assert store.cases.revision() == 1


def test_a_dry_run_tells_what_would_happen(store: Store) -> None:
    """The outcomes are those of the real run, and nothing is written."""
    store.cases.upsert([a_case("a"), a_case("b")])
    batch = [a_case("a", problem="q"), a_case("b"), a_case("c")]
    told = store.cases.upsert(batch, dry_run=True)
    assert store.cases.revision() == 2
    assert told == store.cases.upsert(batch)


def test_a_deleted_case_is_gone_and_its_key_is_not_given_away(store: Store) -> None:
    """After a deletion no reading finds the case; the same id comes back under the same key as a further version."""
    store.cases.upsert([a_case("a", external="1"), a_case("b")])
    assert store.cases.delete("a") == Change(3, 1, True)
    assert store.cases.find("a") is None
    assert store.cases.get_many([1, 2]).keys() == {2}
    assert [stored.case.id for stored in store.cases.iter()] == ["b"]
    for gone in (store.cases.get, store.cases.versions, store.cases.delete, store.reviews.steps):
        with pytest.raises(CaseNotFound):
            gone("a")
    assert actions(store, a_case("other", external="1")) == ["created"]
    (again,) = store.cases.upsert([a_case("a")])
    assert (again.action, again.key, again.version) == ("created", 1, 2)


def test_every_version_is_kept(store: Store) -> None:
    """The versions of a case, deleted and made again in between, come oldest first with their own content."""
    for problem in ("one", "two", "three"):
        store.cases.upsert([a_case("a", problem=problem)])
    store.cases.delete("a")
    store.cases.upsert([a_case("a", problem="four")])
    kept = [(version.version, version.case.problem, version.revision) for version in store.cases.versions("a")]
    assert kept == [(1, "one", 1), (2, "two", 2), (3, "three", 3), (4, "four", 5)]
    assert all(version.content_hash == content_hash(version.case) for version in store.cases.versions("a"))


def test_changes_since_gives_the_last_change_of_each_case(store: Store) -> None:
    """Each changed key comes once, with its last revision, in order; a limit cuts the end."""
    store.cases.upsert([a_case("a"), a_case("b"), a_case("c")])
    store.cases.upsert([a_case("a", problem="q")])
    store.cases.delete("b")
    assert store.cases.changes_since(0) == [Change(3, 3, False), Change(4, 1, False), Change(5, 2, True)]
    assert store.cases.changes_since(4) == [Change(5, 2, True)]
    assert store.cases.changes_since(5) == []
    assert store.cases.changes_since(0, limit=1) == [Change(3, 3, False)]


def test_listings_walk_every_case_once(store: Store) -> None:
    """Small pages by key and by update together give every case exactly once, in the promised order."""
    store.cases.upsert([a_case(f"c{number}") for number in range(23)])
    assert [stored.key for stored in store.cases.iter(batch=5)] == list(range(1, 24))
    assert [stored.key for stored in store.cases.iter(batch=5, after_key=20)] == [21, 22, 23]
    walked: list[StoredCase] = []
    before = None
    while page := store.cases.page(before=before, limit=4):
        walked += page
        before = (page[-1].updated_at, page[-1].key)
    assert [(stored.updated_at, stored.key) for stored in walked] == sorted(
        ((stored.updated_at, stored.key) for stored in store.cases.iter()), reverse=True
    )


@pytest.mark.parametrize(
    ("which", "ids"),
    [
        (CaseFilter(), ["a", "b", "c", "d"]),
        (CaseFilter(statuses=(Status.DRAFT,)), ["b"]),
        (CaseFilter(statuses=(Status.DRAFT, Status.PUBLISHED), languages=("en",)), ["a", "b"]),
        (CaseFilter(products=("ＩT'S ",)), ["c"]),
        (CaseFilter(languages=("zh",)), ["d"]),
        (CaseFilter(languages=("zh-Hans", "z", "%")), []),
        (CaseFilter(source_systems=("other",)), ["c"]),
        (CaseFilter(updated_since="2000-01-01T00:00:00Z"), ["a", "b", "c", "d"]),
        (CaseFilter(updated_since="2999-01-01T00:00:00Z"), []),
        (CaseFilter(updated_before="2000-01-01T00:00:00Z"), []),
    ],
)
def test_filters_narrow_listings(store: Store, which: CaseFilter, ids: list[str]) -> None:
    """A listing holds exactly the cases that its filter describes, in both orders."""
    store.cases.upsert(
        [
            a_case("a", language="en"),
            replace(a_case("b", language="en"), status=Status.DRAFT),
            a_case("c", language="de", product="It's", system="other"),
            a_case("d", language="zh-Hant", product="% _"),
        ]
    )
    assert [stored.case.id for stored in store.cases.iter(which)] == ids
    assert sorted(stored.case.id for stored in store.cases.page(which)) == ids


def test_counts_and_keys(store: Store) -> None:
    """Cases are counted by state without deleted ones; keys of ids leave out what does not exist."""
    store.cases.upsert([a_case("a"), replace(a_case("b"), status=Status.HISTORICAL), a_case("c")])
    store.cases.delete("c")
    assert store.cases.count_by_status() == {
        Status.DRAFT: 0,
        Status.IN_REVIEW: 0,
        Status.PUBLISHED: 1,
        Status.HISTORICAL: 1,
    }
    assert store.cases.find_keys(["b", "c", "none", "a", "a"]) == [1, 2]


def test_a_key_is_found_by_the_id_of_its_own_system(store: Store) -> None:
    """An id that a case has means that case; any other one means every case that its system calls so."""
    store.cases.upsert(
        [
            a_case("zendesk:7", external="7", system="zendesk"),
            a_case("jira:7", external="7", system="jira"),
            a_case("own", external="K-1", system="crm"),
            a_case("K-1"),
            a_case("jira:8", external="8/x", system="jira"),
        ]
    )
    store.cases.delete("jira:7")

    found = {name: store.cases.find_keys([name]) for name in ("7", "K-1", "crm:K-1", "8", "8/x", "jira:7", "none", ":")}
    assert found == {"7": [1], "K-1": [4], "crm:K-1": [3], "8": [5], "8/x": [5], "jira:7": [], "none": [], ":": []}


def test_progress_is_kept_with_its_cases(store: Store) -> None:
    """Progress given with a batch is there exactly when the batch is; a file is known by hash and mapping."""
    done = IngestProgress("ab12", 10, name="f.csv", size=5, mtime_ns=7, offset=99, counts={"created": 9, "rejected": 1})
    store.cases.upsert([a_case("a")], progress=done)
    assert store.ingests.find("ab12") == done
    assert store.ingests.find("ab12", "zendesk") is None
    with pytest.raises(Conflict):
        store.cases.upsert([a_case("a")], if_version=0, progress=replace(done, line=20))
    assert store.ingests.find("ab12") == done
    store.cases.upsert([a_case("a"), a_case("b")], progress=lambda told: replace(done, counts={"b": told[1].key}))
    assert store.ingests.all() == [replace(done, counts={"b": 2})]
    store.cases.upsert([], progress=replace(done, line=20, finished=True))
    assert store.ingests.all() == [replace(done, line=20, finished=True)]
