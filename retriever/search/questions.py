"""How a question is read before it is searched: a pasted mail, a log or a stack trace as what it asks.

First it is cleaned like a ticket. Then it falls into parts, sentences and lines, of which those go that are polite or
repeat others, and the log lines that report no fault. What codes stood in what went stays as error codes.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from retriever.case.texts import stands_in
from retriever.domain import Query
from retriever.search.long_lines import LONG, code_tokens, pieces_of, records_of
from retriever.search.politeness import is_polite

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
    known: Collection[str] = ()
    """Tokens of those codes that the library has, too."""
    named: str = ""
    """The same as they are written, each once."""

    def narrowed(self, parts: Sequence[str]) -> Query:
        """The question with these parts alone; a code that would be lost stays as an error code."""
        problem = "\n".join(parts)
        text = f"{self.query.title}\n{problem}"
        lost = (code for code in self.codes if not stands_in(code, text))
        codes = tuple(dict.fromkeys((*self.query.error_codes, *lost)))
        return replace(self.query, problem=problem, error_codes=codes[: max(CODES, len(self.query.error_codes))])


def nothing_known(tokens: Sequence[str]) -> set[str]:
    """For who reads without a library: it has none of the tokens."""
    return set()


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

    def read(self, query: Query, known: Callable[[Sequence[str]], set[str]] = nothing_known) -> Reading:
        """The question as it is searched; a text that would be left with nothing is taken as it is.

        `known` tells which of some tokens (`index.text.tokenise`) the library has.
        """
        text = query.problem
        if len(text) <= LONG and "\n" not in text.strip() and "<" not in text:
            return Reading(self.mask(query), (), ())
        clean = self.mask(replace(query, problem=self.clean(text) or text))
        spelt = code_tokens(clean.problem)
        asked = known(list(spelt))
        named = " ".join([code for token, code in spelt.items() if token in asked][:CODES])
        written, logged = self._split(list(records_of(clean.problem)), asked)
        parts = _parts("\n".join(written), logged, asked) or (clean.problem,)
        codes = (*self.codes(text), *(found[0] for line in written for found in _MODEL.finditer(line)))
        told = tuple(dict.fromkeys(codes))[:CODES]
        also = self.mask(replace(query, title="", problem="", error_codes=told)).error_codes
        reading = Reading(clean, parts, also, asked, named)
        return replace(reading, query=reading.narrowed(parts))

    def _split(self, lines: Sequence[str], asked: set[str]) -> tuple[list[str], list[str]]:
        """The lines that somebody wrote, and what is kept of a log between them: reports of faults, each once.

        A line with a code that the library has is such a report, and comes first where there are too many.
        """
        logged = [self.is_log(line) or bool(_FRAME.match(line)) for line in lines]
        if sum(logged) < FEW:
            return list(lines), []
        log = [line for line, one in zip(lines, logged, strict=True) if one and not _FRAME.match(line)]
        written = [line for line, one in zip(lines, logged, strict=True) if not one]
        named = [line for line in log if asked and not asked.isdisjoint(code_tokens(_STAMP.sub("", line)))]
        faults = [line for line in log if _FAULT.search(line) or any(self.codes(line))]
        if not (named or faults) and not any(map(_LETTER.search, written)):
            faults = log
        unlike = {_VARIABLE.sub("#", line).casefold(): _STAMP.sub("", line) for line in reversed(named + faults)}
        return written, list(reversed(unlike.values()))[:LOG_LINES]


def _parts(text: str, logged: Sequence[str], asked: set[str]) -> tuple[str, ...]:
    """The sentences and lines that say something, each once, and the lines of a log."""
    sentences = dict.fromkeys(part.strip() for part in _SENTENCE_END.split(text))
    said = [part for part in sentences if _LETTER.search(part) and not is_polite(part)]
    pieces = dict.fromkeys(piece for part in (*said, *logged) for piece in pieces_of(part, asked))
    return tuple(piece for piece in pieces if piece)
