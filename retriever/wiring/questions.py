"""How questions are read: by the functions that clean tickets, and masked where cases are."""

from retriever.domain import Query
from retriever.ingest.cleaning.codes import find_error_codes
from retriever.ingest.cleaning.signature import looks_like_log
from retriever.ingest.sources.record import written
from retriever.masking import KnownEntities, mask_query
from retriever.masking.spans import NOBODY
from retriever.search.questions import QuestionReader


def question_reader(*, mask: bool, known: KnownEntities = NOBODY) -> QuestionReader:
    """A reader of questions."""

    def masked(query: Query) -> Query:
        return mask_query(query, known) if mask else query

    return QuestionReader(written, find_error_codes, looks_like_log, masked)
