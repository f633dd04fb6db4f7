"""Which labelled sets are fitted on, and which half of each."""

import pytest

from retriever.evaluation.labelled import LabelledQuestion, LabelledSet
from retriever.training.sets import in_first_half, iter_sets, second_half
from tests.support.labelled_sets import WriteSet


@pytest.mark.parametrize(
    ("only", "names"), [((), ["toy", "sample"]), (("toy",), ["toy"]), (("sample",), ["sample"]), (("none",), [])]
)
def test_sets_are_those_named_or_all(write_set: WriteSet, only: tuple[str, ...], names: list[str]) -> None:
    """The folders by name, the sample library last, each with the cases that its documents are."""
    found = list(iter_sets(write_set().parent, only=only))

    assert [labelled.name for labelled, _ in found] == names
    assert all(len(cases) == len(labelled.documents) for labelled, cases in found)


def test_the_halves_share_no_text() -> None:
    """Together they are everything, out-of-scope questions too; a text is in the same half whatever its id."""
    asked = tuple(LabelledQuestion(f"q{number}", f"question {number}") for number in range(40))
    outside = tuple(LabelledQuestion(f"o{number}", f"question {number}") for number in range(40))
    whole = LabelledSet("toy", (), asked, {question.id: {"d": 1} for question in asked}, outside)

    rest = second_half(whole)

    assert 0 < len(rest.questions) < 40
    assert [q.text for q in rest.questions] == [q.text for q in rest.out_of_scope]
    assert {q.id for q in rest.questions} | {q.id for q in asked if in_first_half(q)} == {q.id for q in asked}
    assert rest.qrels.keys() == {q.id for q in rest.questions}
