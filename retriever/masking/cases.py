"""Masking whole cases and questions: which fields, and how much of them."""

from collections.abc import Mapping
from dataclasses import replace

from retriever.domain import Case, Query
from retriever.masking.masker import Numbering, mask_field
from retriever.masking.rules import RuleScope
from retriever.masking.spans import NOBODY, KnownEntities, MaskedSpan

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
    masking = _Masking(case, known)
    changed: dict[str, object] = {}
    for name in TEXTS:
        changed[name] = masking.text(name, getattr(case, name), RuleScope.TEXT)
    changed["steps"] = masking.texts("steps", case.steps, RuleScope.TEXT)
    changed["outcome"] = replace(
        case.outcome, summary=masking.text("outcome.summary", case.outcome.summary, RuleScope.TEXT)
    )
    for name in NAMES:
        changed[name] = masking.text(name, getattr(case, name), RuleScope.NAME)
    changed["tags"] = masking.texts("tags", case.tags, RuleScope.NAME)
    changed["error_codes"] = masking.texts("error_codes", case.error_codes, RuleScope.CODE)
    changed["source"] = replace(case.source, url=masking.text("source.url", case.source.url, RuleScope.LINK))
    return (replace(case, **changed) if masking.spans else case), masking.spans  # type: ignore[arg-type]


def mask_query(query: Query, known: KnownEntities = NOBODY) -> Query:
    """The question without personal values, as its words would stand in a masked case. Filters are left alone."""
    numbering = Numbering((query.title, query.problem))
    title = mask_field(query.title, known, RuleScope.TEXT, numbering)
    problem = mask_field(query.problem, known, RuleScope.TEXT, numbering)
    product = mask_field(query.product, known, RuleScope.NAME, numbering)
    codes = tuple(mask_field(code, known, RuleScope.CODE, numbering) for code in query.error_codes)
    if not (title.spans or problem.spans or product.spans or any(code.spans for code in codes)):
        return query
    return replace(
        query,
        title=title.text,
        problem=problem.text,
        product=product.text,
        error_codes=tuple(code.text for code in codes),
    )


class _Masking:
    """One case on its way: shared numbers, and the spans so far."""

    def __init__(self, case: Case, known: KnownEntities) -> None:
        texts = [getattr(case, name) for name in (*TEXTS, *NAMES)]
        lists = [*case.steps, *case.tags, *case.error_codes]
        self._numbering = Numbering((*texts, *lists, case.outcome.summary, case.source.url))
        self._known = known
        self.spans: dict[str, tuple[MaskedSpan, ...]] = {}

    def text(self, name: str, text: str, scope: RuleScope) -> str:
        """One field, masked."""
        masked = mask_field(text, self._known, scope, self._numbering)
        if masked.spans:
            self.spans[name] = masked.spans
        return masked.text

    def texts(self, name: str, texts: tuple[str, ...], scope: RuleScope) -> tuple[str, ...]:
        """Every entry of a list, masked."""
        return tuple(self.text(f"{name}[{place}]", text, scope) for place, text in enumerate(texts))
