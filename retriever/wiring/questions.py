"""How questions are read: by the functions that clean tickets, and masked where cases are."""

from retriever.ingest.cleaning.codes import find_error_codes
from retriever.ingest.cleaning.signature import looks_like_log
from retriever.ingest.sources.record import written
from retriever.masking import mask_query
from retriever.search.questions import QuestionReader


def question_reader(*, mask: bool) -> QuestionReader:
    """A reader of questions."""
    return QuestionReader(written, find_error_codes, looks_like_log, mask_query if mask else lambda query: query)
