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

NAMED = 1.0
"""The same for nothing but codes: what stands around them tells apart the cases that share them."""


def focused(
    parts: Sequence[str],
    weight: Callable[[str], tuple[float, float]],
    sure: Callable[[Sequence[str]], float],
    named: str = "",
) -> tuple[str, ...]:
    """The parts to search: all of them, the surest one, or those that are about as sure; in their order.

    Or only what is `named`, codes that the library has, where everything around them is noise.

    `weight` is how much a part can say by codes and by all its words, `sure` the log-odds of the best case for some
    parts together.
    """
    tried = sorted(sorted(range(len(parts)), key=lambda at: weight(parts[at]), reverse=True)[:PARTS])
    alone = {at: sure([parts[at]]) for at in tried}
    surest = max(alone, key=lambda at: (alone[at], -at))
    near = [at for at in tried if alone[at] >= alone[surest] - NEAR]
    tries = [(alone[surest], (parts[surest],)), (sure(parts) - WHOLE, tuple(parts))]
    if 1 < len(near) < len(parts):
        together = tuple(parts[at] for at in near)
        tries.append((sure(together) - SEVERAL, together))
    if named:
        tries.append((sure((named,)) - NAMED, (named,)))
    return max(tries, key=lambda one: (one[0], len(one[1])))[1]
