"""The rules of the life of a case, as functions of what is known: who may do what, in which state, and when it ages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from retriever.case.access import OPEN, in_audience, may_read_open
from retriever.case.language_tags import UNSURE
from retriever.case.validity import is_expired
from retriever.domain import Actor, AnyCase, Case, Role, Status, StoredCase
from retriever.errors import Conflict, Forbidden, VersionMismatch
from retriever.store.reviews import Review

REVIEW_DAYS = 180


@dataclass(frozen=True, slots=True)
class Policy:
    """How many approvals publish a case (2 or 1), and after how many days it is reviewed again, by category."""

    reviews: int = 2
    review_days: int = REVIEW_DAYS
    review_days_by_category: Mapping[str, int] = field(default_factory=dict)


def require_role(actor: Actor, role: Role, action: str) -> None:
    """Raises Forbidden unless the actor has this role or a higher one."""
    if actor.role < role:
        raise Forbidden(f"to {action} takes the role {role.label} or above; {actor.id} is {actor.role.label}.")


def may_see_review(stored: StoredCase, review: Review, actor: Actor) -> bool:
    """May the actor see what waits for approval? Reviewers may, and who wrote or submitted it."""
    text = text_of(stored, review)
    if not (in_audience(actor.audience, text) and in_audience(actor.audience, stored.case)):
        return False
    return may_read_open(actor, (*review.authors, review.submitted_by))


def open_review(stored: StoredCase, row: Review | None) -> Review | None:
    """What of this case waits for approval: its pending revision, else itself as draft or in review, else nothing.

    The row of a case that was written directly since says nothing about the new text: its approval is void, and all
    who are known to have written stay authors.
    """
    if row is not None and row.pending is not None:
        return row
    case = stored.case
    if case.status not in OPEN:
        return None
    if row is not None and row.version == stored.version:
        return row
    written_by = () if row is None else row.authors
    authors = dict.fromkeys((*written_by, case.created_by)) if case.created_by else dict.fromkeys(written_by)
    since = stored.updated_at
    return Review(
        stored.key,
        case.status,
        stored.version,
        authors=tuple(authors),
        submitted_by=row.submitted_by if row else case.created_by,
        team=row.team if row else None,
        submitted_at=since if case.status is Status.IN_REVIEW else "",
        updated_at=since,
    )


def text_of(stored: StoredCase, review: Review) -> Case:
    """The text that is reviewed."""
    return review.pending or stored.case


def stage(review: Review, policy: Policy) -> str:
    """Who has to act: `author`, `first` or `second` reviewer."""
    if review.state is not Status.IN_REVIEW:
        return "author"
    return "first" if not review.first_by and policy.reviews > 1 else "second"


def check_tag(id: str, review: Review, wanted: str | None) -> None:
    """Is this the version under review that the actor looked at? Raises VersionMismatch."""
    if wanted is not None and wanted != review.tag:
        raise VersionMismatch(f"what is reviewed of case {id} is at version {review.tag}; read it again first.")


def check_base(stored: StoredCase, review: Review) -> None:
    """Was a pending revision written for the case as it is live? Raises Conflict."""
    if review.pending is not None and review.base_version != stored.version:
        raise Conflict(
            f"case {stored.case.id} is at version {stored.version} and this revision was written for version "
            f"{review.base_version}: revise it again on top of that."
        )


def check_approver(actor: Actor, review: Review, policy: Policy) -> None:
    """May the actor give the approval that is missing? Raises Forbidden."""
    _not_an_author(actor, review)
    if stage(review, policy) == "first":
        if actor.role < Role.REVIEWER or not _same_team(actor, review):
            raise Forbidden(f"the first review takes {_reviewer(review)}; {_who(actor)}.")
        return
    if policy.reviews == 1:
        _team_lead_or_manager(actor, review, "approve")
        return
    if actor.id == review.first_by:
        raise Forbidden(
            f"{actor.id} gave the first approval; the second takes {_second(review)} who is somebody else. "
            "Where there is nobody, reject it, and let a reviewer approve it first."
        )
    if review.first_by_manager:
        _team_lead_or_manager(actor, review, "give the second approval")
        return
    require_role(actor, Role.KNOWLEDGE_MANAGER, "give the second approval")


def check_rejecter(actor: Actor, review: Review) -> None:
    """May the actor send the case back? Raises Forbidden."""
    _not_an_author(actor, review)
    _team_lead_or_manager(actor, review, "reject")


def check_withdrawer(actor: Actor, review: Review) -> None:
    """May the actor take the case back? Raises Forbidden."""
    if actor.id not in (*review.authors, review.submitted_by) and actor.role < Role.KNOWLEDGE_MANAGER:
        raise Forbidden(f"only its authors or a knowledge manager can take it back; {actor.id} is neither.")


def as_author(review: Review, actor: Actor) -> Review:
    """The review with one more author."""
    return replace(review, authors=tuple(dict.fromkeys((*review.authors, actor.id))))


def kept_state(case: AnyCase, live: Case) -> AnyCase:
    """A text with what only the lifecycle decides taken from the stored case, and its language where it tells none."""
    return replace(
        case,
        id=live.id,
        language=live.language if case.language in ("", UNSURE) else case.language,
        status=live.status,
        created_by=live.created_by,
        reviewers=live.reviewers,
        review_due_on=live.review_due_on,
        superseded_by=live.superseded_by,
    )


def new_draft(case: AnyCase, actor: Actor) -> AnyCase:
    """A text as the first draft of a new case by this actor."""
    return replace(
        case, status=Status.DRAFT, created_by=actor.id, reviewers=(), review_due_on="", superseded_by=""
    )  # fmt: skip


def published(case: AnyCase, *, reviewers: tuple[str, ...], today: date, policy: Policy) -> AnyCase:
    """The text as it goes live. Raises Conflict when it is not valid any more."""
    if is_expired(case, today):
        raise Conflict(f"case {case.id} is valid until {case.valid_until[:10]}, which is past; change that first.")
    due = due_on(case, today, policy)
    return replace(case, status=Status.PUBLISHED, reviewers=reviewers, review_due_on=due, superseded_by="")


def due_on(case: Case, today: date, policy: Policy) -> str:
    """The day when the case is to be reviewed again; the longest category path that has days of its own decides."""
    parts = case.category.split("/")
    paths = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    by_category = policy.review_days_by_category
    days = next((by_category[path] for path in paths if path in by_category), policy.review_days)
    return (today + timedelta(days=days)).isoformat()


def _not_an_author(actor: Actor, review: Review) -> None:
    if actor.id in (*review.authors, review.submitted_by):
        raise Forbidden(f"{actor.id} wrote or submitted this; somebody else must review it.")


def _team_lead_or_manager(actor: Actor, review: Review, action: str) -> None:
    if actor.role >= Role.KNOWLEDGE_MANAGER or (actor.role >= Role.REVIEWER and _same_team(actor, review)):
        return
    raise Forbidden(f"to {action} takes {_reviewer(review)} or a knowledge manager; {_who(actor)}.")


def _second(review: Review) -> str:
    """Whom the second approval takes: a knowledge manager must be one of the two."""
    return f"{_reviewer(review)} or a knowledge manager" if review.first_by_manager else "a knowledge manager"


def _reviewer(review: Review) -> str:
    return f"a reviewer of the submitter's team ({review.team})" if review.team else "a reviewer of any team"


def _who(actor: Actor) -> str:
    return f"{actor.id} is {actor.role.label} of {actor.team or 'no team'}"


def _same_team(actor: Actor, review: Review) -> bool:
    """Whose submitter is in no team, or unknown, any reviewer may look at."""
    return not review.team or actor.team == review.team
