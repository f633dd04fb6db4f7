"""Which kind of vector index for which size, with the reason for every number.

Figures: `benchmarks/results/recall.json` (written by `python -m benchmarks.speed.recall`). Two families are enough:

- `exact`: every vector is compared, in float32.
- `scan4`: every vector is compared in 4 bits for each 2 or 4 dimensions (product quantisation after a random rotation,
  read 32 cases at a time from registers), and the best candidates are compared again exactly.

Graphs and inverted lists were tried and not taken (`benchmarks/results/recall-rivals.json`). Questions to a case
library are often unlike any case, and vectors of short texts then have no near neighbour to lead the way to the rest:
at 100,000 cases, inverted lists had to read half of all lists for a recall@10 of 0.98, and a graph reached 0.990 in
0.8 ms after a build of 223 s, where the scan, then of 4 dimensions a code, reached 0.999 in 0.5 ms after 12 s (two
cores, not equally busy). A scan has no such weakness, and filters cost it next to nothing. Its time grows with the
number of cases: beyond a few million, lists above it will pay.

Rough codes cannot tell near-equal cases apart, such as tickets from templates: of 5,000 that differ in a number and a
date, 256 candidates held 6 of the 10 best. So the scan goes on until its candidates were enough (`late`): few
questions to an ordinary library of 100,000 ask twice, one in six of a million, one about a template several times.
Where even that is not enough, the rebuild takes the exact kind and says so.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to build a vector index: used up to `upto` cases; `recall_floor` is what a rebuild must measure (@10)."""

    name: str
    family: str
    upto: int
    candidates: int
    recall_floor: float
    reason: str
    coded: int = 1
    """Dimensions that share one 4-bit code."""
    late: int = 0
    """Of the 32 best candidates, so many may come from the second half of the rough order before more are asked for."""


EXACT = Kind(
    name="exact",
    family="exact",
    upto=10_000,
    candidates=512,
    recall_floor=0.999,
    reason="up to here comparing everything in float32 costs less than 1 ms even on a busy machine",
)
SCAN4 = Kind(
    name="scan4",
    family="scan4",
    upto=250_000,
    candidates=256,
    recall_floor=0.98,
    reason="256 exact comparisons bring recall@10 to 0.99 and above, and cost less than the scan itself",
    coded=2,
    late=1,
)
SCAN4_WIDE = Kind(
    name="scan4-wide",
    family="scan4",
    upto=2**32,
    candidates=1_024,
    recall_floor=0.95,
    reason="a long scan costs what it reads: half the bytes, and four times the candidates to make up for it",
    coded=4,
    late=2,
)
KINDS = (EXACT, SCAN4, SCAN4_WIDE)


def kind_for(rows: int) -> Kind:
    """The kind for a library of this many different cases."""
    return next(kind for kind in KINDS if rows <= kind.upto)


def get_kind(name: str) -> Kind:
    """The kind of this name; KeyError if there is none."""
    return {kind.name: kind for kind in KINDS}[name]
