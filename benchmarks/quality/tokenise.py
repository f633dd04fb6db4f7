"""Ways to cut text into tokens, compared by BM25 alone on labelled sets.

`python -m benchmarks.quality.tokenise --data DIR`. Each variant replaces one rule of `index.text.tokenise`, everything
else staying as it is shipped; nDCG@10 x 100 over at most 500 questions of each set, drawn once, over all of its
documents.
"""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.measuring import RESULTS, command_line, conditions, require, write_result
from index.text import tokenise
from index.text.tokenise import TokenSpan
from index.words import bm25 as lexical
from index.words.postings import count_tokens
from retriever.evaluation.beir import load_beir
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.metrics import measure

SETS = (
    "stackfaq-en",
    "banking77-en",
    "hint3-en",
    "gnomehelp-desc-xling",
    "parakqc-ko",
    "espfaq-dev-zh2en",
    "espfaq-dev-en2zh",
    "espfaq-dev-zh-q2a",
    "espfaq-dev-en-q2a",
    "espfaq-dev-mixed",
)
QUESTIONS = 500


def _word(forms: Callable[[str], Sequence[str]], found: list[TokenSpan], word: str, start: int) -> None:
    found.extend((form, start, start + len(word)) for form in forms(word))


def word_rule(forms: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    """Replace what a word gives."""
    return {"_add_word": partial(_word, forms)}


def prefixed(stem: Callable[[str], str], letters: int) -> dict[str, Any]:
    """A stem, and the first letters of every word that is long enough."""
    return word_rule(lambda w: (stem(w), w[:letters] + "~") if len(w) >= letters and w[0].isalpha() else (stem(w),))


def grams(letters: int) -> dict[str, Any]:
    """A word and all its character n-grams."""
    return word_rule(lambda w: (w, *(w[i : i + letters] + "~" for i in range(len(w) - letters + 1))))


def _pairs_and_singles(found: list[TokenSpan], run: str, start: int) -> None:
    found.extend((char, at, at + 1) for at, char in enumerate(run, start))
    found.extend((run[i : i + 2], start + i, start + i + 2) for i in range(len(run) - 1))


def _segmented(found: list[TokenSpan], run: str, start: int) -> None:
    import rjieba  # noqa: PLC0415 - only this variant needs it

    found.extend((word, start, start + len(run)) for word in rjieba.cut(run))


def _plain_pairs(found: list[TokenSpan], run: str, start: int) -> None:
    tokenise._add_pairs(found, run, start)


VARIANTS: dict[str, dict[str, Any]] = {
    "shipped": {"CODE_WEIGHT": tokenise.CODE_WEIGHT},
    "words as they stand": word_rule(lambda w: (w,)),
    "stem only": word_rule(lambda w: (tokenise.stem_of(w),)),
    "first 5 letters only": word_rule(lambda w: (w[:5],)),
    "word + first 4": prefixed(str, 4),
    "stem + first 5": prefixed(tokenise.stem_of, 5),
    "word + 4-grams": grams(4),
    "code counts once": {"CODE_WEIGHT": 1},
    "code counts 3 times": {"CODE_WEIGHT": 3},
    "Chinese, Japanese: pairs + characters": {"_add_pairs": _pairs_and_singles},
    "Chinese, Japanese: rjieba words": {"_add_pairs": _segmented},
    "Korean: pairs without run start": {"_add_syllables": _plain_pairs},
    "Korean: pairs + syllables": {"_add_syllables": _pairs_and_singles},
}
PARAMETERS = ((0.9, 0.4), (1.2, 0.5), (0.9, 0.75), (1.6, 0.75), (1.2, 0.9))


def score(labelled: LabelledSet) -> float:
    """nDCG@10 x 100 of BM25 with the rules now in force."""
    texts = (f"{document.title}\n{document.text}" for document in labelled.documents)
    keys = np.arange(len(labelled.documents), dtype=np.int64)
    words = lexical.build_words(keys, count_tokens(map(tokenise.tokens, texts)))
    questions = labelled.questions
    chosen = random.Random(0).sample(questions, min(QUESTIONS, len(questions)))
    run: dict[str, dict[str, float]] = {}
    for question in chosen:
        hits = words.search(tokenise.tokens(question.text), 10)
        ids = [labelled.documents[key].id for key in hits.keys.tolist()]
        run[question.id] = dict(zip(ids, hits.scores.tolist(), strict=True))
    scores = measure({question.id: labelled.qrels[question.id] for question in chosen}, run)
    return round(100 * scores.means["ndcg@10"], 2)


def try_variant(sets: Sequence[LabelledSet], rules: dict[str, Any], k1: float, b: float) -> dict[str, float]:
    """nDCG@10 of every set under changed rules or parameters, and their mean."""
    with patch.multiple(tokenise, **rules), patch.multiple(lexical, K1=k1, B=b):
        row = {labelled.name: score(labelled) for labelled in sets}
    return {**row, "mean": round(sum(row.values()) / len(row), 2)}


def main() -> None:
    """Try every variant, then BM25's parameters, and write the table."""
    parser = command_line(__doc__, out=RESULTS / "tokenise.json")
    parser.add_argument("--data", type=Path, required=True, help="folder of BEIR folders")
    arguments = parser.parse_args()
    require("rjieba")
    sets = [load_beir(arguments.data / name) for name in SETS]
    rows: dict[str, dict[str, float]] = {}
    report = {
        "tokeniser_version": tokenise.TOKENISER_VERSION,
        "measure": "nDCG@10 x 100, BM25 alone",
        "questions_at_most": QUESTIONS,
        "machine": conditions(),
        "rows": rows,
    }
    tries = [(name, rules, lexical.K1, lexical.B) for name, rules in VARIANTS.items()]
    tries += [
        (f"k1 {k1}, b {b}", VARIANTS["shipped"], k1, b) for k1, b in PARAMETERS if (k1, b) != (lexical.K1, lexical.B)
    ]
    for name, rules, k1, b in tries:
        start = time.thread_time()
        rows[name] = try_variant(sets, rules, k1, b)
        cells = " ".join(f"{value:5.1f}" for value in rows[name].values())
        print(f"{name:38} {cells}  {time.thread_time() - start:.0f} s CPU", flush=True)
        write_result(arguments.out, report)


if __name__ == "__main__":
    main()
