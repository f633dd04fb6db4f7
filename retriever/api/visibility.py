"""What of the library a caller may see: the routes ask here, whatever the store has left out already."""

from collections.abc import Iterable

from retriever.case.access import may_read
from retriever.domain import Actor, StoredCase
from retriever.errors import CaseNotFound
from retriever.store.case_rows import CaseVersion
from retriever.wiring.service import Service


def visible_cases(actor: Actor, cases: Iterable[StoredCase]) -> list[StoredCase]:
    """Those of the cases that the actor may see."""
    return [stored for stored in cases if may_read(actor, stored.case)]


def visible_versions(service: Service, actor: Actor, case_id: str) -> list[CaseVersion]:
    """Versions of a case, oldest first, that the actor may see: an older text may have been for other people.

    Raises CaseNotFound when there is no such case for the actor now.
    """
    service.get_case(case_id, actor=actor)
    return [version for version in service.store.cases.versions(case_id) if may_read(actor, version.case)]


def is_visible(service: Service, actor: Actor, case_id: str) -> bool:
    """Is there such a case for the actor?"""
    try:
        service.get_case(case_id, actor=actor)
    except CaseNotFound:
        return False
    return True
