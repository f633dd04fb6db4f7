"""Which text of a case is embedded and which is matched by words; the same for questions."""

from retriever.domain import Case, Query
from retriever.masking.placeholders import without_placeholders

TEXT_VERSION = 2
"""Grows when the functions below give another text for the same case: an index holds texts of one version only."""


def embedded_text(case: Case) -> str:
    """What the vector of a case stands for: title, problem and error codes, one per line; no placeholders."""
    return _join(case.title, case.problem, " ".join(case.error_codes))


def matched_text(case: Case) -> str:
    """What the words of a question are compared with: everything that tells this case from others."""
    return _join(
        case.title,
        case.problem,
        case.diagnosis,
        case.solution,
        case.product,
        " ".join(case.error_codes),
        " ".join(case.tags),
    )


def query_text(query: Query) -> str:
    """What is embedded of a question, in the order of `embedded_text`."""
    return _join(query.title, query.problem, " ".join(query.error_codes))


def query_words_text(query: Query) -> str:
    """What is compared by words of a question: its text and the product, which stands in `matched_text` too."""
    return _join(query_text(query), query.product)


def _join(*parts: str) -> str:
    return without_placeholders("\n".join(part for part in parts if part))
