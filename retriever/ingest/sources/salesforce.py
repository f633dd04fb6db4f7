"""Salesforce: cases of the REST API (`records`) and of CSV or XLSX exports.

Solution: a field of the organisation's own whose name begins with Resolution, Solution or Fix; else the last published
comment; else the last e-mail that went out. `Comments`, an internal field, is never taken.
"""

import re

from retriever.ingest.sources.record import Record, is_true, last_first, mapping, objects, people, text, written
from retriever.ingest.sources.ticket import SkipReason, Ticket

NAME = "salesforce"
ENVELOPES = ("records",)
_OWN_SOLUTION = re.compile(r"(?:case_)?(?:resolution|solution|fix|answer|lösung|solución)\w*__c", re.IGNORECASE)
_PHONES = ("SuppliedPhone", "ContactPhone", "ContactMobile", "ContactFax")


def convert(record: Record) -> Ticket | SkipReason:
    """One case of theirs as one of ours, or why it becomes none."""
    if is_true(record.get("IsDeleted")):
        return SkipReason.DELETED
    if text(record.get("MasterRecordId")):
        return SkipReason.MERGED
    state = text(record.get("Status")).lower()
    closed = (
        is_true(record["IsClosed"]) if record.get("IsClosed") not in (None, "") else state in ("closed", "resolved")
    )
    if not closed:
        return SkipReason.UNRESOLVED
    if state.startswith(("duplicate", "merged", "closed as duplicate")):
        return SkipReason.MERGED
    own = [written(value) for name, value in record.items() if _OWN_SOLUTION.fullmatch(name) and text(value)]
    comments = [note for note in objects(record.get("CaseComments")) if note.get("IsPublished") is not False]
    mails = [mail for mail in objects(record.get("EmailMessages")) if mail.get("Incoming") is False]
    category = [part.replace("/", " ") for name in ("Type", "Reason") if (part := text(record.get(name)))]
    contact, account = mapping(record.get("Contact")), mapping(record.get("Account"))
    return Ticket(
        external_id=text(record.get("CaseNumber")) or text(record.get("Id")),
        title=text(record.get("Subject")),
        problem=written(record.get("Description")),
        answers=[*own, *last_first([written(note.get("CommentBody")) for note in comments]),
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
        people=people(
            contact, record.get("Owner"), record.get("SuppliedName"), record.get("SuppliedEmail"),
            record.get("ContactEmail"), record.get("ContactName"), *({"phone": record.get(name)} for name in _PHONES),
            *(note.get("CreatedBy") for note in comments),
            *(mail.get(name) for mail in mails for name in ("FromName", "FromAddress", "ToAddress")),
            companies=(account, record.get("SuppliedCompany"), record.get("AccountName")),
        ),
    )  # fmt: skip


def _mail(mail: Record) -> str:
    plain = written(mail.get("TextBody"))
    return plain or written(mail.get("HtmlBody"), html=True)
