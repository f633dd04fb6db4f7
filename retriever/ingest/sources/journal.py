"""ServiceNow's journals: one text that holds every entry with its author, newest first, in the reader's own formats.

Work notes and customer-visible comments may stand in the same text. A line that names a kind of entry begins one
whatever its date looks like: else an internal note would run on inside the comment above it.
"""

import re
from typing import NamedTuple

from retriever.ingest.cleaning.html import html_to_text, looks_like_html
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.words import any_of

LONGEST_HEADER = 300
"""Characters of a line that may begin an entry."""

_DATE = (
    r"\d{1,4}[./\-年]\s?\d{1,2}[./\-月]\s?\d{1,4}[日.]?|\d{1,2}[ -]\w{3,12}\.?[ -]\d{2,4}|\w{3,12}\.? \d{1,2}, \d{4}"
)
_HALF = r"[AaPp]\.?\s?[Mm]\.?|上午|下午|午前|午後|오전|오후|ص|م"
_BEGINS = re.compile(
    rf"\W{{0,3}}(?:{_DATE})[ T,]{{0,3}}(?:(?:{_HALF})\s?)?\d{{1,2}}[:.h時时]\d{{2}}(?:[:.分]\d{{2}}秒?)?"
    rf"(?:\s?(?:{_HALF}))?(?:\s\(?[A-Z]{{2,5}}\)?)?\s[-–—]\s"
)
_WORK, _COMMENT = re.compile(any_of("internal")), re.compile(any_of("comment"))
_LABEL = re.compile(r"[(（]([^()（）]{1,60})[)）]")
_CODE = re.compile(r"\[/?code\]", re.IGNORECASE)
_FROM_MAIL = re.compile(
    r"\s{0,9}(?:reply|received|antwort|réponse|respuesta) (?:from|von|de) ?: ?\S{1,200}", re.IGNORECASE
)


class Entry(NamedTuple):
    """One entry: who wrote it, the label of its kind as it stands there, and what was written."""

    author: str
    kind: str
    body: str

    @property
    def is_comment(self) -> bool:
        """Is its kind, in any of the main languages, the one that customers see?"""
        label = self.kind.casefold()
        return bool(_COMMENT.search(label)) and not _WORK.search(label)

    @property
    def is_internal(self) -> bool:
        """Is its kind one that customers do not see?"""
        return bool(_WORK.search(self.kind.casefold()))


def journal_entries(journal: str) -> list[Entry]:
    """The entries of a journal in their order; what stands before the first one belongs to nobody and is left out."""
    found: list[tuple[str, str, list[str]]] = []
    for line in journal.splitlines():
        header = _header(line)
        if header:
            author, kind, rest = header
            found.append((author.strip(), kind.strip(), [rest]))
        elif found:
            found[-1][2].append(line)
    return [
        Entry(author, kind, _FROM_MAIL.sub("", "\n".join(body).strip(), count=1).strip())
        for author, kind, body in found
    ]


def customer_comments(entries: list[Entry]) -> list[Entry]:
    """The entries that customers see. A label that nobody knows counts as one where no other kind is known to be."""
    known = [entry for entry in entries if entry.is_comment]
    return known or [entry for entry in entries if entry.kind and not entry.is_internal]


def journal_text(value: str) -> str:
    """What was written; `[code]…[/code]` holds HTML, which ServiceNow shows as it is."""
    if "[code]" not in value.lower():
        return value
    parts = _CODE.split(value)
    for place in range(1, len(parts), 2):
        if looks_like_html(parts[place]):
            parts[place] = f"\n{clean_mail(html_to_text(parts[place]))}\n"
    return "".join(parts).strip()


def _header(line: str) -> tuple[str, str, str] | None:
    """Author, kind and what follows them, when the line begins an entry."""
    stripped = line.strip()
    begins = _BEGINS.match(stripped)
    if not begins:
        return _undated(stripped) if len(stripped) <= LONGEST_HEADER else None
    rest = stripped[begins.end() :]
    who, kind = _split(rest[:LONGEST_HEADER]) if len(rest) <= LONGEST_HEADER else (rest, "")
    if kind and _is_known(kind):
        return who, kind, ""
    # Some exports lose the line break behind the header; a log line with a time stamp names no kind of entry.
    for label in _LABEL.finditer(rest[:LONGEST_HEADER]):
        if _is_known(label[1]):
            return rest[: label.start()], label[1], rest[label.end() :]
    return (who, kind, "") if kind else None


def _undated(line: str) -> tuple[str, str, str] | None:
    """A header with a date that is spelled in no known way: only a known label, a dash and some digits tell it."""
    who, kind = _split(line)
    date, dash, author = who.rpartition(" - ")
    digits = sum(map(str.isdigit, date))
    if not dash or not kind or not _is_known(kind):
        return None
    return (author, kind, "") if digits >= (3 if Entry("", kind, "").is_internal else 5) else None


def _is_known(label: str) -> bool:
    named = Entry("", label, "")
    return named.is_comment or named.is_internal


def _split(rest: str) -> tuple[str, str]:
    """Author and kind of `Max Tech (ext) (Additional comments (Customer visible))`, or with a tab between them."""
    if "\t" in rest:
        who, _, kind = rest.rpartition("\t")
        return who, kind.strip("() ")
    if not rest.endswith((")", "）")):
        return rest, ""
    depth = 0
    for place in range(len(rest) - 1, -1, -1):
        depth += (rest[place] in ")）") - (rest[place] in "(（")
        if depth == 0:
            return rest[:place], rest[place + 1 : -1]
    return rest, ""
