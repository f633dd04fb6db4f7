"""Which cases a question may see: filters, status and audience as clauses over the facets of `case_facets`."""

from collections.abc import Callable, Iterator

from index.facets.facets import AllOf, AnyOf, Between, Clause, NoneOf
from retriever.case.access import LIVE, groups_of, in_audience
from retriever.case.dates import normalise_date
from retriever.case.facets import EVERYONE, LANGUAGE, category_value, facet_value
from retriever.case.language_tags import UNSURE
from retriever.domain import Case, Filters, Query, Status
from retriever.errors import InvalidQuery


def clauses_of(query: Query) -> tuple[Clause, ...]:
    """The clauses that filters, status and audience amount to; excluded ids are the caller's, since they name keys.

    A case whose language nobody knows passes every filter on languages.
    """
    filters = query.filters
    clauses: list[Clause] = [*sight_of(query)]
    for field, values in _wanted_of(filters):
        spelt = tuple(spelling(field, value) for value in values)
        clauses.append(AnyOf(field, (*spelt, UNSURE) if field == LANGUAGE else spelt))
    if filters.tags_all:
        clauses.append(AllOf("tags", tuple(map(facet_value, filters.tags_all))))
    if filters.tags_none:
        clauses.append(NoneOf("tags", tuple(map(facet_value, filters.tags_none))))
    if filters.resolved_since or filters.resolved_until:
        clauses.append(_between(filters))
    return tuple(clauses)


def sight_of(query: Query) -> tuple[Clause, ...]:
    """The clauses of the cases that the question may see, whatever it filters by."""
    statuses = LIVE if query.include_historical else (Status.PUBLISHED,)
    live = AnyOf("status", tuple(status.value for status in statuses))
    everything = groups_of(query.audience) is None
    return (live,) if everything else (live, AnyOf("audience", (EVERYONE, *query.audience)))


def named_values(filters: Filters) -> Iterator[tuple[str, str]]:
    """Field and value of all that filters name, as it was given."""
    for field, values in (*_wanted_of(filters), ("tags", filters.tags_all), ("tags", filters.tags_none)):
        for value in values:
            yield field, value


def spelling(field: str, value: str) -> str:
    """A value as the facets of this field hold it."""
    return _SPELLINGS.get(field, facet_value)(value)


def may_see(case: Case, query: Query) -> bool:
    """The same promise checked on the stored case, for what changed between search and answer."""
    statuses = LIVE if query.include_historical else (Status.PUBLISHED,)
    return case.status in statuses and in_audience(query.audience, case)


_SPELLINGS: dict[str, Callable[[str], str]] = {"category": category_value, LANGUAGE: str}


def _wanted_of(filters: Filters) -> list[tuple[str, tuple[str, ...]]]:
    """The fields that are narrowed to one of some values."""
    fields = (
        ("product", filters.products),
        ("category", filters.categories),
        ("industry", filters.industries),
        (LANGUAGE, filters.languages),
        ("tags", filters.tags_any),
        ("source", filters.sources),
    )
    return [(field, values) for field, values in fields if values]


def _between(filters: Filters) -> Between:
    for name, value in (("resolved_since", filters.resolved_since), ("resolved_until", filters.resolved_until)):
        try:
            if value:
                normalise_date(value)
        except ValueError as error:
            raise InvalidQuery(f"{name} must be a date like 2026-03-31, got {value[:40]!r}") from error
    # A bare date as the end means the whole of that day: "~" sorts after every time of day.
    until = f"{filters.resolved_until}~" if filters.resolved_until else None
    return Between("resolved_at", filters.resolved_since or None, until)
