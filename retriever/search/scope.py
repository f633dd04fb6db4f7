"""Which cases a question may see: filters, status and audience as clauses over the facets of `case_facets`."""

from index.facets.facets import AllOf, AnyOf, Between, Clause, NoneOf
from retriever.case.access import LIVE, groups_of, in_audience
from retriever.case.dates import normalise_date
from retriever.case.facets import EVERYONE
from retriever.domain import Case, Filters, Query, Status
from retriever.errors import InvalidQuery


def clauses_of(query: Query) -> tuple[Clause, ...]:
    """The clauses that filters, status and audience amount to; excluded ids are the caller's, since they name keys."""
    filters = query.filters
    statuses = LIVE if query.include_historical else (Status.PUBLISHED,)
    clauses: list[Clause] = [AnyOf("status", tuple(status.value for status in statuses))]
    if groups_of(query.audience) is not None:
        clauses.append(AnyOf("audience", (EVERYONE, *query.audience)))
    for field, values in (
        ("product", filters.products),
        ("category", tuple(path.strip("/") for path in filters.categories)),
        ("industry", filters.industries),
        ("language", filters.languages),
        ("tags", filters.tags_any),
        ("source", filters.sources),
    ):
        if values:
            clauses.append(AnyOf(field, values))
    if filters.tags_all:
        clauses.append(AllOf("tags", filters.tags_all))
    if filters.tags_none:
        clauses.append(NoneOf("tags", filters.tags_none))
    if filters.resolved_since or filters.resolved_until:
        clauses.append(_between(filters))
    return tuple(clauses)


def may_see(case: Case, query: Query) -> bool:
    """The same promise checked on the stored case, for what changed between search and answer."""
    statuses = LIVE if query.include_historical else (Status.PUBLISHED,)
    return case.status in statuses and in_audience(query.audience, case)


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
