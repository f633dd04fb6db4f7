"""Jira and Jira Service Management: issues of the REST API (v2 markup, v3 documents), exports and webhooks.

Solution: the last comment by a person other than the reporter that customers may see: no flag, role, group or property
hides it. The name of the resolution ("Done") says that there was one, not what it was. A field of your own, such as
`solution=fields.customfield_10042`, comes first when it is mapped.
"""

from collections.abc import Mapping

from retriever.ingest.cleaning.adf import is_adf, wiki_to_text
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.sources.record import (
    Record,
    at,
    is_true,
    last_first,
    mapping,
    names,
    objects,
    people,
    text,
    unwrapped,
)
from retriever.ingest.sources.speakers import is_internal, is_machine
from retriever.ingest.sources.ticket import SkipReason, Ticket
from retriever.ingest.states import is_done

NAME = "jira"
ENVELOPES = ("issues", "values")
_RESTRICTIONS = ("visibility", "viewableBy", "roleLevel", "groupLevel", "rolelevel", "grouplevel")
_MARK = "sd.public.comment"
NOT_FIXED = frozenset(
    ("won't do", "won't fix", "wont fix", "wontfix", "declined", "cannot reproduce", "can't reproduce", "incomplete",
     "not a bug", "invalid", "abandoned", "cancelled", "canceled", "won't do (obsolete)", "known error", "rejected")
)  # fmt: skip


def convert(outer: Record) -> Ticket | SkipReason:
    """One issue as a case, or why it becomes none."""
    record = unwrapped(outer, "fields", names=("issue",))
    fields = mapping(record.get("fields"))
    reason = _unfit(fields)
    if reason:
        return reason
    # A webhook of a new comment brings it beside the issue.
    comments = objects(fields.get("comment")) or objects(record.get("comments")) or objects(outer.get("comment"))
    reporter = fields.get("reporter") or fields.get("creator")
    answers = [body_text(comment.get("body")) for comment in comments if _is_answer(comment, mapping(reporter))]
    components = names(fields.get("components"))
    return Ticket(
        external_id=text(record.get("key")) or text(record.get("id")),
        title=text(fields.get("summary")),
        problem=body_text(fields.get("description")),
        answers=last_first(answers),
        raw=(
            text(fields.get("description")),
            *(text(comment.get("body")) for comment in comments if not _is_internal(comment)),
        ),
        url=_address(text(record.get("self")), text(record.get("key"))),
        product=text(fields.get("project")),
        category=components[0].replace("/", " ") if components else "",
        environment=body_text(fields.get("environment")),
        tags=names(fields.get("labels")) + components[1:],
        priority=text(fields.get("priority")),
        channel=text(at(fields, "issuetype.name")),
        opened_at=fields.get("created"),
        resolved_at=fields.get("resolutiondate"),
        changed_at=fields.get("updated"),
        people=people(
            *(fields.get(role) for role in ("reporter", "creator", "assignee")),
            *(comment.get("author") for comment in comments),
            companies=names(fields.get("organizations")),
        ),
    )


def not_fixed(resolution: str) -> SkipReason | None:
    """Is this the name of a resolution that solves nothing?"""
    name = resolution.strip().casefold()
    if name.startswith("duplicate"):
        return SkipReason.MERGED
    return SkipReason.NOT_FIXED if name.replace("’", "'") in NOT_FIXED else None


def body_text(value: object) -> str:
    """A body, which is a document (v3) or wiki markup (v2), as text."""
    plain = text(value)
    return clean_mail(plain if is_adf(value) else wiki_to_text(plain))


def _unfit(fields: Record) -> SkipReason | None:
    category = text(at(fields, "status.statusCategory.key"))
    resolution = text(fields.get("resolution"))
    done = category == "done" if category else is_done(text(fields.get("status")))
    if not done or (not resolution and not fields.get("resolutiondate")):
        return SkipReason.UNRESOLVED
    return not_fixed(resolution)


def _is_answer(comment: Record, reporter: Record) -> bool:
    author = mapping(comment.get("author"))
    if _is_internal(comment) or author.get("accountType") == "customer" or is_machine(author):
        return False
    for key in ("accountId", "key", "name", "emailAddress", "displayName"):
        if author.get(key) and reporter.get(key):
            return bool(author[key] != reporter[key])
    return bool(author)


def _is_internal(comment: Record) -> bool:
    """Hidden from customers: by a flag, by a role or group, or by the property of a service project."""
    if is_internal(comment) or any(_names_few(comment.get(name)) for name in _RESTRICTIONS):
        return True
    properties = comment.get("properties")
    marks = [mark.get("value") for mark in objects(properties) if mark.get("key") == _MARK]
    return any(_says_internal(mark) for mark in (*marks, mapping(properties).get(_MARK)))


def _names_few(restriction: object) -> bool:
    """Does it name a role or a group? An older Jira writes the name alone."""
    if isinstance(restriction, Mapping):
        return any(map(text, restriction.values()))
    return text(restriction).casefold() not in ("", "public", "everyone", "all users")


def _says_internal(mark: object) -> bool:
    """The property's value is an object, or, in what some programs export, its JSON."""
    if isinstance(mark, str):
        return '"internal":true' in "".join(mark.lower().split()).replace(':"true', ":true")
    return is_true(mapping(mark).get("internal"))


def _address(self: str, key: str) -> str:
    base, rest, _ = self.partition("/rest/api/")
    return f"{base}/browse/{key}" if rest and key else ""
