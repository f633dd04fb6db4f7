"""Do lines marked with `>` repeat an earlier mail? They may as well be a menu path, a prompt or a quote on purpose.

Marks alone are no evidence. An announcement above is one, or one among the marked lines; so is the shape of a letter at
the beginning or the end of the text: a greeting, a sign-off with a name, marks within marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retriever.ingest.cleaning.greeting import is_greeting
from retriever.ingest.cleaning.mail_signs import marks_of, without_mark
from retriever.ingest.cleaning.quotes import reply_header
from retriever.ingest.cleaning.signature import without_signature

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_LABEL_WORDS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where marked lines stand: below which lines of the author, the last filled one of which is `before`.

    It may stand `directly` above. `announced` says that an earlier mail was, and `is_last` that no text follows.
    """

    above: Sequence[str]
    before: str
    directly: bool
    announced: bool
    is_last: bool


def repeats_mail(marked: Sequence[str], place: Place) -> bool:
    """Is there evidence that the marked lines are an earlier mail?"""
    before = place.before.strip()
    if before.endswith((":", "：")):
        return False  # quoted on purpose
    if any(reply_header(marked, number) for number in range(len(marked))):
        return True
    if place.announced:
        return not (place.directly and _goes_on(before, marked))
    return (not before or (place.is_last and _is_complete(place.above, before))) and _is_letter(marked)


def _goes_on(before: str, marked: Sequence[str]) -> bool:
    """Do the lines go on with an open sentence, as `go to` with the labels of a menu below it?"""
    said = [without_mark(line).strip() for line in marked]
    return not before.endswith(_SENTENCE_ENDS) and not any(
        line.endswith(_SENTENCE_ENDS) or len(line.split()) > _LABEL_WORDS for line in said
    )


def _is_complete(above: Sequence[str], before: str) -> bool:
    """Does what the author wrote end above, with a sentence or with a signature?"""
    return before.endswith(_SENTENCE_ENDS) or len(without_signature(above)) < len("\n".join(above).rstrip().split("\n"))


def _is_letter(marked: Sequence[str]) -> bool:
    said = [without_mark(line) for line in marked]
    if len({marks_of(line) for line in marked if line.strip(" >\t")}) > 1:
        return True
    if len([line for line in said if line.strip()]) < 2:
        return False
    begins = next(number for number, line in enumerate(said) if line.strip())
    gap = begins + 1 < len(said) and not said[begins + 1].strip()
    return is_greeting(said[begins], gap=gap) or len(without_signature(said)) < len(
        "\n".join(said).rstrip().split("\n")
    )
