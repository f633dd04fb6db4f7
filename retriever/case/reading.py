"""A case as somebody outside gives it, on its way into the library: checked, tidied, and in a language."""

from retriever.case.format import Row, case_from_dict
from retriever.case.language import with_language
from retriever.domain import Case


def case_of(row: Row, *, defaults: Row | None = None) -> Case:
    """The case that a mapping describes (`case_from_dict`), its language told by its text where it names none.

    Raises InvalidCase.
    """
    return with_language(case_from_dict(row, defaults=defaults))
