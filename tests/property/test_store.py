"""The store against a dictionary: whatever is written, deleted and written again, both tell the same story."""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retriever.domain import Case, Source, Status
from retriever.errors import CaseNotFound, Conflict, VersionMismatch
from retriever.store import EventKind, LoggedQuery, ShownCase, open_store

IDS = st.sampled_from(["a", "b", "c", "ü:1"])
CASES = st.builds(
    Case,
    id=IDS,
    problem=st.sampled_from(["one", "two"]),
    solution=st.just("s"),
    source=st.builds(Source, st.sampled_from(["x", "y"]), st.sampled_from(["", "1", "2"])),
    status=st.sampled_from(Status),
)


class StoreAgainstDict(RuleBasedStateMachine):
    """`living` holds id -> (case, version, revision); `history` every version ever; keys are given once per id."""

    @initialize()
    def start(self) -> None:
        """An empty library."""
        # In memory where the system has a place for that: this is about answers, the crash tests are about disks.
        memory = Path("/dev/shm")  # noqa: S108
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.store = open_store(Path(self.folder.name) / "library.sqlite3")
        self.living: dict[str, tuple[Case, int, int]] = {}
        self.history: dict[str, list[tuple[int, Case]]] = {}
        self.keys: dict[str, int] = {}
        self.changed: dict[str, tuple[int, bool]] = {}
        self.shown: dict[str, int] = {}
        self.revision = 0
        self.questions = 0

    def expect(self, case: Case) -> tuple[str, Case]:
        """What upserting this case does, by the rules in words: source first, then id, never two at once."""
        owner = next(
            (
                id
                for id, (other, _, _) in self.living.items()
                if case.source.external_id and other.source == case.source
            ),
            None,
        )
        if owner is not None and owner != case.id:
            if case.id in self.living:
                return "refused", case
            case = Case(**{name: getattr(case, name) for name in Case.__dataclass_fields__} | {"id": owner})
        elif owner is None and case.id in self.living:
            stored = self.living[case.id][0].source
            if stored.external_id and case.source.external_id and stored != case.source:
                return "refused", case
        if case.id not in self.living:
            return "created", case
        return ("unchanged" if self.living[case.id][0] == case else "updated"), case

    def accept(self, case: Case) -> None:
        """Take a change into the dictionaries."""
        self.revision += 1
        self.keys.setdefault(case.id, len(self.keys) + 1)
        versions = self.history.setdefault(case.id, [])
        versions.append((versions[-1][0] + 1 if versions else 1, case))
        self.living[case.id] = (case, versions[-1][0], self.revision)
        self.changed[case.id] = (self.revision, False)

    @rule(cases=st.lists(CASES, max_size=4))
    def upsert(self, cases: list[Case]) -> None:
        """A batch does to the store what its cases one after the other do to the dictionary."""
        outcomes = self.store.cases.upsert(cases)
        for case, outcome in zip(cases, outcomes, strict=True):
            action, meant = self.expect(case)
            assert (outcome.action, outcome.id) == (action, meant.id)
            if action in ("created", "updated"):
                self.accept(meant)
                assert (outcome.version, outcome.revision) == self.living[meant.id][1:]

    @rule(case=CASES, wanted=st.integers(0, 3))
    def edit(self, case: Case, wanted: int) -> None:
        """A guarded change happens exactly when the version is the stored one and the source is free."""
        taken = any(
            case.source.external_id and other.source == case.source and id != case.id
            for id, (other, _, _) in self.living.items()
        )
        stored = self.living.get(case.id)
        fits = not taken and wanted == (stored[1] if stored else 0)
        try:
            (outcome,) = self.store.cases.upsert([case], if_version=wanted)
        except (CaseNotFound, VersionMismatch, Conflict):
            assert not fits
        else:
            assert fits
            if outcome.action != "unchanged":
                self.accept(case)

    @rule(id=IDS)
    def delete(self, id: str) -> None:
        """A living case can be deleted, another cannot."""
        try:
            change = self.store.cases.delete(id)
        except CaseNotFound:
            assert id not in self.living
            return
        del self.living[id]
        self.revision += 1
        self.changed[id] = (self.revision, True)
        assert (change.revision, change.key) == (self.revision, self.keys[id])

    @rule(ids=st.lists(IDS, max_size=3))
    def ask(self, ids: list[str]) -> None:
        """A question counts each case it showed once."""
        self.questions += 1
        matches = tuple(ShownCase(self.keys.get(id, 999), 0.5) for id in ids)
        self.store.events.log_queries([LoggedQuery(f"q{self.questions}", "2026-01-01T00:00:00Z", matches=matches)])
        for id in set(ids) & self.keys.keys():
            self.shown[id] = self.shown.get(id, 0) + 1

    @rule(id=IDS)
    def use(self, id: str) -> None:
        """An event is accepted for living cases alone."""
        try:
            self.store.events.log(EventKind.OPENED, id)
        except CaseNotFound:
            assert id not in self.living
        else:
            assert id in self.living

    @rule()
    def reopen(self) -> None:
        """Closing and opening changes nothing."""
        self.store.close()
        self.store = open_store(Path(self.folder.name) / "library.sqlite3")

    @invariant()
    def both_tell_the_same(self) -> None:
        """Every way of reading gives what the dictionaries hold."""
        stored = {case.case.id: case for case in self.store.cases.iter(batch=2)}
        assert {id: (case.case, case.version, case.revision) for id, case in stored.items()} == self.living
        assert {id: case.key for id, case in stored.items()} == {id: self.keys[id] for id in self.living}
        assert {id: case.reuse.shown for id, case in stored.items()} == {id: self.shown.get(id, 0) for id in stored}
        assert set(self.store.cases.get_many(range(10))) == {self.keys[id] for id in self.living}
        assert self.store.cases.revision() == self.revision
        changes = {change.key: (change.revision, change.deleted) for change in self.store.cases.changes_since(0)}
        assert changes == {self.keys[id]: change for id, change in self.changed.items()}
        for id in self.living:
            kept = [(version.version, version.case) for version in self.store.cases.versions(id)]
            assert kept == [(number, case) for number, case in self.history[id] if case.problem]

    def teardown(self) -> None:
        """The file is sound at the end of every story."""
        if hasattr(self, "store"):
            assert self.store.check() == []
            self.store.close()
            self.folder.cleanup()


TestStoreAgainstDict = StoreAgainstDict.TestCase
TestStoreAgainstDict.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
