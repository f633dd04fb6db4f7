"""A ticket that a help desk sends: mapped, judged by the rules, noted as a draft that waits; then taken in."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from index.turns import alone
from retriever.case.identity import OLDER
from retriever.case.reading import case_of
from retriever.domain import Case, Status
from retriever.errors import InvalidCase, InvalidInput, SimilarCasesError
from retriever.ingest.files.json_text import json_fault, parsed_json
from retriever.ingest.mending import mended_people, mended_values
from retriever.ingest.naming import ticket_id
from retriever.ingest.rules import TicketRules
from retriever.ingest.sources.generic import SourceMap
from retriever.ingest.sources.registry import SOURCES, SourceMapping
from retriever.ingest.sources.ticket import Mapped, SkipReason
from retriever.store.deliveries import Delivery
from retriever.store.imports import Revise
from retriever.store.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sender is told: noted as a draft that waits, of no use (with the reason), or known from before."""

    delivery: str
    state: Literal["queued", "skipped", "known"]
    reason: str = ""


def receive(
    store: Store, source: str, body: bytes, *, delivery_id: str, rules: TicketRules, signed_at: str = ""
) -> Receipt:
    """Note one delivery, whose signature was checked; on disk when this returns. Raises InvalidInput.

    Nothing of the body is kept but the masked draft. `signed_at` is the moment that the signature holds: what a body
    without a time of its own says was so then.
    """
    try:
        record = parsed_json(body.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise InvalidInput(f"the body is not valid JSON ({json_fault(error)}).") from error
    if not isinstance(record, dict):
        raise InvalidInput("the body must be a JSON object.")
    digest = hashlib.sha256(body).hexdigest()
    row = mapping_of(source).row(record)
    case = row if isinstance(row, str) else _draft(source, row, rules)
    if isinstance(case, str):
        new = store.deliveries.receive(source, delivery_id, digest, case=None, reason=case)
        return Receipt(delivery_id, "skipped" if new else "known", case if new else "")
    assert isinstance(row, Mapped)  # noqa: S101  a draft comes from a mapped row
    moment = row.moment or signed_at
    new = store.deliveries.receive(
        source, delivery_id, digest, case=case, known=mended_people(row.people), changed_at=moment
    )
    return Receipt(delivery_id, "queued" if new else "known")


def mapping_of(source: str) -> SourceMapping:
    """The help desk's own mapping; for any other sender, fields by the names that people use."""
    return SOURCES[source] if source in SOURCES else SourceMap().mapping(source)


def process_deliveries(store: Store, tell: Callable[[Case], str], revise: Revise | None = None) -> int:
    """Take in what waits; how many. `tell` says what is noted with a draft that is new or changed, `revise` what to
    propose for a published case.

    A draft that cannot be taken in now is tried again at the next call, and given up after some.
    """
    done = 0
    for delivery in store.deliveries.queued():
        if delivery.case is not None:
            with alone():
                done += _process(store, delivery, delivery.case, tell, revise)
    return done


def _process(store: Store, delivery: Delivery, draft: Case, tell: Callable[[Case], str], revise: Revise | None) -> bool:
    """Take in one delivery; whether that is done."""
    try:
        if store.deliveries.is_overtaken(delivery):
            store.deliveries.supersede(delivery.number, OLDER)
            return False
        # Again: it may have waited since before masking was switched on.
        case = store.masking.case(draft)
        (outcome,) = store.imports.write([case], moments=[delivery.changed_at], revise=revise)
        told = tell(case) if outcome.action in ("created", "updated") else outcome.reason
        note = "; ".join(part for part in (outcome.action, told) if part)
        if outcome.action == "older":
            store.deliveries.supersede(delivery.number, outcome.reason)
        elif outcome.action == "kept":
            store.deliveries.keep(delivery.number, note)
        else:
            store.deliveries.settle(delivery.number, note)
        return True
    except SimilarCasesError as error:
        log.warning("delivery_failed", source=delivery.source, number=delivery.number, code=error.code)
        store.deliveries.fail(delivery.number, error.code)
    except Exception as error:
        # One delivery that hits a fault of ours must not keep the server from following the library.
        log.error("delivery_failed", source=delivery.source, number=delivery.number, code=type(error).__name__)
        store.deliveries.fail(delivery.number, type(error).__name__)
    return False


def _draft(source: str, row: Mapped, rules: TicketRules) -> Case | str:
    """The draft, or why there is none."""
    values = mended_values(row.values)
    external_id = str(values.get("source.external_id") or "")
    if not external_id:
        return "the ticket has no number"
    values.setdefault("id", ticket_id(source, external_id))
    try:
        case = replace(case_of(values), status=Status.DRAFT)
    except InvalidCase as error:
        return f"{error.field} is refused"
    decision = rules.decide(case, row.signals)
    return case if decision.proposed else f"{SkipReason.BY_RULE}: {decision.rule}"
