"""What was found out about a word is kept for the next time, in bounded memory whatever words there are."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

LONGEST = 64
"""Letters of a word that is kept. A cache counts its entries, not their size: long words alone could fill gigabytes."""


def remembered(
    most: int,
) -> Callable[[Callable[Concatenate[str, P], T]], Callable[Concatenate[str, P], T]]:
    """Keep the results for `most` words of at most `LONGEST` letters; those of longer ones are found out each time."""

    def decorate(work: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
        kept = cast(Callable[Concatenate[str, P], T], lru_cache(maxsize=most)(work))

        @wraps(work)
        def look_up(word: str, /, *others: P.args, **named: P.kwargs) -> T:
            return kept(word, *others, **named) if len(word) <= LONGEST else work(word, *others, **named)

        return look_up

    return decorate
