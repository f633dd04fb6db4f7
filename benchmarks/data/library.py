"""A synthetic but realistic library: sentences of the sample cases, recombined, with models and codes."""

import random
import re
from collections.abc import Iterator
from typing import Any

from retriever.case.format import case_from_dict
from retriever.domain import Case
from retriever.sample.library import load_sample_cases, load_sample_questions
from retriever.search.smalltalk import asks_nothing

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")
_SERIES = ("AX", "BK", "CT", "DM", "EQ", "FX", "GL", "HP", "KR", "LV", "MX", "NT")


def iter_synthetic_cases(count: int, *, seed: int = 7) -> Iterator[Case]:
    """`count` cases of about 40 to 120 words in the sample's languages; the same for the same seed.

    Each takes title and product from one sample case and two or three sentences from it and from others of its
    language, with a model number and often an error code, so that words and vectors repeat as in real libraries.
    """
    rng = random.Random(seed)
    samples = load_sample_cases()
    by_language: dict[str, list[str]] = {}
    for case in samples:
        by_language.setdefault(case.language, []).extend(part for part in _SENTENCE.split(case.problem) if part)
    for number in range(count):
        yield case_from_dict(_row(rng, samples, by_language, number))


def _row(rng: random.Random, samples: list[Case], sentences: dict[str, list[str]], number: int) -> dict[str, Any]:
    own = rng.choice(samples)
    model = f"{rng.choice(_SERIES)}-{rng.randrange(100, 1000)}"
    codes = [f"{rng.choice('AEFHT')}-{rng.randrange(1, 400):03d}"] if rng.random() < 0.4 else []
    said = [rng.choice(sentences[own.language]) for _ in range(rng.randrange(1, 3))]
    first = rng.choice([part for part in _SENTENCE.split(own.problem) if part])
    return {
        "id": f"SYN-{number:07d}",
        "source": {"system": f"desk-{number % 4}", "external_id": f"{number}"},
        "language": own.language,
        "title": f"{own.title} ({model})",
        "problem": " ".join([first, *said, *codes]),
        "solution": own.solution,
        "product": f"{own.product} {model[:2]}",
        "category": own.category,
        "industry": own.industry,
        "error_codes": codes,
        # A tag for each selectivity that the filter benchmark asks for.
        "tags": [f"share-{share}" for share in (2, 10, 100, 1000, 10000) if number % share == 0],
        "resolved_at": f"{2020 + number % 6}-{number % 12 + 1:02d}-{number % 28 + 1:02d}T08:00:00Z",
    }


def benchmark_questions(count: int, *, seed: int = 11) -> list[str]:
    """Questions as people type them, from the sample's own, some with a code added so that few are the same."""
    rng = random.Random(seed)
    labelled = load_sample_questions()
    every = (*labelled.questions, *labelled.out_of_scope)
    texts = [question.text for question in every if not asks_nothing(question.text)]  # greetings are not searched
    return [
        text if rng.random() < 0.5 else f"{text} {rng.choice('AEFHT')}-{rng.randrange(1, 400):03d}"
        for text in (rng.choice(texts) for _ in range(count))
    ]
