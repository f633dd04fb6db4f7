"""What comes in is compared with what is there: cases that somebody checks, imports, and tickets sent by webhook."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retriever.arrivals.check import NEIGHBOURS, Checked, check_case, suggestions_for_empty_fields
from retriever.arrivals.drafts import RecentDrafts
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Case, Filters, Match, Query
from retriever.indexing.live import Indexing
from retriever.masking import mask_query
from retriever.search.searcher import Searcher
from retriever.store import Store

if TYPE_CHECKING:  # importers take as long to load as a question takes on the command line
    from retriever.ingest.report import Arrival
    from retriever.ingest.webhooks import Receipt


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Holds the parts; all methods may be called from several threads at once."""

    settings: Settings
    store: Store
    indexing: Indexing
    searcher: Searcher
    drafts: RecentDrafts
    """Followed from the first question about them on."""

    def check(self, case: Case, *, actor: Actor = OPERATOR) -> Checked:
        """What the case lacks, which others may be the same, where it belongs, by what the actor sees, drafts too."""
        return check_case(case, self.neighbours(case, actor=actor), self.drafts.nearest(case, actor))

    def neighbours(self, case: Case, *, actor: Actor = OPERATOR) -> Sequence[Match]:
        """The nearest published cases that the actor may see, itself left out, best first."""
        query = Query(
            problem=case.problem,
            title=case.title,
            error_codes=case.error_codes,
            filters=Filters(exclude_ids=(case.id,)),
            limit=NEIGHBOURS,
            min_confidence=0.0,
            audience=actor.audience,
        )
        if self.settings.mask:
            query = mask_query(query, self.store.masking.known)
        return self.searcher.find_similar(query).matches

    def report(self, case: Case) -> "Arrival":
        """What an import reports of a case that is new or changed; the case as the library holds it."""
        self.indexing.catch_up()  # what the same import has published before
        from retriever.ingest.report import Arrival, NearDuplicate  # noqa: PLC0415  see above

        checked = self.check(case)
        like = tuple(NearDuplicate(each.id, each.offer, each.overlap, str(each.status)) for each in checked.duplicates)
        return Arrival(case.id, like, suggestions_for_empty_fields(case, checked))

    def receive_webhook(self, source: str, body: bytes, *, delivery_id: str, signed_at: str = "") -> "Receipt":
        """Note what a help desk sent and signed then, after its signature was checked. Raises InvalidInput."""
        from retriever.ingest.rules import TicketRules, load_rules  # noqa: PLC0415  see above
        from retriever.ingest.webhooks import receive  # noqa: PLC0415

        rules = load_rules(self.settings.webhook_rules) if self.settings.webhook_rules else TicketRules()
        return receive(self.store, source, body, delivery_id=delivery_id, rules=rules, signed_at=signed_at)

    def process_deliveries(self) -> int:
        """Make drafts and revisions of what help desks sent; how many deliveries were processed."""
        from retriever.ingest.webhooks import process_deliveries  # noqa: PLC0415  see above
        from retriever.lifecycle.tickets import revised_by_ticket  # noqa: PLC0415

        return process_deliveries(self.store, self._summary, revised_by_ticket)

    def _summary(self, case: Case) -> str:
        checked = self.check(case)
        offers = ", ".join(f"{each.offer} {each.status} {each.id}" for each in checked.duplicates[:3])
        return f"completeness {checked.completeness}" + (f"; {offers}" if offers else "")
