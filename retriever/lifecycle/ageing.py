"""What time does to published cases: reviews fall due, validity ends, products are retired; and the way back."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches

from retriever.case.access import may_read
from retriever.case.identity import check_version
from retriever.case.validity import is_expired
from retriever.domain import Actor, Case, Role, Status, StoredCase
from retriever.errors import Conflict, Forbidden, InvalidInput, NotFound
from retriever.lifecycle import rules
from retriever.lifecycle.context import SYSTEM_ACTOR, CaseState, Context, case_at, page_of
from retriever.lifecycle.screening import Screening, check_note, check_screening
from retriever.store import CaseFilter, Step, Transition

BATCH = 500
"""Cases per transaction of a bulk action: others can write in between."""
UNLIMITED = -1
# 3, 3.2, v3.2.1, 3.x: not the middle of a longer number, a date or an address.
_VERSION = re.compile(r"(?<![\w.,:/-])[vV]?(\d{1,6}(?:\.(?:\d{1,6}|[xX]))*)(?![\w:/-]|\.\d)")


@dataclass(frozen=True, slots=True)
class Retirement:
    """What retiring a product does: ids that become historical, and others left alone with the reason."""

    retired: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ageing:
    """Moves published cases out of use and back, and keeps the dates of their next reviews."""

    context: Context

    def due(
        self, actor: Actor, *, within_days: int = 0, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> tuple[list[StoredCase], tuple[str, int] | None]:
        """Published cases to be reviewed again by then, and those that readers call wrong or outdated, most overdue
        first; where to go on, None at the end."""
        until = (self.context.today() + timedelta(days=within_days + 1)).isoformat()
        return page_of(
            lambda place: self.context.store.reviews.page_due(until, after=place, limit=limit + 1),
            lambda row: (row[0], row[1].key),
            lambda row: row[1] if may_read(actor, row[1].case) else None,
            begin=after,
            limit=limit,
        )

    def confirm(self, id: str, actor: Actor, screening: Screening, *, if_version: int | None = None) -> CaseState:
        """Say after a look at a published case that it still holds: its next review moves on. Not by its author."""
        rules.require_role(actor, Role.REVIEWER, "confirm a case")
        with self.context.transition(actor) as transition:
            stored = _in_state(case_at(transition, id, if_version), Status.PUBLISHED)
            if actor.id == stored.case.created_by:
                raise Forbidden(f"{actor.id} wrote case {id}; somebody else must confirm it.")
            check_screening(screening, stored.case)
            after = self._with_new_date(transition, stored)
            transition.note(after, Step.CONFIRM, answers=screening.answers, reason=screening.note.strip())
            return CaseState(after)

    def retire(
        self, id: str, actor: Actor, reason: str, *, superseded_by: str = "", if_version: int | None = None
    ) -> CaseState:
        """Make a published case historical; `superseded_by` names the case to use instead."""
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "retire a case")
        text = check_note(reason, required=True)
        with self.context.transition(actor) as transition:
            stored = _in_state(case_at(transition, id, if_version), Status.PUBLISHED)
            if superseded_by:
                _check_successor(transition, id, superseded_by)
            return CaseState(_retired(transition, stored, Step.RETIRE, text, superseded_by=superseded_by))

    def reinstate(self, id: str, actor: Actor, *, if_version: int | None = None) -> CaseState:
        """Publish a historical case again. Raises Conflict when it is merged, or its validity is over."""
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "reinstate a case")
        with self.context.transition(actor) as transition:
            stored = _in_state(case_at(transition, id, if_version), Status.HISTORICAL)
            if transition.merges.holds(stored.key):
                raise Conflict(f"case {id} was merged into {stored.case.superseded_by}: undo the merge instead.")
            after = self._with_new_date(transition, stored)
            transition.note(after, Step.REINSTATE)
            return CaseState(after)

    def expire(self, *, dry_run: bool = False) -> list[str]:
        """Make every case historical whose `valid_until` is past; their ids. Safe to run at any time, by many."""
        today, expired = self.context.today(), list[str]()
        if dry_run:
            return [
                stored.case.id for stored in self.context.store.reviews.find_expired(today.isoformat(), limit=UNLIMITED)
            ]
        while found := self.context.store.reviews.find_expired(today.isoformat(), limit=BATCH):
            with self.context.transition(SYSTEM_ACTOR) as transition:
                for stored in found:
                    current = transition.find_case(stored.case.id)
                    # Another process may have been here between the look and the lock.
                    if current and current.case.status is Status.PUBLISHED and is_expired(current.case, today):
                        _retired(transition, current, Step.EXPIRE, f"valid until {current.case.valid_until[:10]}")
                        expired.append(current.case.id)
        return expired

    def retire_product(
        self,
        product: str,
        version_prefix: str,
        actor: Actor,
        reason: str,
        *,
        expected: int | None = None,
        dry_run: bool = False,
    ) -> Retirement:
        """Make every published case of a product's old versions historical; see `versions_named` for what counts.

        A case that also names a version that stays is left alone. All or none of a batch of 500 goes in. `expected` is
        the number that a preview gave: another one raises Conflict, and nothing is changed. A product of which the
        actor sees no published case raises NotFound, with the names that are near.
        """
        rules.require_role(actor, Role.KNOWLEDGE_MANAGER, "retire a product")
        text = check_note(reason, required=True)
        if not product.strip():
            raise InvalidInput("the product is empty: name the one whose cases are to be retired.")
        going: list[StoredCase] = []
        left: list[tuple[str, str]] = []
        products: set[str] = set()
        for stored in self.context.store.cases.iter(CaseFilter(statuses=(Status.PUBLISHED,))):
            if not may_read(actor, stored.case):
                continue
            products.add(stored.case.product)
            if is_of_product(stored.case, product):
                obstacle = why_left(stored.case, product, version_prefix)
                left.append((stored.case.id, obstacle)) if obstacle else going.append(stored)
        if not going and not left:
            raise _unknown_product(product, products)
        if expected is not None and expected != len(going):
            raise Conflict(f"{len(going)} cases would be retired now, not {expected}: look at the preview again.")
        if not dry_run:
            for start in range(0, len(going), BATCH):
                self._retire_batch(going[start : start + BATCH], actor, text)
        return Retirement(tuple(stored.case.id for stored in going), tuple(left))

    def _retire_batch(self, batch: list[StoredCase], actor: Actor, reason: str) -> None:
        with self.context.transition(actor) as transition:
            for stored in batch:
                current = transition.get_case(stored.case.id)
                check_version(stored.case.id, current.version, stored.version)
                _retired(transition, current, Step.RETIRE, reason)

    def _with_new_date(self, transition: Transition, stored: StoredCase) -> StoredCase:
        context = self.context
        case = transition.masked(stored.case)
        live = rules.published(case, reviewers=case.reviewers, today=context.today(), policy=context.policy)
        return transition.put(live, if_version=stored.version)


def is_of_product(case: Case, product: str) -> bool:
    """Is the case about this product, whether or not its name goes on with a version (`X` and `X 3.2`)?"""
    wanted, named = product.strip().casefold(), case.product.casefold()
    return named == wanted or (
        named.startswith(wanted + " ") and bool(_VERSION.fullmatch(named[len(wanted) :].strip()))
    )


def versions_named(case: Case, product: str) -> tuple[str, ...]:
    """The versions that a case names: behind the product's name, as whole tags, and anywhere in its environment."""
    behind = case.product[len(product.strip()) :].strip()
    whole = [_VERSION.fullmatch(text.strip()) for text in (behind, *case.tags)]
    found = [match[1] for match in whole if match] + [match[1] for match in _VERSION.finditer(case.environment)]
    return tuple(dict.fromkeys(version.lower() for version in found))


def why_left(case: Case, product: str, version_prefix: str) -> str:
    """Why a case of the product is not retired with these versions; empty when it is. An empty prefix means all."""
    prefix = version_prefix.strip().lower()
    if not prefix:
        return ""
    named = versions_named(case, product)
    staying = [version for version in named if not is_version_below(version, prefix)]
    if not named:
        return "names no version"
    if staying:
        return f"is also about {', '.join(staying)}" if len(staying) < len(named) else f"is about {', '.join(staying)}"
    return ""


def is_version_below(version: str, prefix: str) -> bool:
    """Does the version begin with these parts? `3.` and `3` mean 3 and 3.2, not 30; `3.1` means 3.1 and 3.1.7."""
    wanted = [part for part in prefix.removeprefix("v").split(".") if part not in ("", "x")]
    return version.split(".")[: len(wanted)] == wanted


def _unknown_product(product: str, known: set[str]) -> NotFound:
    by_folded = {name.casefold(): name for name in sorted(known) if name}
    near = [by_folded[name] for name in get_close_matches(product.strip().casefold(), by_folded, n=3)]
    hint = f"; there is {', '.join(map(repr, near))}" if near else ""
    return NotFound(f"there is no published case of product {product.strip()[:80]!r}{hint}.")


def _retired(
    transition: Transition, stored: StoredCase, kind: Step, reason: str, *, superseded_by: str = ""
) -> StoredCase:
    successor = superseded_by or stored.case.superseded_by
    case = replace(transition.masked(stored.case), status=Status.HISTORICAL, superseded_by=successor)
    after = transition.put(case, if_version=stored.version)
    transition.note(after, kind, reason=reason, details={"superseded_by": superseded_by} if superseded_by else {})
    return after


def _in_state(stored: StoredCase, status: Status) -> StoredCase:
    if stored.case.status is not status:
        raise Conflict(f"case {stored.case.id} is {stored.case.status}, not {status}.")
    return stored


def _check_successor(transition: Transition, id: str, successor: str) -> None:
    found = transition.find_case(successor)
    if found is None or not may_read(transition.actor, found.case):
        raise Conflict(f"there is no case {successor} that could supersede {id}.")
    if found.case.id == id or found.case.status is not Status.PUBLISHED:
        raise Conflict(f"case {successor} cannot supersede {id}: it must be another, published case.")
