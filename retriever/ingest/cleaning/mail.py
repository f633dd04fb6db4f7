"""What a person wrote, out of the text of a mail: without quoted mails, signature, disclaimer and greeting.

Everything is decided line by line, so the time grows with the length alone. What goes, goes on evidence (`quotes.py`,
`signature.py`, `greeting.py`); code between fences and lines that look like logs never go. A mail that is nothing but
a forwarded one keeps what it forwards, and no text is emptied.
"""

from collections.abc import Sequence

from index.turns import give_way
from retriever.ingest.cleaning.code import fenced_lines
from retriever.ingest.cleaning.greeting import is_greeting, without_beginning
from retriever.ingest.cleaning.mail_signs import is_quoted, without_mark
from retriever.ingest.cleaning.quotes import is_forwarded, is_reply_above, is_separator, reply_header
from retriever.ingest.cleaning.repeats import Place, repeats_mail
from retriever.ingest.cleaning.signature import is_sent_from, without_rule, without_signature
from retriever.ingest.cleaning.wordlists import phrases


def clean_mail(text: str) -> str:
    """What its author wrote. Text that is no mail comes back as it is."""
    lines = text.replace("\r\n", "\n").split("\n")
    fenced = fenced_lines(lines)
    unquoted = _without_quotes(lines, fenced)
    written = _framed(unquoted)
    if not _say_something(written) or (len(written) < len(lines) and _only_begins(written)):
        written = (_framed(_unquoted(lines, fenced)) if len(unquoted) < len(lines) else []) or list(lines)
    return "\n".join(written).strip("\n")


def has_own_words(text: str) -> bool:
    """Does the text hold more than a greeting, a signature and "see below"?"""
    return _say_something(_framed(text.split("\n")))


def _framed(lines: Sequence[str]) -> list[str]:
    """Without greeting and signature; a text of nothing else is empty."""
    written = without_beginning(without_signature(lines))
    return written if any(map(_has_words, written)) else []


def _has_words(line: str) -> bool:
    return any(map(str.isalnum, line))


def _say_something(lines: Sequence[str]) -> bool:
    said = [line.strip(" \t.,:;!-–—*_()[]，。：！").casefold() for line in lines if _has_words(line)]
    return any(line not in phrases("pointer") for line in said)


def _only_begins(lines: Sequence[str]) -> bool:
    """Is nothing left but a greeting and a line that announces what was taken away?"""
    left = [line.strip() for line in lines if _has_words(line) and not is_greeting(line, gap=True)]
    return not left or (len(left) == 1 and left[0].endswith((":", "：")))


def _without_quotes(lines: Sequence[str], fenced: Sequence[bool]) -> list[str]:
    kept: list[str] = []
    place = 0
    end = max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
    forwarded = announced = spoken = False
    before = ""
    while place < len(lines):
        give_way()
        line = lines[place]
        after, known = place + 1, len(kept)
        if fenced[place]:
            kept.append(line)
        elif is_forwarded(line):
            forwarded = True  # whoever forwards a mail says what is in it
        elif length := reply_header(lines, place):
            after = place + length
            if not forwarded:
                announced = True
                quoted = _first_filled(lines, after)
                if quoted == len(lines) or not is_quoted(lines[quoted]):
                    return without_rule(kept)  # the earlier mail follows without marks, to the end
                after = _end_of_quote(lines, quoted)
            forwarded = False
        elif is_separator(lines, place) or (spoken and is_reply_above(line)):
            return without_rule(kept)
        elif is_quoted(line):
            after = _end_of_quote(lines, place)
            marked = lines[place:after]
            directly = bool(kept) and bool(kept[-1].strip())
            if not repeats_mail(marked, Place(kept, before, directly, announced, is_last=after >= end)):
                kept += marked
        elif not is_reply_above(line) and not (spoken and is_sent_from(line)):
            kept.append(line)
        for said in kept[known:]:
            before = said if said.strip() else before
            spoken = spoken or _has_words(said)
        place = after
    return kept


def _first_filled(lines: Sequence[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _end_of_quote(lines: Sequence[str], place: int) -> int:
    while place < len(lines) and is_quoted(lines[place]):
        place += 1
    return place


def _unquoted(lines: Sequence[str], fenced: Sequence[bool]) -> list[str]:
    """The text of a forwarded mail: quote marks and mail headers are taken away, the rest is kept."""
    kept = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if fenced[place]:
            kept.append(line)
        elif length := reply_header(lines, place):
            place += length
            continue
        elif not (is_forwarded(line) or is_reply_above(line) or is_separator(lines, place)):
            kept.append(without_mark(line) if is_quoted(line) else line)
        place += 1
    return kept
