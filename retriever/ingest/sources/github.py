"""GitHub: issues of the REST API, of `gh issue list --json`, discussions with an answer, and webhooks.

Solution: the accepted answer of a discussion; else the last comment of a maintainer (owner, member, collaborator), not
of a bot and not hidden. Pull requests, `not_planned` and duplicates are skipped. Markdown stays as it is; HTML
comments of templates go.
"""

import re
from collections.abc import Sequence

from retriever.case.moments import moment_of
from retriever.ingest.cleaning.code import outside_code
from retriever.ingest.cleaning.html import with_powers, without_comments
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.cleaning.mail_signs import is_quoted
from retriever.ingest.sources.record import (
    Record,
    is_true,
    last_first,
    mapping,
    names,
    objects,
    people,
    text,
    unwrapped,
)
from retriever.ingest.sources.speakers import is_machine
from retriever.ingest.sources.ticket import SkipReason, Ticket

NAME = "github"
ENVELOPES = ("items", "issues", "discussions", "nodes")
_WRITTEN = (("updated_at", "updatedAt"), ("created_at", "createdAt"))
MAINTAINERS = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))
# Nothing that could begin another one stands within, so that no part of a text is looked at for many beginnings.
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,200})\]\([^()\n]{0,1000}\)")
_NOTE = re.compile(r"\s{0,3}>\s?(?:\[!|\*\*(?:Note|Warning|Important|Tip|Caution)\*\*)", re.IGNORECASE)
_DETAILS = re.compile(r"</?(?:details|summary|br|p|div|sub|sup|kbd|img|a)\b[^<>\n]{0,500}>", re.IGNORECASE)


def convert(outer: Record) -> Ticket | SkipReason:
    """One issue or discussion as a case, or why it becomes none."""
    record = unwrapped(outer, "state", "answer", names=("issue", "discussion"))
    if record.get("pull_request") or record.get("isPullRequest"):
        return SkipReason.PULL_REQUEST
    answer = mapping(record.get("answer"))
    reason = _either(record, "state_reason", "stateReason").lower()
    if not answer and text(record.get("state")).lower() != "closed":
        return SkipReason.UNRESOLVED
    if reason in ("not_planned", "duplicate", "reopened", "outdated"):
        return {"duplicate": SkipReason.MERGED, "reopened": SkipReason.UNRESOLVED}.get(reason, SkipReason.NOT_FIXED)
    labels = names(record.get("labels"))
    if not answer and (unfit := _by_label(labels)):
        return unfit
    # A webhook of a new comment brings it beside the issue.
    comments = [*objects(record.get("comments")), *objects(outer.get("comment"))]
    answers = [_reply_text(text(comment.get("body"))) for comment in comments if _is_answer(comment)]
    accepted = [_reply_text(text(answer.get("body")))] if answer else []
    address = _either(record, "html_url", "url")
    return Ticket(
        external_id=_external_id(record, address),
        title=text(record.get("title")),
        problem=markdown_text(text(record.get("body"))),
        answers=[*accepted, *last_first(answers)],
        raw=(text(record.get("body")), *(text(comment.get("body")) for comment in comments), *accepted),
        url=address,
        product=_repository(address).partition("/")[2] or text(mapping(outer.get("repository")).get("name")),
        tags=labels,
        channel="discussion" if answer else "issue",
        opened_at=_either(record, "created_at", "createdAt"),
        resolved_at=_either(record, "closed_at", "closedAt"),
        changed_at=_either(record, "updated_at", "updatedAt") or _last_sign(record, comments),
        people=people(
            record.get("user"), record.get("author"), record.get("closed_by"), record.get("assignees"),
            *(comment.get(name) for comment in comments for name in ("user", "author")),
        ),
    )  # fmt: skip


def _last_sign(record: Record, comments: Sequence[Record]) -> str:
    """The latest time in an issue that does not say when it was changed: its close, or a comment."""
    written = (_either(note, *names) for note in comments for names in _WRITTEN)
    return max(map(moment_of, (_either(record, "closed_at", "closedAt"), *written)))


def markdown_text(markdown: str) -> str:
    """Markdown without what a page does not show: comments, tags, addresses of images. Code is untouched."""
    return clean_mail(outside_code(markdown.replace("\r\n", "\n"), _shown))


def _reply_text(markdown: str) -> str:
    """A comment without what "Quote reply" puts first: marked lines, an empty one, and the answer. Notes stay."""
    lines = markdown.replace("\r\n", "\n").strip().split("\n")
    end = next((place for place, line in enumerate(lines) if not is_quoted(line)), len(lines))
    repeats = 0 < end < len(lines) and not lines[end].strip() and not _NOTE.match(lines[0])
    return markdown_text("\n".join(lines[end:] if repeats else lines))


def _shown(text: str) -> str:
    return _DETAILS.sub("", with_powers(_IMAGE.sub(r"\1", without_comments(text))))


def _either(record: Record, name: str, other: str) -> str:
    return text(record.get(name)) or text(record.get(other))


def _by_label(labels: list[str]) -> SkipReason | None:
    """Why an issue with one of GitHub's own labels has no solution; many are closed as completed all the same."""
    plain = {label.casefold().replace("’", "'") for label in labels}
    if plain & {"duplicate", "duplicated", "dupe"}:
        return SkipReason.MERGED
    return SkipReason.NOT_FIXED if plain & {"wontfix", "won't fix", "invalid", "stale", "spam"} else None


def _is_answer(comment: Record) -> bool:
    if _either(comment, "author_association", "authorAssociation").upper() not in MAINTAINERS:
        return False
    if is_true(comment.get("isMinimized")) or comment.get("performed_via_github_app"):
        return False
    return not is_machine(comment.get("user")) and not is_machine(comment.get("author"))


def _repository(address: str) -> str:
    """owner/name out of the address of an issue."""
    parts = address.split("/")
    return "/".join(parts[3:5]) if len(parts) > 5 and parts[5] in ("issues", "discussions") else ""


def _external_id(record: Record, address: str) -> str:
    """owner/name#12: numbers alone repeat in every repository."""
    number = text(record.get("number"))
    repository = _repository(address)
    return f"{repository}#{number}" if repository and number else number or text(record.get("id"))
