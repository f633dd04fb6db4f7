"""nDCG@10 of a token table: every question counts, and each language by itself."""

import numpy as np
import pytest

from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet
from retriever.training.model.evaluate import score_vectors

VECTORS = np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)


def labelled(languages: dict[str, str]) -> LabelledSet:
    """Three documents; each question, with its language, is answered by the second."""
    documents = tuple(Document(f"d{n}", "", f"text {n}") for n in range(3))
    questions = tuple(LabelledQuestion(id, "", language) for id, language in languages.items())
    return LabelledSet("toy", documents, questions, {id: {"d1": 1} for id in languages})


def test_a_question_in_the_corpus_is_no_answer_to_itself() -> None:
    """Its own document, though nearest, is left out, so the right one is first."""
    assert score_vectors(labelled({"d0": "en"}), VECTORS[:1], VECTORS).overall == 1.0


def test_each_language_is_averaged_by_itself() -> None:
    """The right document second gives 1 / log2(3), first gives 1; the whole is the mean over questions."""
    found = score_vectors(labelled({"q1": "zh-CN", "q2": "de", "q3": "zh-CN"}), VECTORS, VECTORS)
    second = 1 / np.log2(3)

    assert found.by_language == pytest.approx({"de": 1.0, "zh-CN": second})
    assert found.overall == pytest.approx((1 + 2 * second) / 3)


def test_one_language_alone_is_not_told_apart() -> None:
    """A set in one language has no figures by language."""
    assert score_vectors(labelled({"q1": "en", "q2": "en"}), VECTORS[:2], VECTORS).by_language == {}
