"""Salesforce: cases of the REST API (`records`) and of CSV or XLSX exports.

Solution: a field of the organisation's own whose name begins with Resolution, Solution or Fix; else the last published
comment of somebody who is not the contact, a guest or a machine; else the last e-mail that was sent out. `Comments`, an
internal field, is never taken.
"""

import re

from retriever.ingest.sources.record import (
    Record,
    is_true,
    last_first,
    mapping,
    objects,
    people,
    text,
    unwrapped,
    written,
    written_html,
    written_plain,
)
from retriever.ingest.sources.speakers import is_false, is_internal, is_machine, people_named, same_person, seen_by_all
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import State, is_done, state_of

NAME = "salesforce"
ENVELOPES = ("records",)
_OWN_SOLUTION = re.compile(r"(?:case_)?(?:resolution|solution|fix|answer|lösung|solución)\w*__c", re.IGNORECASE)
_OUTSIDE = ("csp", "customer", "powercustomer", "guest", "partner", "powerpartner", "highvolume")
"""Beginnings of the types of users who come in from outside."""
_UNSENT = frozenset(("4", "5", "forwarded", "draft"))
_PHONES = ("SuppliedPhone", "ContactPhone", "ContactMobile", "ContactFax")


def convert(outer: Record) -> Ticket | SkipReason:
    """One case of theirs as one of ours, or why it becomes none."""
    record = unwrapped(outer, "Status", "IsClosed", "CaseNumber", names=("sobject", "Case"))
    if is_true(record.get("IsDeleted")):
        return SkipReason.DELETED
    if text(record.get("MasterRecordId")):
        return SkipReason.MERGED
    state = text(record.get("Status")).lower()
    closed = is_true(record["IsClosed"]) if record.get("IsClosed") not in (None, "") else is_done(state)
    if not closed:
        return SkipReason.UNRESOLVED
    if state.startswith(("duplicate", "merged")) or state_of(state) is State.MERGED:
        return SkipReason.MERGED
    own = [written(value) for name, value in record.items() if _OWN_SOLUTION.fullmatch(name) and text(value)]
    comments = [note for note in seen_by_all(objects(record.get("CaseComments"))) if _is_answer(note, record)]
    mails = [mail for mail in objects(record.get("EmailMessages")) if _was_sent(mail)]
    category = [part.replace("/", " ") for name in ("Type", "Reason") if (part := text(record.get(name)))]
    contact, account = mapping(record.get("Contact")), mapping(record.get("Account"))
    return Ticket(
        external_id=text(record.get("CaseNumber")) or text(record.get("Id")),
        title=text(record.get("Subject")),
        problem=written_plain(record.get("Description")),
        answers=[*own, *last_first([written_plain(note.get("CommentBody")) for note in comments]),
                 *last_first([_mail(mail) for mail in mails])],
        raw=(text(record.get("Description")), *own, *(text(note.get("CommentBody")) for note in comments),
             *(text(mail.get("TextBody")) for mail in mails)),
        product=text(record.get("Product__c")) or text(record.get("Product")) or text(record.get("Asset")),
        category="/".join(category),
        priority=text(record.get("Priority")),
        channel=text(record.get("Origin")),
        language=text(record.get("Language")),
        opened_at=record.get("CreatedDate"),
        resolved_at=record.get("ClosedDate"),
        changed_at=record.get("LastModifiedDate") or record.get("SystemModstamp"),
        people=people(
            contact, record.get("Owner"), record.get("SuppliedName"), record.get("SuppliedEmail"),
            record.get("ContactEmail"), record.get("ContactName"), *({"phone": record.get(name)} for name in _PHONES),
            *(note.get("CreatedBy") for note in comments),
            *(mail.get(name) for mail in mails for name in ("FromName", "FromAddress", "ToAddress")),
            companies=(account, record.get("SuppliedCompany"), record.get("AccountName")),
        ),
    )  # fmt: skip


def _is_answer(note: Record, record: Record) -> bool:
    """Neither deleted nor by the customer, who writes in a portal, nor by a flow."""
    if is_true(note.get("IsDeleted")):
        return False
    author = note.get("CreatedBy") or note.get("CreatorName") or ""
    kind = text(mapping(author).get("UserType")).lower()
    if kind.startswith(_OUTSIDE) or is_machine(author):
        return False
    contact = people_named(
        (text(record.get("Contact")), text(record.get("ContactName")), text(record.get("SuppliedName")))
    )
    return same_person(text(author)) not in contact


def _was_sent(mail: Record) -> bool:
    """Out of the house, by a person: no draft, nothing among colleagues, no answering machine."""
    if not is_false(mail.get("Incoming")) or is_internal(mail) or is_true(mail.get("IsDeleted")):
        return False
    status = text(mail.get("Status")).lower()
    return (
        status not in _UNSENT
        and not is_machine(text(mail.get("FromName")))
        and not is_machine(text(mail.get("FromAddress")))
    )


def _mail(mail: Record) -> str:
    plain = written_plain(mail.get("TextBody"))
    return plain or written_html(mail.get("HtmlBody"))
