"""Blocks of headers above an earlier mail: From, Sent, To and Subject in any known language."""

import re
from collections.abc import Mapping, Sequence

from retriever.ingest.cleaning.mail_signs import ADDRESS, HEADER_WIDTH, TIME, YEAR, is_quoted, plain_line
from retriever.ingest.cleaning.wordlists import labels

_BLOCK_LINES = 24
_SPACED_HAN = re.compile(r"(?<=[\u3400-\u9fff]) {1,4}(?=[\u3400-\u9fff])")


def header_block(lines: Sequence[str], place: int) -> int:
    """How many lines from here are a block with a date and an address or a subject among them; 0 for none."""
    if not label(lines[place])[0]:
        # Foxmail puts the address alone above the block.
        below = next((number for number in range(place + 1, min(place + 4, len(lines))) if lines[number].strip()), 0)
        is_above = below and ADDRESS.fullmatch(plain_line(lines[place])) and label(lines[below])[0]
        length = header_block(lines, below) if is_above else 0
        return below - place + length if length else 0
    found, length = _block(lines, place)
    is_header = _is_mail_header(found) and not _is_introduced(lines, place)
    return length if is_header and (_is_whole(found) or _is_set_off(lines, place, place + length)) else 0


def _is_whole(found: Mapping[str, str]) -> bool:
    """Sender, subject and date, beside an address or a time: nobody lists these but a mail program."""
    named = {"from", "sent", "subject"} <= found.keys()
    return named and (_is_addressed(found) or bool(TIME.search(found["sent"])))


def _is_set_off(lines: Sequence[str], place: int, after: int) -> bool:
    """Does an empty line or a mark follow the block, and text stand above it? Else it is what the text is about."""
    follows = after == len(lines) or not lines[after].strip() or is_quoted(lines[after])
    return follows and any(map(str.strip, lines[:place]))


def is_bare_block(lines: Sequence[str], place: int) -> bool:
    """Do headers without colons begin here, as eM Client writes them? They need a rule with a name above them."""
    kinds: set[str] = set()
    addressed = False
    for line in lines[place : place + _BLOCK_LINES]:
        plain = plain_line(line)[:HEADER_WIDTH]
        name, _, value = plain.partition("\t" if "\t" in plain else " ")
        kind = _kind(name)
        if not kind:
            break
        kinds.add(kind)
        addressed = addressed or (kind == "from" and bool(ADDRESS.search(value)))
    return addressed and len(kinds - {"other"}) >= 3


def _block(lines: Sequence[str], place: int) -> tuple[dict[str, str], int]:
    """The headers from here on, and how many lines they take; a value may stand below its label."""
    found: dict[str, str] = {}
    length, last = 0, ""
    for number in range(place, min(place + _BLOCK_LINES, len(lines))):
        kind, value = label(lines[number])
        if kind and kind not in found:
            found[kind], last = value, kind
        elif kind:
            last = kind
        elif not lines[number].strip():
            if not _continues(lines, number, found):
                break
            continue
        elif last and (
            not found[last] or (last in ("to", "cc", "from") and _continues_list(found[last], lines[number]))
        ):
            found[last] += " " + plain_line(lines[number])
        else:
            break
        length = number - place + 1
    return found, length


def _continues(lines: Sequence[str], place: int, found: dict[str, str]) -> bool:
    """Does a header that was not there yet follow the empty line, or the value that a label still lacks?"""
    following = next((line for line in lines[place + 1 : place + 3] if line.strip()), "")
    kind, _ = label(following)
    return bool(kind) and kind not in found


def _continues_list(value: str, line: str) -> bool:
    """Addresses go on where the line before ended with a comma or a semicolon, or begins with blanks."""
    return (
        value.rstrip().endswith((";", ","))
        or ("@" in line and line[:1] in " \t")
        or ADDRESS.fullmatch(plain_line(line)) is not None
    )


def _is_mail_header(found: dict[str, str]) -> bool:
    sender, sent = found.get("from", ""), found.get("sent", "")
    if not sender.strip() or len(found.keys() - {"other"}) < 3:
        return False
    addressed = _is_addressed(found)
    if sent:
        dated, timed = _is_day(sent), bool(TIME.search(sent))
        complete = "subject" in found and (timed or "to" in found)
        return (dated or timed) and (addressed or (dated and complete and _may_be_sender(sender, timed=timed)))
    address = ADDRESS.search(sender)
    return "subject" in found and address is not None and address[0][0] in "<[(" and address.start() > 1


def _is_addressed(found: Mapping[str, str]) -> bool:
    return any(ADDRESS.search(found.get(kind, "")) for kind in ("from", "to", "cc"))


def _may_be_sender(sender: str, *, timed: bool) -> bool:
    """A name without an address begins with a capital, where the date has no time to vouch for it."""
    return timed or (not sender[0].islower() and len(sender.split()) <= 5)


def _is_day(text: str) -> bool:
    """A year and the day beside it, not just a number that may be a year."""
    return bool(YEAR.search(text)) and len(re.findall(r"\d+", text)) >= 2


def _is_introduced(lines: Sequence[str], place: int) -> bool:
    """Does the line directly above announce what the author quotes on purpose?"""
    if not place:
        return False
    above = lines[place - 1].strip()
    return above.endswith((":", "：")) and not label(above)[0] and len(above.split()) + len(above) // 6 > 1


def label(line: str) -> tuple[str, str]:
    """Which header of a mail the line is, and its value; empty for none. Cells of a table are lines too."""
    bare = plain_line(line)[:HEADER_WIDTH]
    if bare.startswith("|"):
        cells = [cell.strip(" *\u00a0") for cell in bare.strip("|").split("|")]
        return (_kind(cells[0].rstrip(":： ")), " ".join(cells[1:])) if len(cells) > 1 else ("", "")
    if bare.casefold().startswith("message du ") and YEAR.search(bare):
        return "sent", bare
    name, colon, value = bare.replace("：", ":").partition(":")
    if not colon or len(name) > 30:
        return "", ""
    return _kind(name.strip(" *\t")), value.strip(" *\t")


def _kind(name: str) -> str:
    """Which header the label names; empty for none. Han letters may be spaced out to one width: `主 题`."""
    folded = name.casefold()
    return labels().get(folded) or labels().get(_SPACED_HAN.sub("", folded), "")
