"""Late query rewriting: when no match is sure, words of the first cases search once more.

What they find is only proposed: every candidate is compared with the question as it was asked. Letting the rewritten
question decide was measured as well, and lost: it finds the cases that it was made of, and is surer of them.
"""

from collections import Counter
from dataclasses import dataclass

from index.text import tokenise
from retriever.case.texts import matched_text
from retriever.search.candidates import Candidates
from retriever.search.stages import StageInput

FIRST = 3
"""Cases whose words are taken."""
WORDS = 8
"""Words taken of them."""
TWICE = 2
"""A word must stand in so many of these cases, or so often in one."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Words that the best cases share are searched beside those of the question when the best is less sure than this.

    Deterministic, without a model. A question that is sure of its match costs nothing.
    """

    below: float
    name: str = "rewrite"

    @property
    def identity(self) -> str:
        """Everything that decides what is found."""
        return f"{self.name} {self.below:g} {FIRST} {WORDS}"

    def apply(self, question: StageInput, found: Candidates) -> tuple[Candidates, str]:
        """The candidates with those that other words found among them; never a warning."""
        if not found.compared or found.confidence[0] >= self.below:
            return found, ""
        words = _words_of_best(question, found)
        if not words:
            return found, ""
        # Twice their own words, so that the question still decides what is near.
        return question.widen([*question.encoded.tokens, *question.encoded.tokens, *words]), ""


def _words_of_best(question: StageInput, found: Candidates) -> list[str]:
    """The weightiest words that the first cases have and the question has not."""
    keys = found.keys[: min(FIRST, found.compared)].tolist()
    stored = question.load(keys)
    seen: Counter[str] = Counter()
    for key in keys:
        if key in stored:
            counts = Counter(tokenise.tokens(matched_text(stored[key].case)))
            seen.update({word: min(count, TWICE) for word, count in counts.items()})
    own = set(question.encoded.tokens)
    weights = {
        word: count * question.weight(word)
        for word, count in seen.items()
        if count >= TWICE and len(word) > 1 and word not in own
    }
    return sorted(weights, key=lambda word: (-weights[word], word))[:WORDS]
