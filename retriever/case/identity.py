"""Which stored case an incoming one means, and why a write is refused: pure rules for the store's transactions.

They need nothing but what is held and what comes in, so both ways in, imports and the lifecycle, follow the same ones.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from retriever.case.moments import is_older
from retriever.domain import Case, Status
from retriever.errors import CaseNotFound, Conflict, VersionMismatch

TAKEN = "the id or the source is taken"
"""All that is said to somebody who may not know whose it is."""


@dataclass(frozen=True, slots=True)
class LastTaken:
    """What was last taken over from a ticket, each part empty when nobody knows.

    `digest` is the hash of its text, `stored` that of the case made of it, `moment` when the ticket was so.
    """

    digest: str = ""
    stored: str = ""
    moment: str = ""


NOTHING_TAKEN = LastTaken()


@dataclass(frozen=True, slots=True)
class HeldCase:
    """What is stored under an id or a source before a write; a tombstone is `deleted`, `status` one of `Status`."""

    key: int
    id: str
    source_system: str
    external_id: str | None
    version: int
    revision: int
    content_hash: str
    created_at: str
    status: str
    deleted: int

    @property
    def live_version(self) -> int | None:
        """The version of the case, None when it is deleted."""
        return None if self.deleted else self.version


def case_meant(
    case: Case, same_id: HeldCase | None, same_source: HeldCase | None, *, by_id: bool
) -> HeldCase | str | None:
    """The stored case that this one updates, None for a new one, or the reason why it is refused.

    A ticket's source says more than its id, unless the writer names the case they change (`by_id`).
    """
    system, external_id = case.source.system, case.source.external_id
    alive = same_id is not None and not same_id.deleted
    if same_source is not None and same_source.id != case.id:
        if alive or by_id:
            return f"source {system}:{external_id} belongs to case {same_source.id}"
        return same_source
    if same_source is None and alive and same_id is not None and not by_id:
        stored = (same_id.source_system, same_id.external_id)
        # Two help desks that number their tickets alike must not overwrite each other's cases.
        if external_id and same_id.external_id and stored != (system, external_id):
            return f"id {case.id} belongs to source {stored[0]}:{stored[1]}"
    return same_id


def check_version(id: str, stored: int | None, wanted: int) -> None:
    """Does the stored version (None: no such case) equal the one that a change names; 0 means "must be new"?

    Raises Conflict, CaseNotFound, VersionMismatch.
    """
    if wanted == 0:
        if stored is not None:
            raise Conflict(f"case {id} exists already (version {stored}).")
    elif stored is None:
        raise CaseNotFound(f"there is no case {id}.")
    elif stored != wanted:
        raise VersionMismatch(f"case {id} is at version {stored}, not {wanted}; read it again before changing it.")


TicketAction: TypeAlias = Literal["write", "proposed", "unchanged", "kept", "older"]
"""What an import does with a ticket: `proposed` as a pending revision of its published case, or its case is `kept`; an
`older` state of it than the one taken over changes nothing."""
OLDER = "an older state of its ticket came after a newer one"


def ticket_action(
    ticket: Case, held: HeldCase | None, *, digest: str, last: LastTaken, moment: str, may_propose: bool
) -> tuple[TicketAction, str]:
    """What an import does with a ticket whose case is `held` (None: there is none), and why it is kept.

    `digest` is the hash of the ticket's text, `moment` when it was so. Only drafts give way to the case that is here:
    whoever imports published cases wants them to replace it.
    """
    if digest == last.digest:
        return "unchanged", ""
    if is_older(moment, last.moment):
        return "older", OLDER
    if held is None or ticket.status is not Status.DRAFT:
        return "write", ""
    if held.status == Status.PUBLISHED and may_propose:
        return "proposed", ""
    why = _why_kept(Status(held.status), edited=bool(last.stored) and held.content_hash != last.stored)
    return ("kept", why) if why else ("write", "")


def _why_kept(status: Status, *, edited: bool) -> str:
    """Why a changed ticket must not overwrite its case, which somebody `edited` here or not; empty when it may."""
    if status is Status.IN_REVIEW:
        return "the ticket changed, and its case is in review: a later import proposes the change once it is published"
    if status is not Status.DRAFT:
        return f"the ticket changed, and its case is {status}: revise it, or ingest with --publish to overwrite it"
    return "the ticket changed, and its draft was edited here: compare them" if edited else ""
