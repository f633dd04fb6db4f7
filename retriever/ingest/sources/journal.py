"""ServiceNow's journals: one text that holds every entry with its author, newest first, in the reader's own formats.

Work notes and customer-visible comments may stand in the same text, so that only what is labelled as a comment, in a
language that is known, is one. A line that names a kind of entry begins one whatever its date looks like: else an
internal note would run on inside the comment above it. Where one may do so all the same, nothing is taken.
"""

import re
from typing import NamedTuple

from index.text.normal import normalise
from retriever.ingest.cleaning.html import html_to_text, looks_like_html
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.words import any_of

LONGEST_HEADER = 300
"""Characters of a line that may begin an entry."""
_LONGEST_MOMENT = 60

_DATE = (
    r"\d{1,4}[./\-年]\s?\d{1,2}[./\-月]\s?\d{1,4}[日.]?"
    r"|\d{1,2}[ /.-]\w{3,12}\.?[ /.-]\d{2,4}|\w{3,12}\.? \d{1,2}, \d{4}"
)
_HALF = r"[AaPp]\.?\s?[Mm]\.?|上午|下午|午前|午後|오전|오후|ص|م"
_MOMENT = (
    rf"(?:{_DATE})[ T,]{{0,3}}(?:(?:{_HALF})\s?)?\d{{1,2}}[:.h時时]\d{{2}}(?:[:.分]\d{{2}}秒?)?(?:[.,]\d{{1,6}})?"
    rf"(?:\s?(?:{_HALF}))?(?:Z|\s?[+-]\d{{2}}:?\d{{2}})?(?:\s\(?[A-Z]{{2,5}}\)?)?[)\]]?"
)
_BEGINS = re.compile(rf"\W{{0,3}}{_MOMENT}\s[-–—]\s")
_TIME = re.compile(r"\d{1,2}[:.h時时]\d{2}")
_DASH = re.compile(r"\s[-–—]\s")
_NAMED, _HIDDEN, _COMMENT = (re.compile(any_of(name)) for name in ("work_notes", "internal", "comment"))
_LABEL = re.compile(r"[(（]([^()（）]{1,60})[)）]")
_MARKED = re.compile(r"[(（\[【]([^()（）\[\]【】\n]{1,60})[)）\]】]")
_BRACKET = r"[(（][^()（）\n]{1,60}(?:[(（][^()（）\n]{1,60}[)）][^()（）\n]{0,20})?[)）]"
_INLINE = re.compile(
    rf"(?m:^[^\W\d]{{2,12}}[.,]{{0,2}}\s)?[(\[]?{_MOMENT}\s[-–—]\s[^()（）\n]{{1,80}}((?:{_BRACKET}\s?){{1,3}})"
)
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " "))
# Line breaks in another guise: how a line ends, and what goes with it.
_TAG_ENDS_LINE = re.compile(r"\s{0,3}(?:</?\w{1,10}>\s?){0,3}<(?:br|/p|/div)\b", re.IGNORECASE)
_TAGS = re.compile(r"</?(?:br|p|div|b|i|em|span|font|strong)\b[^<>]{0,200}>", re.IGNORECASE)
_GUISES = ((_TAG_ENDS_LINE, _TAGS), (re.compile(r"\s{0,3}\\r?\\?n"), re.compile(r"\\r\\n|\\n")))
_INLINE_TAG = re.compile(r"</?(?:b|i|em|span|font|strong)\b", re.IGNORECASE)
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
        """Is its kind known as the one that customers see?"""
        return bool(_COMMENT.search(_folded(self.kind))) and not self.is_internal

    @property
    def is_internal(self) -> bool:
        """Is its kind known as one that customers do not see?"""
        label = _folded(self.kind)
        return bool(_NAMED.search(label) or _HIDDEN.search(label))


def journal_entries(journal: str) -> list[Entry]:
    """The entries of a journal in their order; what stands before the first one belongs to nobody and is left out."""
    found: list[tuple[str, str, list[str]]] = []
    for line in _unfolded(journal).splitlines():
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
    """The entries that customers see: those whose label is known, unless an internal note may run on in them."""
    return [entry for entry in entries if entry.is_comment and not any(map(_holds_note, entry.body.splitlines()))]


def journal_text(value: str) -> str:
    """What was written; `[code]…[/code]` holds HTML, which ServiceNow shows as it is."""
    if "[code]" not in value.lower():
        return value
    parts = _CODE.split(value)
    for place in range(1, len(parts), 2):
        if looks_like_html(parts[place]):
            parts[place] = f"\n{clean_mail(html_to_text(parts[place]))}\n"
    return "".join(parts).strip()


def _unfolded(journal: str) -> str:
    """The journal with every header on a line of its own: some exports write breaks as text, or leave them out."""
    text = journal.translate(_SPACES)
    for ends_line, guise in _GUISES:
        if any(ends_line.match(text, header.end()) for header in _INLINE.finditer(text)):
            text = guise.sub(_break, text)
    is_flat = "\n" not in text.strip().replace("\r", "\n")
    return _INLINE.sub(lambda header: f"\n{header[0]}\n" if is_flat or _is_known(header[1]) else header[0], text)


def _break(mark: re.Match[str]) -> str:
    return "" if _INLINE_TAG.match(mark[0]) else "\n"


def _header(line: str) -> tuple[str, str, str] | None:
    """Author, kind and what follows them, when the line begins an entry."""
    stripped = line.strip()
    begins = _BEGINS.match(stripped)
    if not begins:
        return _oddly_dated(stripped) if len(stripped) <= LONGEST_HEADER else None
    rest = stripped[begins.end() :]
    who, kind = _split(rest) if len(rest) <= LONGEST_HEADER else (rest, "")
    if kind and _is_known(kind):
        return who, kind, ""
    # Some exports lose the line break behind the header; a log line with a time stamp names no kind of entry.
    for label in _LABEL.finditer(rest[:LONGEST_HEADER]):
        if _is_known(label[1]):
            return rest[: label.start()], label[1], rest[label.end() :]
    return (who, kind, "") if kind and _may_be_label(kind) else None


def _oddly_dated(line: str) -> tuple[str, str, str] | None:
    """A header whose date is spelled in no known way: its label tells it, or a moment before a dash."""
    who, kind = _split(line)
    if not kind:
        return None
    if _NAMED.search(_folded(kind)):
        return who.rpartition(" - ")[2], kind, ""
    dash = _DASH.search(line[: len(who)])
    if not dash:
        return None
    moment, author = who[: dash.start()], who[dash.end() :]
    digits = sum(map(str.isdigit, moment))
    if _is_known(kind):
        return (author, kind, "") if digits >= (3 if Entry("", kind, "").is_internal else 5) else None
    looks_like_one = len(moment) <= _LONGEST_MOMENT and digits >= 6 and _TIME.search(moment)
    return (author, kind, "") if looks_like_one and _may_be_label(kind) else None


def _holds_note(line: str) -> bool:
    """Does a line of a comment hold the label of an internal note behind a moment?"""
    for label in _MARKED.finditer(line):
        before = line[max(0, label.start() - LONGEST_HEADER // 2) : label.start()]
        is_named = bool(_NAMED.search(_folded(label[1])))
        if is_named or (Entry("", label[1], "").is_internal and _DASH.search(before)):
            time = _TIME.search(before)
            if time and sum(map(str.isdigit, before)) >= 6:
                return True
    return False


def _is_known(label: str) -> bool:
    named = Entry("", label, "")
    return named.is_comment or named.is_internal


def _may_be_label(kind: str) -> bool:
    """An unknown label is words; what a log line ends in has numbers and signs."""
    return all(sign.isalpha() or sign in " -'’()/" or not sign.isascii() for sign in kind)


def _folded(label: str) -> str:
    return " ".join(normalise("NFKC", label[:LONGEST_HEADER]).casefold().split())


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
