"""Normal forms: those of Unicode, with an end to runs of combining marks."""

import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.normal import MOST_MARKS, Form, normalise


@given(st.text(st.characters(exclude_characters="\ufdfa\ufdfb"), max_size=25), st.sampled_from(get_args(Form)))
def test_text_with_few_marks_is_in_the_form_of_unicode(text: str, form: Form) -> None:
    """Nothing is lost of what people write."""
    assert normalise(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("mark", ["\u0301", "\u0323", "\u0e38"])
def test_of_a_longer_run_only_the_first_marks_stay(mark: str) -> None:
    """Thirty after each letter; signs that are no marks may come in any number."""
    text = f"a{mark * 100}b{mark * 3}" + "。" * 100

    assert normalise("NFD", text) == f"a{mark * MOST_MARKS}b{mark * 3}" + "。" * 100


@pytest.mark.parametrize("form", ["NFKC", "NFKD"])
def test_no_text_grows_much(form: Form) -> None:
    """A limit on a text holds for its normal form, too, but for a small factor."""
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    assert max(len(normalise(form, char)) for char in every) <= 10
    assert normalise(form, "a\ufdfab") == "a b"
