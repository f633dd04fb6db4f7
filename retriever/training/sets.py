"""Labelled sets, and two halves of each: what is fitted is fitted on the first and reported on the second."""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from retriever.domain import Case
from retriever.evaluation.beir import beir_folders, load_beir
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.sample.library import load_sample_set

SAMPLE = "sample"
"""Name of the sample library's set."""


def iter_sets(folder: Path, *, only: Collection[str] = ()) -> Iterator[tuple[LabelledSet, list[Case]]]:
    """Every BEIR folder below, by name, then the sample library, each with its cases; `only` those named, if any are.

    Raises OSError, and InvalidInput for a set that is not sound.
    """
    for path in beir_folders(folder):
        if not only or path.name in only:
            yield documents_as_cases(load_beir(path))
    if not only or SAMPLE in only:
        yield load_sample_set()


def in_first_half(question: LabelledQuestion) -> bool:
    """By the question's text, so that a text is in the same half of every set that asks it."""
    return hashlib.sha256(question.text.encode()).digest()[0] % 2 == 0


def second_half(labelled: LabelledSet) -> LabelledSet:
    """The set with the questions that nothing was fitted on."""
    return labelled.only(lambda question: not in_first_half(question))
