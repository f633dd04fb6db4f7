"""The same case by a second channel: its ticket in another system joins by a link, and makes no case of its own."""

from dataclasses import dataclass

from retriever.case.identity import TAKEN
from retriever.domain import Actor, Role, Source, StoredCase
from retriever.errors import Conflict
from retriever.lifecycle import rules
from retriever.lifecycle.context import Context, visible_case
from retriever.store import Step, Transition
from retriever.store.links import add_link, drop_link, holders_of, links_of

MOST = 100
"""Links of one case."""


@dataclass(frozen=True, slots=True)
class Linking:
    """Links cases with the tickets of other systems; the case itself and its version stay as they are."""

    context: Context

    def link(self, id: str, source: Source, actor: Actor) -> list[Source]:
        """Link the case with a ticket; once is enough. Its tickets then. Raises Forbidden, CaseNotFound, Conflict."""
        rules.require_role(actor, Role.CONTRIBUTOR, "link a case")
        with self.context.transition(actor) as transition:
            stored = visible_case(transition, id)
            holders = holders_of(transition.db, source)
            if holders - {stored.key}:
                # Whose it is, the caller may not be allowed to know.
                raise Conflict(f"{id}: {TAKEN}: merge the two cases instead, or unlink the other one.")
            links = links_of(transition.db, stored.key)
            if stored.key not in holders:
                if len(links) >= MOST:
                    raise Conflict(f"case {id} has {MOST} links already; unlink some.")
                add_link(transition.db, stored.key, source, transition.now)
                _note(transition, stored, Step.LINK, source)
            return links_of(transition.db, stored.key)

    def unlink(self, id: str, source: Source, actor: Actor) -> list[Source]:
        """Take a link away; the tickets that are left. Raises Forbidden, CaseNotFound, Conflict when there is none."""
        rules.require_role(actor, Role.CONTRIBUTOR, "unlink a case")
        with self.context.transition(actor) as transition:
            stored = visible_case(transition, id)
            if not drop_link(transition.db, stored.key, source):
                raise Conflict(f"case {id} has no such link.")
            _note(transition, stored, Step.UNLINK, source)
            return links_of(transition.db, stored.key)


def _note(transition: Transition, stored: StoredCase, step: Step, source: Source) -> None:
    transition.note(stored, step, details={"source": f"{source.system}:{source.external_id}"[:200]})
