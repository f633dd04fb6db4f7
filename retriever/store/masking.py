"""Texts are masked on their way into the library, whoever writes them.

The functions that write take `MaskedCase` and `MaskedText`, which only `Masking` gives, so that a new caller cannot
forget it: the type checker refuses a plain case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NewType

import structlog

from retriever.domain import Case
from retriever.masking import KnownEntities, mask_case, mask_text
from retriever.masking.listed import NAMES_FILE, load_names
from retriever.masking.spans import NOBODY
from retriever.store.ingests import IngestProgress

log = structlog.get_logger()

MaskedCase = NewType("MaskedCase", Case)
"""A case that may be written."""
MaskedText = NewType("MaskedText", str)
"""A text that may be written."""


class MaskedCases(tuple[MaskedCase, ...]):
    """Cases that were masked where they came in: `Masking.cases` hands them on as they are."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Masking:
    """Masks personal values; with `mask` off, which only a person decides, everything goes in as it is.

    `known` holds the names that the operator lists beside the library.
    """

    mask: bool = True
    known: KnownEntities = NOBODY

    def case(self, case: Case, known: KnownEntities = NOBODY) -> MaskedCase:
        """The case without personal values, `known` ones included. One that was masked already comes out as it is."""
        return MaskedCase(mask_case(case, replace(known, listed=self.known.listed))[0] if self.mask else case)

    def cases(self, cases: Iterable[Case]) -> MaskedCases:
        """The same for many."""
        return cases if isinstance(cases, MaskedCases) else MaskedCases(self.case(case) for case in cases)

    def text(self, text: str) -> MaskedText:
        """A note, a question, the name of a file."""
        return MaskedText(mask_text(text, self.known).text if self.mask else text)

    def answers(self, answers: Mapping[str, str | bool]) -> dict[str, str | bool]:
        """Answers of a checklist: names stay, notes are masked."""
        return {name: self.text(value) if isinstance(value, str) else value for name, value in answers.items()}

    def progress(self, progress: IngestProgress) -> IngestProgress:
        """How far a file was read; people name files after people."""
        return replace(progress, name=self.text(progress.name))


def open_masking(library: Path, *, mask: bool, read_only: bool) -> Masking:
    """The masking of a library, with the names listed beside it; a warning in the log when it is off."""
    if not mask and not read_only:
        log.warning("masking_is_off", detail="personal data is stored as it comes; set SIMILAR_CASES_MASK=on")
    return Masking(mask, KnownEntities(listed=load_names(library.with_name(NAMES_FILE))))
