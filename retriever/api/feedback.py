"""Feedback counts for questions asked here and cases that their answers showed; nobody can invent either."""

import time
from dataclasses import replace

from retriever.api.models.requests import FeedbackRequest
from retriever.config import Settings
from retriever.domain import Actor, SearchResult
from retriever.store.events import REPORTS, EventTable
from retriever.store.query_ids import bare_id

FEEDBACK_DAYS = 90
"""For so long after a question it can be told what came of it, or for as long as questions are kept, if that is less:
of one that is forgotten nobody knows any more what was told already."""
_DAY = 86_400


def with_issued_id(events: EventTable, result: SearchResult) -> SearchResult:
    """The answer under an id that vouches for what it shows."""
    shown = [match.stored.case.id for match in result.matches]
    shown += [id for match in result.matches for id in match.more_like_this]
    return replace(result, query_id=events.query_ids.issue(result.query_id, shown, now=time.time()))


def take_feedback(events: EventTable, settings: Settings, actor: Actor, feedback: FeedbackRequest) -> str:
    """Record feedback on a case that the actor may see, or take it back; why nothing changed, empty when it did.

    Raises CaseNotFound.
    """
    case_id, kind = feedback.case_id, feedback.event
    question = bare_id(feedback.query_id)
    if feedback.retract:
        # Needs no proof: it only ever undoes what the same actor has told.
        gone = events.take_back(kind, case_id, query_id=question, actor=actor.id)
        return "" if gone else "there is nothing of that kind to take back: not told by you, or answered since."
    if feedback.query_id or kind not in REPORTS:
        reason = _why_not_asked(events, settings, feedback)
        if reason:
            return reason
    told = events.log(kind, case_id, query_id=question, actor=actor.id)
    return "" if told else "it was told already: each of these counts once for a question and person."


def _why_not_asked(events: EventTable, settings: Settings, feedback: FeedbackRequest) -> str:
    """Why a question counts for nothing; empty when it was asked here and its answer showed the case."""
    if not feedback.query_id:
        return "send the query_id of the answer that showed the case."
    issued = events.query_ids.read(feedback.query_id)
    if issued is None:
        # As older versions issued it: its answer is in the log of questions, or nobody knows it.
        logged = events.was_shown(feedback.query_id, feedback.case_id)
        return "" if logged else "this library has not issued the query_id, or not for an answer with this case."
    days = min(settings.log_retention_days or FEEDBACK_DAYS, FEEDBACK_DAYS)
    if time.time() - issued.at > days * _DAY:
        return f"the question was asked more than {days} days ago."
    return "" if issued.has_shown(feedback.case_id) else "the answer to this question did not show the case."
