"""Masking whole cases and questions: which fields, and how much of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from retriever.domain import Case, Query
from retriever.masking.masker import mask_fields
from retriever.masking.rules import RuleScope
from retriever.masking.spans import NOBODY, KnownEntities, Masked, MaskedSpan

TEXTS = (
    "title", "problem", "summary", "environment", "diagnosis", "solution", "workaround", "prevention", "lessons",
)  # fmt: skip
NAMES = ("product", "product_line", "category", "industry", "priority", "channel")
Spans = Mapping[str, tuple[MaskedSpan, ...]]
"""Spans by field; entries of a list as `steps[0]`."""


def mask_case(case: Case, known: KnownEntities = NOBODY) -> tuple[Case, Spans]:
    """The case with every text field masked, and what was taken where.

    One value has one placeholder in all fields. Left as they are: id, source system and ticket number, dates, status,
    language, audience, and the accounts of authors and reviewers, which are identities that the library works with.
    """
    fields = {name: (text, scope) for name, text, scope in _fields(case)}
    masked = dict(zip(fields, mask_fields(tuple(fields.values()), known), strict=True))
    spans = {name: field.spans for name, field in masked.items() if field.spans}
    return (_rebuilt(case, masked) if spans else case), spans


def mask_query(query: Query, known: KnownEntities = NOBODY) -> Query:
    """The question without personal values, as its words would stand in a masked case. Filters are left alone."""
    fields = (
        (query.title, RuleScope.TEXT),
        (query.problem, RuleScope.TEXT),
        (query.product, RuleScope.NAME),
        *((code, RuleScope.CODE) for code in query.error_codes),
    )
    masked = mask_fields(fields, known)
    if not any(field.spans for field in masked):
        return query
    title, problem, product, *codes = (field.text for field in masked)
    return replace(query, title=title, problem=problem, product=product, error_codes=tuple(codes))


def _fields(case: Case) -> Iterator[tuple[str, str, RuleScope]]:
    """The fields in the order in which their values are numbered."""
    for name in TEXTS:
        yield name, getattr(case, name), RuleScope.TEXT
    yield from _entries("steps", case.steps, RuleScope.TEXT)
    yield "outcome.summary", case.outcome.summary, RuleScope.TEXT
    for name in NAMES:
        yield name, getattr(case, name), RuleScope.NAME
    yield from _entries("tags", case.tags, RuleScope.NAME)
    yield from _entries("error_codes", case.error_codes, RuleScope.CODE)
    yield "source.url", case.source.url, RuleScope.LINK


def _entries(name: str, texts: tuple[str, ...], scope: RuleScope) -> Iterator[tuple[str, str, RuleScope]]:
    return ((f"{name}[{place}]", text, scope) for place, text in enumerate(texts))


def _rebuilt(case: Case, masked: Mapping[str, Masked]) -> Case:
    changed: dict[str, Any] = {name: masked[name].text for name in (*TEXTS, *NAMES)}
    for name in ("steps", "tags", "error_codes"):
        changed[name] = tuple(masked[f"{name}[{place}]"].text for place in range(len(getattr(case, name))))
    changed["outcome"] = replace(case.outcome, summary=masked["outcome.summary"].text)
    changed["source"] = replace(case.source, url=masked["source.url"].text)
    return replace(case, **changed)
