"""Why a case matched: the words and codes that question and case share, in the question's own spelling."""

from index import tokenise
from retriever.domain import Case
from retriever.texts import matched_text


def shared_words(question: str, case: Case) -> tuple[str, ...]:
    """Passages of the question whose words stand in the case too, in order, overlapping ones joined."""
    wanted = set(tokenise.tokens(matched_text(case)))
    joined: list[tuple[int, int]] = []
    for token, start, end in tokenise.spans(question):
        if token not in wanted:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(dict.fromkeys(question[start:end] for start, end in joined))


def shared_codes(question: str, case: Case) -> tuple[str, ...]:
    """Codes that stand in both, as the question spells them."""
    wanted = {code.normalised for code in tokenise.codes(matched_text(case))}
    return tuple(dict.fromkeys(code.text for code in tokenise.codes(question) if code.normalised in wanted))
