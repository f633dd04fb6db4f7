"""Names of clients: what is one, and which of them a person could take for another one's.

Audit log and cases name people by them, so nobody gets the operator's name, nor one that only looks like somebody's.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from retriever.errors import Conflict, InvalidInput

NAME = re.compile(r"\w[\w.@+-]{0,63}")
RESERVED = ("local", "system")
"""Who acts without a key, and by itself."""
_INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters by their class in Unicode that show nothing; other signs without a shape are no part of a name anyway."""
_DIGITS_LIKE_LETTERS = str.maketrans("015i", "olsl")


def check_client_name(name: str, taken: Iterable[str]) -> None:
    """May a client be called so, among those who had keys before? Raises InvalidInput, Conflict."""
    if not NAME.fullmatch(name) or not _INVISIBLE.isdisjoint(name):
        raise InvalidInput("the name of a client is 1 to 64 letters, digits and . _ @ + - (first a letter or digit).")
    for reserved in RESERVED:
        if _bare(name) == reserved:
            same = f"{name} is" if name == reserved else f"{name} looks like {reserved},"
            raise InvalidInput(f"{same} the name of the operator in the audit log; choose another one.")
    look = look_of(name)
    for other in taken:
        if other != name and look_of(other) == look:
            raise Conflict(f"{name} can be taken for {other}, who has or had a key: use that name, or another one.")


def look_of(name: str) -> str:
    """What a name looks like: width, case and letters of other scripts that have the shape of a Latin one apart."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    shapes = _shapes()
    # Twice folded: the shape of a letter may be a capital.
    return unicodedata.normalize("NFKC", "".join(shapes.get(letter, letter) for letter in folded)).casefold()


def _bare(name: str) -> str:
    """The letters of a name alone: without marks over them, signs around them, and digits in their place."""
    # Some letters have a Latin shape only as capitals, such as the Cyrillic ones of tem.
    capitals = "".join(_shapes().get(letter.upper(), letter) for letter in look_of(name)).casefold()
    decomposed = unicodedata.normalize("NFKD", capitals)
    letters = "".join(letter for letter in decomposed if letter.isalnum())
    return letters.translate(_DIGITS_LIKE_LETTERS)


@cache
def _shapes() -> dict[str, str]:
    """The ASCII letter that each other letter looks like (Unicode's table of confusables)."""
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415  large; needed to make a key only

    found = {}
    for letter, others in confusables_data.items():
        like = next((other["c"] for other in others if other["c"].isascii() and other["c"].isalpha()), None)
        if like is not None and not letter.isascii():
            found[letter] = like
    return found
