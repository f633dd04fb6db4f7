"""One transaction of the lifecycle: all it reads is read under the write lock, and all it writes goes in or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlite_utils import Database

from retriever.case.format import decode_case
from retriever.domain import OPERATOR, Actor, Case, Reuse, StoredCase
from retriever.errors import CaseNotFound
from retriever.store import audit, case_rows, reviews
from retriever.store.masking import MaskedCase, Masking
from retriever.store.reports import settle
from retriever.store.reuse import add_reuse, refresh_last_solved
from retriever.store.reviews import Merge, Review, ReviewStep, Step
from retriever.store.upserts import CONTENT_DIGITS, Upserted, UpsertPlan

_MASKING = Masking()
_NO_ANSWERS: Mapping[str, str | bool] = {}
_NO_DETAILS: Mapping[str, str | int] = {}


@dataclass(frozen=True, slots=True)
class MergeRows:
    """What a transaction reads and writes of merged duplicates."""

    db: Database

    def save(self, merge: Merge) -> None:
        """Remember how to undo a merge."""
        reviews.save_merge(self.db, merge)

    def holds(self, duplicate: int) -> bool:
        """Was this case merged into another one?"""
        return self.db.conn.execute("SELECT 1 FROM merges WHERE duplicate = ?", (duplicate,)).fetchone() is not None

    def take(self, duplicate: int) -> Merge | None:
        """What is remembered of a merged duplicate, and forget it."""
        return reviews.take_merge(self.db, duplicate)

    def drop_reuse(self, key: int, counts: Reuse) -> None:
        """Take away what a case counted for one that is no longer merged into it."""
        add_reuse(self.db, key, counts, sign=-1)
        refresh_last_solved(self.db, key)

    def add_reuse(self, key: int, counts: Reuse, *, sign: int) -> None:
        """Add (1) or take away (-1) counts of use, of what the case is merged into too."""
        add_reuse(self.db, key, counts, sign=sign)


@dataclass(frozen=True, slots=True)
class Transition:
    """What one step of the lifecycle reads and writes, in the name of `actor`; `now` is RFC 3339 in UTC.

    `via` is kept in the audit log: an operator who acts in the name of others must be told apart from them.
    """

    db: Database
    actor: Actor
    now: str
    via: str = ""
    dry_run: bool = False
    masking: Masking = _MASKING

    @property
    def merges(self) -> MergeRows:
        """Merged duplicates."""
        return MergeRows(self.db)

    def get_case(self, id: str) -> StoredCase:
        """The case as it is now. Raises CaseNotFound."""
        found = self.find_case(id)
        if found is None:
            raise CaseNotFound(f"there is no case {id}.")
        return found

    def find_case(self, id: str) -> StoredCase | None:
        """The case as it is now, None when there is none."""
        row = self.db.conn.execute(case_rows.STORED_BY_ID, (id,)).fetchone()
        return case_rows.stored_case(row) if row else None

    def find_version(self, id: str, number: int) -> Case | None:
        """The case as it was at a version, None when there is no such version."""
        rows = self.db.conn.execute(case_rows.VERSIONS_BY_ID, {"id": id}).fetchall()
        for document, version, *_ in rows:
            if version == number:
                return decode_case(document)
        return None

    def masked(self, case: Case) -> MaskedCase:
        """A text made of what is stored, fit to be written: it may have come in before masking was there."""
        return self.masking.case(case)

    def plan(self, case: MaskedCase) -> Upserted:
        """What writing this case would do, source and id considered; nothing is written."""
        return self._planned(case, None).outcomes[0]

    def put(self, case: MaskedCase, *, if_version: int) -> StoredCase:
        """Write the case; 0 for one that must be new. Raises VersionMismatch, CaseNotFound, Conflict."""
        plan = self._planned(case, if_version)
        plan.write(self.db)
        stored = self.get_case(plan.outcomes[0].id)
        # What the lifecycle itself does to the live case leaves the text of a revision as its author knows it.
        reviews.follow_base(self.db, stored.key, before=if_version, after=stored.version)
        return stored

    def _planned(self, case: MaskedCase, if_version: int | None) -> UpsertPlan:
        # Nobody but the operator, who has the files, may learn from a refusal which case has an id or a source.
        discreet = self.actor != OPERATOR
        return UpsertPlan(self.db, [case], if_version=if_version, now=self.now, discreet=discreet)

    def find_review(self, key: int) -> Review | None:
        """What is noted about the open review of a case; its text is fit to be written again."""
        row = reviews.find(self.db, key)
        return row if row is None or row.pending is None else replace(row, pending=self.masked(row.pending))

    def save_review(self, review: Review) -> None:
        """Note it."""
        reviews.save(self.db, review, self.now)

    def drop_review(self, key: int) -> None:
        """The review is over."""
        reviews.drop(self.db, key)

    def next_number(self, key: int) -> int:
        """One more than the steps this case has taken: a new revision never has the tag of one that was discarded."""
        row = self.db.conn.execute("SELECT count(*) FROM review_steps WHERE key = ?", (key,)).fetchone()
        return int(row[0]) + 1

    def note(
        self,
        stored: StoredCase,
        step: Step,
        *,
        tag: str = "",
        answers: Mapping[str, str | bool] = _NO_ANSWERS,
        reason: str = "",
        details: Mapping[str, str | int] = _NO_DETAILS,
    ) -> None:
        """Keep the step with the case and in the audit log, which gets no text: `reason` stays with the case."""
        role = self.actor.role.name.lower()
        kept = self.masking.answers(answers), self.masking.text(reason)
        entry = ReviewStep(0, self.now, step, self.actor.id, role, tag or str(stored.version), *kept)
        reviews.add_step(self.db, stored.key, entry)
        if step is Step.CONFIRM:
            settle(self.db, stored.key)  # somebody says that it holds, whatever readers reported
        if self.dry_run:
            # Not only for what is undone anyway: the first entry of a log makes the file with its key.
            return
        content = stored.content_hash[:CONTENT_DIGITS]
        named = {"status": str(stored.case.status), "tag": tag, "via": self.via, "content": content}
        audit.record(
            self.db,
            actor=self.actor,
            action=f"case.{step}",
            subject=stored.case.id,
            version=stored.version,
            details={**{name: value for name, value in named.items() if value}, **details},
        )
