"""Which text of a case is embedded and which is matched by words; the same for questions."""

from retriever.domain import Case, Query
from retriever.masking.placeholders import without_placeholders

TEXT_VERSION = 2
"""Grows when the functions below give another text for the same case: an index holds texts of one version only."""


HEADLINE = 80
"""Characters of the first words of a problem that stand for a title."""


def headline(case: Case) -> str:
    """The title of a case, or the first words of its problem."""
    if case.title:
        return case.title
    words = " ".join(case.problem[: 4 * HEADLINE].split())
    if len(words) <= HEADLINE:
        return words
    at = words.rfind(" ", HEADLINE // 2, HEADLINE)  # none in a script without spaces
    return words[: at if at > 0 else HEADLINE - 1] + "…"


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
    """What is embedded of a question, in the order of `embedded_text`; a code that stands in its text is not repeated.

    So a code counts the same whether it is in the text or given beside it.
    """
    text = f"{query.title}\n{query.problem}"
    codes = (code for code in query.error_codes if not stands_in(code, text))
    return _join(query.title, query.problem, " ".join(codes))


def query_words_text(query: Query) -> str:
    """What is compared by words of a question: its text and the product, which stands in `matched_text` too."""
    return _join(query_text(query), query.product)


def stands_in(name: str, text: str) -> bool:
    """Is the name in the text, whatever its case, and no part of longer words?"""
    name, text = name.casefold(), text.casefold()
    at = text.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            return True
        at = text.find(name, end)
    return False


def _join(*parts: str) -> str:
    return without_placeholders("\n".join(part for part in parts if part))
