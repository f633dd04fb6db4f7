"""How a question is read before it is searched: a pasted mail, a log or a stack trace as what it asks.

First it is cleaned like a ticket. Then it falls into parts, sentences and lines, of which those go that are polite or
repeat others, and the log lines that report no fault. What codes stood in what went stays as error codes.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from retriever.case.texts import stands_in
from retriever.domain import Query
from retriever.search.politeness import is_polite

SHORT = 160
"""Characters of a question of one line that is taken as it is."""
LONGEST_PART = 600
"""Characters of one part; a longer sentence falls into several."""
CODES = 20
"""Most codes that a question is given."""
FEW = 3
"""Lines of a log that are no log yet."""
LOG_LINES = 8
"""Most lines of a log that stay: the first of those that report a fault, each once."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？；])|\n+")
_LETTER = re.compile(r"[^\W\d_]")
_FAULT = re.compile(
    r"\b(?:ERROR|FATAL|SEVERE|CRITICAL|PANIC|EMERG|ALERT|WARN(?:ING)?|FAIL(?:ED|URE)?)\b|\b\w{3,80}(?:Exception|Error)\b"
    r"|\b(?:caused by|failed|denied|refused|timed out|timeout|not found|cannot|unable|invalid|does not exist)\b",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\s*(?:at [\w$.<>/]+\(|File \"|\.\.\. \d+ (?:more|common)|\^+\s*$|#\d+ )")
_STAMP = re.compile(
    r"^\W{0,3}(?:\d{2,4}[-/.]\d\d[-/.]\d{2,4}[T ]?)?(?:\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?\s*"
)
_VARIABLE = re.compile(r"\b(?:0x)?[0-9a-f]*[0-9][0-9a-f-]*\b", re.IGNORECASE)
_MODEL = re.compile(r"(?<![\w-])[A-Z]{1,6}-?[0-9]{1,5}[A-Z]{0,3}(?:[-/][A-Z0-9]{1,4})?(?![\w-])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was read: the query with its whole clean text, and the parts that this text consists of."""

    query: Query
    parts: tuple[str, ...]
    codes: tuple[str, ...]
    """Every code and model of the question as it was sent."""

    def narrowed(self, parts: Sequence[str]) -> Query:
        """The question with these parts alone; a code that would be lost stays as an error code."""
        problem = "\n".join(parts)
        text = f"{self.query.title}\n{problem}"
        lost = (code for code in self.codes if not stands_in(code, text))
        codes = tuple(dict.fromkeys((*self.query.error_codes, *lost)))
        return replace(self.query, problem=problem, error_codes=codes[: max(CODES, len(self.query.error_codes))])


@dataclass(frozen=True, slots=True)
class QuestionReader:
    """Reads questions. What it does to a text is handed in, since tickets are read by the same functions."""

    clean: Callable[[str], str]
    """What its author wrote in a mail: no markup, quotes, greeting or signature."""
    codes: Callable[[str], Iterable[str]]
    """The error codes in a text."""
    is_log: Callable[[str], bool]
    """Whether a line is one of a log or a stack trace."""
    mask: Callable[[Query], Query]
    """The question without personal values."""

    def read(self, query: Query) -> Reading:
        """The question as it is searched; a text that would be left with nothing is taken as it is."""
        text = query.problem
        if len(text) <= SHORT and "\n" not in text.strip() and "<" not in text:
            return Reading(self.mask(query), (), ())
        clean = self.mask(replace(query, problem=self.clean(text) or text))
        written, logged = self._split(clean.problem)
        parts = _parts("\n".join(written), logged) or (clean.problem,)
        codes = (*self.codes(text), *(found[0] for line in written for found in _MODEL.finditer(line)))
        known = tuple(dict.fromkeys(codes))[:CODES]
        reading = Reading(clean, parts, self.mask(replace(query, title="", problem="", error_codes=known)).error_codes)
        return replace(reading, query=reading.narrowed(parts))

    def _split(self, text: str) -> tuple[list[str], list[str]]:
        """The lines that somebody wrote, and what is kept of a log between them: reports of faults, each once."""
        lines = text.split("\n")
        logged = [self.is_log(line) or bool(_FRAME.match(line)) for line in lines]
        if sum(logged) < FEW:
            return lines, []
        log = [line[:LONGEST_PART] for line, one in zip(lines, logged, strict=True) if one and not _FRAME.match(line)]
        written = [line for line, one in zip(lines, logged, strict=True) if not one]
        faults = [line for line in log if _FAULT.search(line) or any(self.codes(line))]
        if not faults and not any(map(_LETTER.search, written)):
            faults = log
        unlike = {_VARIABLE.sub("#", line).casefold(): _STAMP.sub("", line) for line in reversed(faults)}
        return written, list(reversed(unlike.values()))[:LOG_LINES]


def _parts(text: str, logged: Sequence[str]) -> tuple[str, ...]:
    """The sentences and lines that say something, each once, and the lines of a log."""
    sentences = dict.fromkeys(part.strip() for part in _SENTENCE_END.split(text))
    said = [part for part in sentences if _LETTER.search(part) and not is_polite(part)]
    return tuple(part[at : at + LONGEST_PART] for part in (*said, *logged) for at in range(0, len(part), LONGEST_PART))
