"""Where a text begins to repeat an earlier mail: decided on evidence, which is an address, a date or marks of quoting.

A line such as "the log wrote:" or three lines that begin with "From", "To" and "Date" are content, unless they hold
what only a mail program writes: a mail address, a date with its time, a person's name beside both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retriever.ingest.cleaning.header_blocks import header_block, is_bare_block, label
from retriever.ingest.cleaning.mail_signs import (
    ADDRESS,
    HEADER_WIDTH,
    TIME,
    YEAR,
    is_dated,
    is_quoted,
    plain_line,
    with_blanks,
    without_mark,
)
from retriever.ingest.cleaning.wordlists import WORD, holds, phrases, words

_BROKEN_LINES = 4
_PARTICLE = 2
_MARKS = tuple("-_=*—–")
_BLANK = " \t*_\u00a0\u200e\u200f\u202c"

_TOKEN = re.compile(rf"@|\d+|{WORD}")
_ASIDE = re.compile(r"\([^()@\d]{1,40}\)|/[^\W\d_]{1,3}(?=[:：\s]|$)")
"""What stands beside a word: a verb's other ending, as in `napsal(a)` and `napisao/la`."""
_CASELESS_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DASHED = re.compile(r"\s*[-_=*—–]{2,60}[\s\u00a0]*([^-_=*—–].{0,80}?)[\s\u00a0]*[-_=*—–]{2,60}\s*")
_RULE = re.compile(r"\s*(?:_{20,}|-{20,}|={20,}|—{3,})\s*")
_REPLY_ABOVE = re.compile(
    r"\s*(?:##-.{0,160}-##|[-=*_#—–]{2,20}.{0,40}(?:above this line|über dieser zeile|au-dessus de cette ligne"
    r"|encima de esta línea|por encima de esta línea|acima desta linha|sopra questa riga|boven deze regel"
    r"|powyżej tej linii|выше этой строки|此行上方|この行より上).{0,40}[-=*_#—–]{2,20}"
    r"|(?:please )?(?:type your )?reply above this line\.?)\s*",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(r"[^\W\d_][\w.'’-]{0,40}(?: [^\W\d_][\w.'’-]{0,40}){1,3}")
_NOTES_NAME = re.compile(r"[^\W\d_][\w.'’-]{0,40}(?: [\w.'’-]{1,40}){0,3}(?:/[\w .&-]{1,40}){1,4}(?:@[\w .-]{1,40})?")
_DATE_LINE = re.compile(
    r"(?:[^\W\d_]{2,12}\.?,? )?(?:[^\W\d_]{3,10}\.? )?\d{1,4}(?:[.,/ -]{1,2}[\w.]{1,10}){1,2},?"
    r"(?: (?:at|um|à|a las|alle|às|kl\.?))? \d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?[A-Z]{2,5}(?:[+-]\d{1,2}(?::?\d\d)?)?| ?[+-]\d{2}:?\d\d)?"
)


def is_forwarded(line: str) -> bool:
    """Does the line say that a mail is handed on?"""
    return _dashed(line) in phrases("forwarded")


def is_reply_above(line: str) -> bool:
    """Does the line say that answers are to be written above it?"""
    return len(line) <= HEADER_WIDTH and bool(_REPLY_ABOVE.fullmatch(line))


def is_separator(lines: Sequence[str], place: int) -> bool:
    """Does the line set an earlier mail off? A rule does only when a header of that mail follows."""
    line = with_blanks(lines[place]) if len(lines[place]) <= HEADER_WIDTH else ""
    if not line.strip().startswith(_MARKS):
        return False
    dashed = _DASHED.fullmatch(line)
    named = _dashed(line) in phrases("separators") and bool(dashed)
    announced = dashed and dashed[1].endswith((":", "：")) and _says_who_wrote(dashed[1])  # how Notes writes it
    if not (named or announced or _RULE.fullmatch(line)):
        return False
    if is_announced(lines, place):
        return False
    after = [number for number in range(place + 1, min(place + 6, len(lines))) if lines[number].strip()]
    if not after:
        return False
    if named and (any(label(lines[number])[0] for number in after[:2]) or is_bare_block(lines, after[0])):
        return True
    return bool(reply_header(lines, after[0]))


def _dashed(line: str) -> str:
    """What stands between dashes, folded; the line itself where there are none."""
    bare = line.strip()
    if len(bare) > HEADER_WIDTH:
        return ""
    found = _DASHED.fullmatch(bare) if bare[:1] in _MARKS else None
    return (found[1] if found else without_mark(bare)).strip(" *:：\u00a0").casefold()


def reply_header(lines: Sequence[str], place: int) -> int:
    """How many lines from here announce an earlier mail; 0 when they do not."""
    if not lines[place].strip() or len(lines[place]) > HEADER_WIDTH:
        return 0
    length = header_block(lines, place) or _attribution_lines(lines, place) or _two_lines(lines, place)
    return 0 if length and is_announced(lines, place) else length


def is_announced(lines: Sequence[str], place: int) -> bool:
    """Does the author say above, across one empty line at most, that he quotes on purpose: "Answer of the vendor:"?"""
    above = place - 1
    if above > 0 and (_dashed(lines[above]) in phrases("separators") or _RULE.fullmatch(lines[above][:HEADER_WIDTH])):
        above -= 1
    if above > 0 and not lines[above].strip():
        above -= 1
    line = lines[above].strip() if above >= 0 else ""
    if len(line) > HEADER_WIDTH or is_forwarded(line) or is_quoted(line) or label(line)[0]:
        return False
    if line.endswith((":", "：")):
        return len(line.split()) + len(line) // 6 > 1 and not (is_dated(line) or ADDRESS.search(line))
    bare = line.rstrip(" .!。").casefold()
    return bare.endswith(tuple(phrases("announces"))) and bare not in phrases("pointer")


def _attribution_lines(lines: Sequence[str], place: int) -> int:
    """`On … wrote:` on one line, or broken into several where it would get too long."""
    near = lines[place : place + _BROKEN_LINES]
    if "@" not in "".join(near) and not any(line.rstrip(_BLANK).endswith((":", "：")) for line in near):
        return 0
    joined = ""
    for count in range(1, _BROKEN_LINES + 1):
        if place + count > len(lines) or not (line := plain_line(lines[place + count - 1])):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > HEADER_WIDTH:
            return 0
        follows = _what_follows(lines, place + count)
        if follows == "gap" and not (place and lines[place - 1].strip()):
            follows = "alone"
        if _is_attribution(joined, follows):
            return 0 if count > 1 and _begins_later(lines, place, count) else count
        if (line.endswith((":", "：")) and "(" not in line) or is_quoted(lines[place]) != is_quoted(
            lines[min(place + count, len(lines) - 1)]
        ):
            return 0
    return 0


def _begins_later(lines: Sequence[str], place: int, count: int) -> bool:
    """Is the header complete without its first line? Then that is text, unless it holds the name or the only date."""
    rest = " ".join(plain_line(line) for line in lines[place + 1 : place + count])
    first = plain_line(lines[place])
    if (rest.startswith(("<", "(", "[")) and _is_somebody(_TOKEN.findall(first))) or (
        is_dated(first) and not is_dated(rest)
    ):
        return False
    return _is_attribution(rest, _what_follows(lines, place + count)) or first.endswith(("!", "?", "。"))


def _what_follows(lines: Sequence[str], place: int) -> str:
    """`quote`, `gap` (an empty line or the end) or `text`; a line between two gaps stands `alone`."""
    if place >= len(lines):
        return "gap"
    after = next((line for line in lines[place : place + 3] if line.strip()), "")
    if is_quoted(after):
        return "quote"
    return "text" if lines[place].strip() else "gap"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The words of a line around the numbers of its date; the address is the word `@`."""

    before: list[str]
    within: list[str]
    after: list[str]


def _is_attribution(text: str, follows: str) -> bool:
    """Does the line say when who wrote what follows?"""
    if text.startswith("--") and text.endswith("--"):
        text = text.strip("- ") + ":"  # how Zoho writes it
    closed = text.endswith((":", "："))
    if not closed and (follows == "text" or not ("@" in text or "[" in text)):
        return False  # most lines end here: what follows costs a hundred times as much
    plain = _ASIDE.sub(" ", ADDRESS.sub(" @ ", text))
    whole = bool(YEAR.search(plain)) and bool(TIME.search(plain))
    if not closed:
        return whole and "@" in plain and _is_bare_attribution(plain)
    if follows == "quote" and ("@" in plain or whole) and _says_who_wrote(plain):
        return True
    return _tells_of_an_address(plain, follows) if "@" in plain else _tells_of_a_person(plain, follows, whole=whole)


def _says_who_wrote(plain: str) -> bool:
    """Does the line hold the verb, and no machine that writes?"""
    return holds(plain, "wrote") and not holds(plain, "writers")


def _tells_of_an_address(plain: str, follows: str) -> bool:
    parts, wrote = _parts(plain), holds(plain, "wrote")
    if is_dated(plain):
        return _names_an_address(parts, wrote=wrote)
    names = [*parts.before, *parts.after]
    if follows == "text":
        return wrote and _is_somebody([word for word in names if word != "@"])
    return wrote and _are_names(names, lower=True)


def _tells_of_a_person(plain: str, follows: str, *, whole: bool) -> bool:
    """Without an address the date must be whole, or marks of quoting must follow.

    A day without its time is enough where the line stands alone and names somebody, not a firm's support.
    """
    if not _says_who_wrote(plain):
        return False
    parts = _parts(plain)
    if follows == "alone" and not whole:
        name = _strangers([*parts.before, *parts.after])
        is_person = len(name) > 1 and all(word[0].isupper() for word in name)
        is_team = any(word.casefold() in words("greeted") for word in name)
        return is_person and not is_team and bool(YEAR.search(plain)) and _names_a_person(parts)
    if not (whole or follows == "quote"):
        return False
    if follows == "text":  # one word may be the name of a program
        return _names_a_person(parts) and _is_full_name(parts)
    return _names_a_person(parts) or (follows == "quote" and not parts.within and _is_somebody(parts.before))


def _parts(plain: str) -> _Parts:
    every = _TOKEN.findall(plain)  # an address may stand for its name, too
    tokens = [word for word, above in zip(every, ["", *every], strict=False) if word != "@" or above != "@"]
    numbers = [place for place, token in enumerate(tokens) if token.isdigit()]
    if not numbers:
        return _Parts(tokens, [], [])
    address = tokens.index("@") if "@" in tokens else -1
    if numbers[0] < address < numbers[-1]:  # numbers within a name or behind the address are no date
        numbers = [place for place in numbers if place < address] or numbers
    first, last = numbers[0], numbers[-1]
    return _Parts(tokens[:first], [token for token in tokens[first:last] if not token.isdigit()], tokens[last + 1 :])


def _names_an_address(parts: _Parts, *, wrote: bool) -> bool:
    """Date, name and address in either order, and beside them only what such lines consist of."""
    if "@" in parts.after:
        place = parts.after.index("@")
        name, rest = parts.after[:place], parts.after[place + 1 :]
        ends = holds(" ".join(rest), "wrote")
        return (
            len(parts.before) <= 3 and len(name) <= 12 and _are_names(name, lower=ends, team=True) and _are_beside(rest)
        )
    if "@" not in parts.before:
        return False
    place = parts.before.index("@")
    name, between = parts.before[:place], parts.before[place + 1 :]
    said = holds(" ".join(between), "wrote") and len(between) <= 5
    return _are_names(name, lower=wrote) and (said or _are_beside(between)) and _are_beside(parts.after)


def _names_a_person(parts: _Parts) -> bool:
    """Date, verb and a name without an address: nothing else may stand there."""
    if _names_behind(parts):
        strangers = _strangers(parts.after)
        return len(parts.before) <= 3 and 0 < len(strangers) <= 4 and _are_names(parts.after, lower=False)
    strangers = _strangers(parts.before)
    return 0 < len(strangers) <= 4 and _are_names(parts.before, lower=False) and _are_beside(parts.after)


def _names_behind(parts: _Parts) -> bool:
    """Does the name stand behind the date, beside the verb? In `Anna Holm, le 3 mars, a écrit` only the verb does."""
    return holds(" ".join(parts.after), "wrote") and bool(_strangers(parts.after))


def _is_full_name(parts: _Parts) -> bool:
    """Two words at least, or one of a script without spaces that is as short as such names are."""
    strangers = _strangers(parts.after if _names_behind(parts) else parts.before)
    if len(strangers) > 1:
        return True
    return len(strangers) == 1 and bool(_CASELESS_RUN.match(strangers[0])) and 2 <= len(strangers[0]) <= 5


def _is_somebody(tokens: Sequence[str]) -> bool:
    return bool(_strangers(tokens)) and _are_names(tokens, lower=False)


def _is_bare_attribution(plain: str) -> bool:
    """`Anna Holm <a@example.com> 3 March 2025 10:12` and nothing more."""
    if plain.endswith((".", "!", "?", "。")):
        return False
    tokens = _TOKEN.findall(plain)
    place = tokens.index("@")
    parts = _parts(plain)
    return (
        0 < place <= 5
        and tokens[place + 1 :] != []
        and "@" in parts.before
        and parts.before[-1] == "@"
        and (
            _are_names(tokens[:place], lower=False)
            and len(parts.within) <= 3
            and all(word.isupper() for word in parts.after)
        )
    )


def _strangers(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if not _known(token)]


def _known(token: str) -> bool:
    folded = token.casefold()
    return folded in words("wrote") or folded in words("beside")


def _are_beside(tokens: Sequence[str]) -> bool:
    """Are these only words that stand beside the name and the date?"""
    return len(tokens) <= 8 and all(_known(token) or _ends_attribution(token) for token in tokens)


def _ends_attribution(token: str) -> bool:
    """Words of scripts without spaces run together: `님이작성`, `日周一`."""
    if not _CASELESS_RUN.match(token):
        return False
    return any(token.endswith(word) for word in words("wrote") if not word.isascii()) or len(token) <= 2


def _are_names(tokens: Sequence[str], *, lower: bool, team: bool = False) -> bool:
    """Could these words be a name? Those in small letters must be known.

    `lower` lets a short name be small, and stand beside particles of languages that are not listed; `team` lets small
    words follow a large one: "Service desk".
    """
    strangers = _strangers(tokens)
    small = [token for token in strangers if token[0].islower()]
    caseless = [token for token in strangers if token[0].lower() == token[0].upper()]
    if len(strangers) > 8 or len(caseless) > 3 or any(len(token) > 10 for token in caseless):
        return False
    if not small or (lower and len(small) <= 3 and len(strangers) == len(small)):
        return True
    if lower and all(len(token) <= _PARTICLE for token in small):
        return True
    begins = strangers[0][0].isupper()
    return team and begins and len(small) <= 2 and not any(token.casefold() in words("joining") for token in tokens)


def _two_lines(lines: Sequence[str], place: int) -> int:
    """A name, below it the date, and an empty line: how some help desks and Notes announce the earlier mail."""
    if place + 1 >= len(lines) or _what_follows(lines, place + 2) == "text":
        return 0
    if place and lines[place - 1].strip():
        return 0
    name, date = plain_line(lines[place]), plain_line(lines[place + 1])
    if len(date) > 60 or not YEAR.search(date) or not _DATE_LINE.fullmatch(date):
        return 0
    person, bracket, team = name.partition(" (")
    is_agent = bool(bracket) and team.endswith(")") and not any(map(str.isdigit, team)) and _is_person(person)
    return 2 if is_agent or (len(name) < 120 and _NOTES_NAME.fullmatch(name)) else 0


def _is_person(text: str) -> bool:
    return len(text) < 80 and bool(_NAME_LINE.fullmatch(text)) and all(word[0].isupper() for word in text.split())
