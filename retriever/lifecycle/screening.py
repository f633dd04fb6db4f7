"""What a reviewer answers before approving: the checklist, and the criteria that decide whether a case is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from retriever.domain import Case
from retriever.errors import InvalidInput

NOTE_LIMIT = 2_000

CHECKLIST: Mapping[str, str] = {
    "problem_clear": "The problem stands in the customer's words, with what is needed to recognise it.",
    "cause_stated": "The cause is stated, or it is said that it is not known.",
    "solution_repeatable": "Somebody else can repeat the solution from what is written.",
    "no_personal_data": "Nothing in it names or identifies a person.",
    "no_duplicate": "No other case of the library says the same.",
}
"""Every item must be answered with yes; a no is a reason to reject."""


class Scope(StrEnum):
    """Does the case help with many problems of its kind, or is it worth keeping because it is out of the ordinary?"""

    GENERAL = "general"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Screening:
    """A reviewer's answers. `effective`: the solution is known to have worked; `quantified`: a figure shows it."""

    scope: Scope
    effective: bool
    quantified: bool
    checklist: Mapping[str, bool] = field(default_factory=dict)
    note: str = ""

    @property
    def answers(self) -> dict[str, str | bool]:
        """All answers by name, as they are kept."""
        criteria: dict[str, str | bool] = {
            "scope": str(self.scope),
            "effective": self.effective,
            "quantified": self.quantified,
        }
        return criteria | dict(self.checklist)


def check_screening(screening: Screening, case: Case) -> None:
    """Do these answers carry an approval of this case? Raises InvalidInput naming the answer that does not."""
    unknown = [name for name in screening.checklist if name not in CHECKLIST]
    if unknown:
        raise InvalidInput(f"{unknown[0][:60]!r} is not on the checklist; it has {', '.join(CHECKLIST)}.")
    missing = [name for name in CHECKLIST if name not in screening.checklist]
    if missing:
        raise InvalidInput(f"the checklist is not complete: {', '.join(missing)} must be answered.")
    failed = [name for name in CHECKLIST if not screening.checklist[name]]
    if failed:
        raise InvalidInput(
            f"{', '.join(failed)} not confirmed: confirm it after a look, or reject the case with the reason."
        )
    if not screening.effective:
        raise InvalidInput(
            "it is not confirmed that the solution is effective: confirm it, or reject the case with the reason."
        )
    if screening.quantified and not has_figure(case):
        raise InvalidInput(
            "quantified was answered with yes, but the outcome of the case holds no figure: "
            "add resolution_minutes, csat, first_contact_resolved or a number in its summary, or answer no."
        )
    check_note(screening.note)


def has_figure(case: Case) -> bool:
    """Does the outcome say in figures what the solution achieved?"""
    outcome = case.outcome
    measured = (outcome.resolution_minutes, outcome.csat, outcome.first_contact_resolved)
    return any(value is not None for value in measured) or any(letter.isdigit() for letter in outcome.summary)


def check_note(note: str, *, required: bool = False) -> str:
    """A note or reason, stripped. Raises InvalidInput when it is too long, or missing though required."""
    text = note.strip()
    if required and not text:
        raise InvalidInput("a reason is needed: say what should be changed.")
    if len(text) > NOTE_LIMIT:
        raise InvalidInput(f"the note has {len(text):,} characters, at most {NOTE_LIMIT:,} are taken: shorten it.")
    return text
