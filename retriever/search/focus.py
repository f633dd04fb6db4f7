"""Which parts of a long question ask something that the library knows: a mail tells more than its problem."""

from collections.abc import Callable, Sequence

PARTS = 5
"""Most parts that are tried alone, the weightiest: each costs a small search, and more of them mislead more often."""
NEAR = 1.5
"""Log-odds by which a part may be less sure than the surest one and still belong to the question."""
WHOLE = 1.0
"""Log-odds that the whole must be surer than its surest part: a long text is like many cases, and sure of them."""
SEVERAL = 0.5
"""The same for several parts together."""


def focused(
    parts: Sequence[str], weight: Callable[[str], float], sure: Callable[[Sequence[str]], float]
) -> tuple[str, ...]:
    """The parts to search: all of them, the surest one, or those that are about as sure; in their order.

    `weight` is how much a part can say, `sure` the log-odds of the best case for some parts together.
    """
    tried = sorted(sorted(range(len(parts)), key=lambda at: -weight(parts[at]))[:PARTS])
    alone = {at: sure([parts[at]]) for at in tried}
    surest = max(alone, key=lambda at: (alone[at], -at))
    near = [at for at in tried if alone[at] >= alone[surest] - NEAR]
    tries = {(surest,): alone[surest], tuple(range(len(parts))): sure(parts) - WHOLE}
    if 1 < len(near) < len(parts):
        tries[tuple(near)] = sure([parts[at] for at in near]) - SEVERAL
    best = max(tries, key=lambda places: (tries[places], len(places)))
    return tuple(parts[at] for at in best)
