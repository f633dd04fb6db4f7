"""Names that the operator lists: found without any cue, in every spelling of their words; a wrong list is told."""

import time

import pytest

from retriever.errors import InvalidInput
from retriever.masking import KnownEntities, mask_text
from retriever.masking.listed import LONGEST_NAME, MOST_NAMES, parse_names
from tests.support.examples import pairs

NAMES = """# our regulars
Zofia
Amélie Vauquelin
Jan van der Heuvel   # the one in Delft
钱多多
田村ゆかり

[companies]
Contoso Traders
Brightwater
[people]
Okonkwo-Bright
"""
FOUND = r"""
zofia says no => zofia
that was ZOFIA again => ZOFIA
amelie vauquelin wrote => amelie vauquelin
Vauquelin, Amélie wrote => Vauquelin, Amélie
mail of Amélie-Vauquelin failed => Amélie-Vauquelin
ask Jan van  der Heuvel about it => Jan van  der Heuvel
昨天钱多多说不行 => 钱多多
田村ゆかりが言った => 田村ゆかり
okonkwo bright knows => okonkwo bright
"""


def masked(text: str) -> str:
    """The text under this list."""
    return mask_text(text, KnownEntities(listed=parse_names(NAMES))).text


@pytest.mark.parametrize(("text", "name"), pairs(FOUND))
def test_a_listed_name_is_taken(text: str, name: str) -> None:
    """Whatever its case, accents, order and the space between its words."""
    assert masked(text) == text.replace(name, "[PERSON_1]")


def test_companies_are_told_apart() -> None:
    """Below their heading."""
    assert masked("contoso  traders and Brightwater") == "[COMPANY_1] and [COMPANY_2]"


@pytest.mark.parametrize(
    "text", ["Zofias", "Amélie", "Vauquelin", "Jan Heuvel", "Contoso", "钱多", "Amélie went. To Vauquelin"]
)
def test_half_a_name_and_longer_words_stay(text: str) -> None:
    """Only whole names, one word after the other."""
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [("Ok\nab", "line 1"), ("fine\n" + "x" * (LONGEST_NAME + 1), "line 2"), ("abc\n李", "line 2"), ("...", "line 1")],
)
def test_a_wrong_list_is_told_by_line(text: str, told: str) -> None:
    """Names too short to be told from words, or too long."""
    with pytest.raises(InvalidInput, match=told):
        parse_names(text)


def test_a_list_has_an_end() -> None:
    """More names than a list may hold are refused."""
    with pytest.raises(InvalidInput, match="more than"):
        parse_names("\n".join(f"name{number}" for number in range(MOST_NAMES + 1)))


def test_a_long_list_costs_no_more_than_a_short_one() -> None:
    """Words are looked up: a thousand times the names take less than four times the time."""
    text = "the printer in hall nine jams when anna maria prints " * 400
    short, long = (parse_names("\n".join(f"anna maria x{number}" for number in range(size))) for size in (30, 30_000))

    assert _seconds(text, long) < max(0.1, 4 * _seconds(text, short))


def _seconds(text: str, listed: tuple[object, ...]) -> float:
    known = KnownEntities(listed=listed)
    mask_text(text, known)
    begin = time.process_time()
    mask_text(text, known)
    return time.process_time() - begin


def test_a_short_name_at_the_end_is_not_taken_for_a_longer_one() -> None:
    """Of 王明 and 王明华华 the shorter stands last: it is masked, and nothing beyond the text is asked for."""
    known = KnownEntities(listed=parse_names("王明华华\n王明"))

    assert mask_text("来电人王明", known).text == "来电人[PERSON_1]"
