"""What the status of a ticket or a case says, in fifteen languages: is it over, was it solved, is it one of ours?"""

from enum import StrEnum

from retriever.domain import Status
from retriever.ingest.words import LONGEST_NAME, plain_name, states


class State(StrEnum):
    """What a word for a status means: `done` to `spam` are said of tickets, the others of our own cases."""

    DONE = "done"
    OPEN = "open"
    NOT_FIXED = "not_fixed"
    MERGED = "merged"
    SPAM = "spam"
    PUBLISHED = "published"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    HISTORICAL = "historical"


def state_of(word: str) -> State | None:
    """What the word means; None for an account's own."""
    plain = plain_name(word)
    if found := _KNOWN.get(plain) or _KNOWN.get(plain.lstrip("0123456789")):
        return found
    # `Closed (duplicate)`, `Resolved: by the caller`, `Pending - customer`: what follows says more.
    for sign in "(:,-–":
        before, _, after = word[:LONGEST_NAME].partition(sign)
        if found := _KNOWN.get(plain_name(after)) or _KNOWN.get(plain_name(before)):
            return found
    return None


def is_done(word: str) -> bool:
    """Does the word say that the ticket was solved?"""
    return state_of(word) is State.DONE


def status_of(word: str) -> str:
    """A status of our own cases for a word that means one, or that a ticket is done; else the word as it stands."""
    found = state_of(word)
    if found is State.DONE:
        return Status.PUBLISHED
    return str(found) if found in _OURS else word


_OURS = frozenset((State.PUBLISHED, State.DRAFT, State.IN_REVIEW, State.HISTORICAL))
_KNOWN = {
    plain_name(word): State(meaning)
    for meaning, languages in states().items()
    for words in languages.values()
    for word in words
}
