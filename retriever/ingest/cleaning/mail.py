"""What a person wrote, out of the text of a mail: without quoted mails, signature, disclaimer and greeting.

Everything is decided line by line, so the time grows with the length alone. Code between fences and lines that look
like logs are never taken away: a signature that would cost one is kept. A mail that is nothing but a forwarded one
keeps what it forwards.
"""

import re
from collections.abc import Sequence

from retriever.ingest.cleaning.blocks import FENCE
from retriever.ingest.cleaning.phrases import DISCLAIMERS, GREETINGS, HEADER_LABELS, REPLY_HEADERS, SENT_FROM, SIGN_OFFS

SIGNATURE_LINES = 14
SIGNATURE_WIDTH = 110
HEADER_WIDTH = 400
ENOUGH_LETTERS = 12
"""A text with fewer letters says nothing by itself, so quoted text is kept rather than lost."""

_QUOTED = re.compile(r"\s{0,3}(?:>\s?)+")
_PROMPT = re.compile(r"\s{0,3}>>>\s\S")
_SEPARATOR = re.compile(
    r"\s*(?:[-_=*]{2,}\s*(?:original message|ursprüngliche nachricht|originalnachricht|message d'origine"
    r"|mensaje original|mensagem original|messaggio originale|original-nachricht"
    r"|邮件原件|原始邮件|原始郵件|原邮件|元のメッセージ"
    r"|исходное сообщение|oorspronkelijk bericht|wiadomość oryginalna|원본 메시지)\s*[-_=*]{2,}|_{30,}|-{60,})\s*",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*[-_=*]{0,40}\s*(?:begin forwarded message|forwarded message|weitergeleitete nachricht|message transféré"
    r"|mensaje reenviado|mensagem encaminhada|messaggio inoltrato"
    r"|转发的邮件|转发邮件|轉寄郵件|転送メッセージ)\s*:?\s*[-_=*]{0,40}\s*",
    re.IGNORECASE,
)
_REPLY_ABOVE = re.compile(
    r"\s*(?:##-.{0,120}-##|[-=*_# ]{2,20}(?:please )?(?:reply|type your reply) above this line[-=*_# ]{2,20})\s*",
    re.IGNORECASE,
)
_DASHES = re.compile(r"--\s?")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"\S+(?:\s+\S+){4,}[.?!]$|\w{12,}[。？！]$")
_CLOSERS = " \t,.!，。！、~～;；:：…"
_LOG = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d[.,]\d{3}|\b(?:ERROR|FATAL|WARN(?:ING)?|INFO|DEBUG|TRACE|CRITICAL)\b"
    r"|^\s*at [\w$.<>]{3,200}\(|^\s*File \"|Traceback \(most|\b\w{3,80}(?:Exception|Error)\b|\b0x[0-9A-Fa-f]{3,16}\b"
    r"|\b[A-Z]{2,6}-\d{3,6}\b|\b(?:errno|exit code|status code|error code|错误码|错误代码|エラーコード|Fehlercode)\b"
    r"|^\s*[$#] \S|^\s*at line \d"
)


def looks_like_log(line: str) -> bool:
    """Does the line look like a log, a stack trace, a command or an error code?"""
    return bool(_LOG.search(line[:500]))


def clean_mail(text: str) -> str:
    """What its author wrote. Text that is no mail comes back as it is. Idempotent for what it gives."""
    lines = text.replace("\r\n", "\n").split("\n")
    fenced = _fenced(lines)
    written = _without_quotes(lines, fenced)
    if _letters(written) < ENOUGH_LETTERS:
        written = _unquoted(lines, fenced)
    written = _without_signature(written)
    written = _without_greeting(written)
    return "\n".join(written).strip("\n")


def _letters(lines: Sequence[str]) -> int:
    return sum(len(_LETTER.findall(line)) for line in lines)


def _fenced(lines: Sequence[str]) -> list[bool]:
    """Which lines stand between fences; an open fence ends with the text."""
    inside, marks = False, []
    for line in lines:
        is_fence = line.lstrip().startswith(FENCE)
        marks.append(inside or is_fence)
        inside ^= is_fence
    return marks


def _without_quotes(lines: Sequence[str], fenced: Sequence[bool]) -> list[str]:
    kept: list[str] = []
    place = 0
    forwarded = False
    while place < len(lines):
        line = lines[place]
        if fenced[place]:
            kept.append(line)
        elif _FORWARDED.fullmatch(line[:HEADER_WIDTH]):
            forwarded = True  # whoever forwards a mail says what is in it
        elif length := _reply_header(lines, place):
            if forwarded:
                place, forwarded = place + length, False
                continue
            after = place + length
            while after < len(lines) and not lines[after].strip():
                after += 1
            if after >= len(lines) or not _is_quoted(lines[after]):
                return kept  # the earlier mail follows without marks, to the end
            while after < len(lines) and _is_quoted(lines[after]):
                after += 1
            place = after
            continue
        elif _SEPARATOR.fullmatch(line[:HEADER_WIDTH]) and _ends_here(lines, place):
            return kept
        elif _REPLY_ABOVE.fullmatch(line[:HEADER_WIDTH]) or _is_sent_from(line):
            pass
        elif not (_is_quoted(line) and _in_quote(lines, place)):
            kept.append(line)
        place += 1
    return kept


def _ends_here(lines: Sequence[str], place: int) -> bool:
    """A rule of dashes separates mails only when a mail's header follows it."""
    if any(letter.isalpha() for letter in lines[place]):
        return True
    following = [line for line in lines[place + 1 : place + 4] if line.strip()]
    return bool(following) and _label_of(following[0]) != ""


def _is_quoted(line: str) -> bool:
    return bool(_QUOTED.match(line)) and not _PROMPT.match(line)


def _in_quote(lines: Sequence[str], place: int) -> bool:
    """A single line with an angle may be a prompt or a comparison; two are a quote."""
    before = place > 0 and _is_quoted(lines[place - 1])
    after = place + 1 < len(lines) and _is_quoted(lines[place + 1])
    return before or after or (place > 0 and bool(_reply_header(lines, place - 1)))


def _reply_header(lines: Sequence[str], place: int) -> int:
    """How many lines from here announce an earlier mail; 0 when they do not."""
    first = _bare(lines[place])
    if not first or len(first) > HEADER_WIDTH:
        return 0
    if any(pattern.fullmatch(first) for pattern in REPLY_HEADERS):
        return 1
    if place + 1 < len(lines) and len(first) < HEADER_WIDTH:
        second = _bare(lines[place + 1])
        # Mail programs break the header where the line would get too long.
        if second and len(second) < HEADER_WIDTH and second.endswith((":", "：")):
            joined = f"{first} {second}"
            if any(pattern.fullmatch(joined) for pattern in REPLY_HEADERS):
                return 2
    return _header_block(lines, place)


def _header_block(lines: Sequence[str], place: int) -> int:
    """From, Sent, To, Subject in any known language: at least three different labels, the first of them here."""
    labels = []
    length = 0
    for line in lines[place : place + 9]:
        label = _label_of(line)
        if label:
            labels.append(label)
        elif not labels or (line.strip() and len(labels) < 2):
            return 0
        elif not line.strip():
            break
        length += 1
    kinds = set(labels)
    return length if len(kinds) >= 3 and labels[0] == "from" else 0


def _label_of(line: str) -> str:
    """Which header of a mail the line is: from, sent, to, subject; empty for none."""
    name, colon, _ = _bare(line)[:HEADER_WIDTH].replace("：", ":").partition(":")
    return HEADER_LABELS.get(name.strip(" *\u00a0").casefold(), "") if colon and len(name) < 30 else ""


def _bare(line: str) -> str:
    return _without_mark(line).strip(" \t*\u00a0")


def _without_mark(line: str) -> str:
    found = _QUOTED.match(line)
    return line[found.end() :] if found else line


def _unquoted(lines: Sequence[str], fenced: Sequence[bool]) -> list[str]:
    """The text of a forwarded mail: quote marks and mail headers are taken away, the rest is kept."""
    kept = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if fenced[place]:
            kept.append(line)
        elif length := _reply_header(lines, place):
            place += length
            continue
        elif not (_FORWARDED.fullmatch(line[:HEADER_WIDTH]) or _SEPARATOR.fullmatch(line[:HEADER_WIDTH])):
            kept.append(_without_mark(line) if _is_quoted(line) else line)
        place += 1
    return kept


def _without_signature(lines: Sequence[str]) -> list[str]:
    """Cut at the last delimiter or sign-off near the end, unless that would cost a log, a code block or real text."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    fenced = _fenced(kept)
    for place in range(max(len(kept) - SIGNATURE_LINES, 0), len(kept)):
        if fenced[place]:
            continue
        if _DASHES.fullmatch(kept[place]) or _is_sign_off(kept[place]) or _is_disclaimer(kept[place]):
            tail = kept[place + 1 :]
            if _is_signature(tail, wide=_is_disclaimer(kept[place])) and not any(fenced[place:]):
                return kept[:place]
    return kept


def _is_signature(tail: Sequence[str], *, wide: bool) -> bool:
    """Names, titles and addresses; a postscript in whole sentences is none."""
    if any(looks_like_log(line) for line in tail):
        return False
    return wide or not any(
        len(line) > SIGNATURE_WIDTH or (_SENTENCE.search(line.rstrip()) and not _is_disclaimer(line)) for line in tail
    )


def _is_sign_off(line: str) -> bool:
    return line.strip(_CLOSERS + "*").casefold() in SIGN_OFFS


def _is_disclaimer(line: str) -> bool:
    return line.strip(" *_").casefold().startswith(DISCLAIMERS) and not looks_like_log(line)


def _is_sent_from(line: str) -> bool:
    return len(line) < 100 and line.strip().casefold().startswith(SENT_FROM)


def _without_greeting(lines: Sequence[str]) -> list[str]:
    """Without a first line that is a greeting alone: it holds a name and nothing of the problem."""
    place = next((number for number, line in enumerate(lines) if line.strip()), None)
    if place is None or len(lines[place]) > 80 or looks_like_log(lines[place]):
        return list(lines)
    if any(pattern.fullmatch(lines[place].strip()) for pattern in GREETINGS) and _letters(lines[place + 1 :]):
        return list(lines[place + 1 :])
    return list(lines)
