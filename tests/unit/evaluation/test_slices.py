"""Slices: who asks whom, how long, with codes or not; each with its size, measures and interval."""

import pytest

from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet
from retriever.evaluation.metrics import as_run, measure
from retriever.evaluation.slices import Slice, language_pairs, length_of, slice_questions

DOCUMENTS = (
    Document("en", "", "the printer jams", "en", {"product": "LX2"}),
    Document("de", "", "der Drucker klemmt", "de"),
)
QUESTIONS = (
    LabelledQuestion("q1", "the printer shows E-05", "en"),
    LabelledQuestion("q2", "打印机卡纸了怎么办", "zh-Hans"),
    LabelledQuestion("q3", "der Drucker", "de"),
)
QRELS = {"q1": {"en": 1}, "q2": {"en": 2, "de": 1}, "q3": {"de": 1, "en": 1}}
LABELLED = LabelledSet("toy", DOCUMENTS, QUESTIONS, QRELS)


@pytest.fixture
def slices() -> dict[str, Slice]:
    """All slices of a run that answers the first two questions."""
    scores = measure(QRELS, as_run({"q1": ["en"], "q2": ["de", "en"]}))
    return {part.name: part for part in slice_questions(LABELLED, scores, {"words": scores})}


def test_the_matrix_says_which_language_asks_for_which() -> None:
    """The best graded answers count; among equal ones the question's own language does."""
    assert language_pairs(LABELLED) == {"q1": ("en", "en"), "q2": ("zh", "en"), "q3": ("de", "de")}


def test_each_question_is_in_one_slice_of_each_group(slices: dict[str, Slice]) -> None:
    """Sizes of a group add up to all questions."""
    sizes: dict[str, int] = {}
    for part in slices.values():
        sizes[part.group] = sizes.get(part.group, 0) + part.questions

    assert sizes == {"kind": 3, "language": 3, "pair": 3, "length": 3, "code": 3, "product": 2}


def test_a_slice_has_its_own_mean_and_interval(slices: dict[str, Slice]) -> None:
    """Same-language: one answered, one not; its arms are measured over the same questions."""
    same = slices["same language"]

    assert (same.questions, same.means["recall@10"]) == (2, 0.5)
    assert (same.intervals["recall@10"].low, same.intervals["recall@10"].high) == (0.0, 1.0)
    assert same.arms["words"]["recall@10"] == 0.5
    assert slices["with a code"].questions == 1


@pytest.mark.parametrize(
    ("text", "length"), [("the printer jams", 3), ("打印机卡纸", 3), ("打印机 LX2 jams", 4), ("", 0), ("เครื่องพิมพ์", 6)]
)
def test_length_is_about_the_number_of_words(text: str, length: int) -> None:
    """Scripts without spaces are counted by two characters."""
    assert length_of(text) == length


def test_a_wrong_guess_does_not_make_a_language() -> None:
    """Where nearly all texts without a language are English, a short one that looks Italian is English too."""
    texts = [*(f"how do I return the order number {n}" for n in range(9)), "pronto menu nuovo", "打印机卡纸"]
    questions = tuple(LabelledQuestion(f"q{n}", text) for n, text in enumerate(texts))
    qrels = {question.id: {"en": 1} for question in questions}

    pairs = language_pairs(LabelledSet("toy", DOCUMENTS, questions, qrels))

    assert (pairs["q9"][0], pairs["q10"][0]) == ("en", "zh")
