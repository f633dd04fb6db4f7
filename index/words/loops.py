"""Which loops run: plain ones from the start, compiled ones, half a second to load, once they are asked for."""

from index.words import plain_loops
from index.words.plain_loops import PostingLoops

_loops: PostingLoops = plain_loops


def posting_loops() -> PostingLoops:
    """The loops over posting lists that this process uses now."""
    return _loops


def load_compiled() -> None:
    """Use the compiled loops from now on: for whoever has more than a few questions."""
    global _loops  # noqa: PLW0603  one choice for the whole process
    from index.words import compiled_loops as compiled  # noqa: PLC0415  numba takes as long to load as a question from a cold start

    _loops = compiled
