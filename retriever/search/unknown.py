"""What is told when a filter names a value that no case has: a typing error would look like an empty library."""

import difflib
from collections.abc import Callable, Sequence
from itertools import islice

from index.facets.facets import AnyOf, Clause
from index.keys import as_array
from index.layers import LayeredFacets
from retriever.case.facets import LANGUAGE
from retriever.case.language_tags import UNSURE, near_languages
from retriever.case.mentions import shown
from retriever.domain import Case, Query
from retriever.search.scope import named_values, sight_of, spelling
from retriever.search.stages import LoadCases

LOOKED_AT = 2_000
"""Values of a field that are compared, the most frequent: comparing all of a large library would take seconds."""
NAMED = 3
"""Values that a warning names."""
_LONGEST = 100  # characters of a value that are compared
_VALUES: dict[str, Callable[[Case], Sequence[str]]] = {
    "product": lambda case: (case.product,),
    "category": lambda case: (case.category,),
    "industry": lambda case: (case.industry,),
    "tags": lambda case: case.tags,
    "source": lambda case: (case.source.system,),
}


def unknown_values(query: Query, facets: LayeredFacets, load: LoadCases) -> tuple[str, ...]:
    """A warning for each value of a filter that no case has of those the question may see; only such values are named.

    The question is answered all the same.
    """
    sight = sight_of(query)
    warnings = []
    for field, value in dict.fromkeys(named_values(query.filters)):
        found = facets.allowed((*sight, AnyOf(field, (spelling(field, value),))))
        if found is not None and not found:
            warnings.append(
                f"no case has the {_NAMES.get(field, field)} {shown(value)}{_hint(field, value, sight, facets, load)}"
            )
    return tuple(warnings)


_NAMES = {"tags": "tag"}


def _hint(field: str, value: str, sight: tuple[Clause, ...], facets: LayeredFacets, load: LoadCases) -> str:
    """What may have been meant, else what there is most of."""
    known = [name for name in islice(facets.counts(field, facets.allowed(sight)), LOOKED_AT) if name != UNSURE]
    if field == LANGUAGE:
        meant = near_languages(value)
        return (f"; did you mean {' or '.join(meant)}?" if meant else ".") + f" Cases are in {', '.join(sorted(known))}"
    near = _near(spelling(field, value)[:_LONGEST], known)
    names = [_as_written(field, name, sight, facets, load) for name in near or known[:NAMED]]
    if not names:
        return ""
    return f"; near is {' or '.join(map(shown, names))}" if near else f"; there are {', '.join(map(shown, names))}"


def _near(value: str, known: Sequence[str]) -> list[str]:
    """The values that look most like this one: those that hold it or stand in it, then those of like letters."""
    around = [name for name in known if len(value) > 1 and (value in name or (len(name) > 2 and name in value))]
    close = difflib.get_close_matches(value, [name[:_LONGEST] for name in known], n=NAMED, cutoff=0.6)
    return list(dict.fromkeys([*close, *sorted(around, key=len)]))[:NAMED]


def _as_written(field: str, value: str, sight: tuple[Clause, ...], facets: LayeredFacets, load: LoadCases) -> str:
    """The value as one of its cases has it."""
    found = facets.allowed((*sight, AnyOf(field, (value,))))
    keys = as_array(facets.keys if found is None else found)[:1].tolist()
    for stored in load(keys).values():
        for written in _VALUES[field](stored.case):
            if spelling(field, written) == value or spelling(field, written).startswith(f"{value}/"):
                return "/".join(written.split("/")[: value.count("/") + 1]) if field == "category" else written
    return value
