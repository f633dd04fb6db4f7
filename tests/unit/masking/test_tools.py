"""What rules are made of: the folded text, cues, word lists, and the functions that decide on one value."""

import string
import unicodedata

import pytest

from retriever.masking import mask_text, phones
from retriever.masking.folding import MARK, fold
from retriever.masking.identifiers import is_resident
from retriever.masking.network import looks_like_token
from retriever.masking.papers import passes
from retriever.masking.people import name_length
from retriever.masking.rules import Cue, with_any
from retriever.masking.spans import KnownEntities
from retriever.masking.wordlists import any_of

FULL_WIDTH = string.digits + string.ascii_letters + "@+-._/#%&="


def before(text: str, cue: Cue) -> bool:
    """Is the end of the text announced?"""
    return cue.before(fold(text), len(text))


def test_full_width_signs_become_ascii() -> None:
    """Digits, letters and the signs of addresses; commas, colons and brackets stay, for they end an address."""
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in FULL_WIDTH)

    assert fold(wide).text == FULL_WIDTH
    assert fold("，：；［］｛｝（）！？｀").text == "，：；［］｛｝（）！？｀"


def test_digits_of_every_script_become_ascii() -> None:
    """All of them, up to the last one of Unicode."""
    digits = [chr(code) for code in range(0x80, 0x20000) if unicodedata.category(chr(code)) == "Nd"]

    assert fold("".join(digits)).text == "".join(str(unicodedata.decimal(sign)) for sign in digits)


def test_spaces_and_dashes_have_one_spelling() -> None:
    """Every width of space is a space; what has no width goes, and positions lead back to the original."""
    spaces = "".join(map(chr, range(0x2000, 0x200B))) + "\u00a0\u1680\u202f\u205f\u3000"
    folded = fold("a\u200bb\u2013\ufeffc")

    assert fold(spaces).text == " " * len(spaces)
    assert folded.text == "ab-c"
    assert [(folded.start_of(place), folded.end_of(place)) for place in range(4)] == [(0, 1), (2, 3), (3, 4), (5, 6)]


def test_the_lower_text_has_the_length_of_the_text() -> None:
    """The one letter whose small form is longer becomes an i, and the letters around it are small, too."""
    text = "@" + string.ascii_uppercase + "[İÜ"

    assert fold(text).lower == "@" + string.ascii_lowercase + "[iü"
    assert fold("ÄB").lower == "äb"


@pytest.mark.parametrize(
    ("text", "has_digit", "has_han"),
    [("abc", False, False), ("é1", True, False), ("é中", False, True), ("中9", True, True), ("９", True, False)],
)
def test_what_a_text_holds(text: str, has_digit: bool, has_han: bool) -> None:
    """Digits of any script count; accents make no Chinese text."""
    assert (fold(text).has_digit, fold(text).has_han) == (has_digit, has_han)


def test_a_marked_passage_is_one_sign() -> None:
    """Its offsets are those of the whole passage, also when it holds another one."""
    once = fold("ab cd ef").marked([(0, 2), (3, 5)])
    twice = once.marked([(0, 3)])

    assert (once.text, twice.text) == (f"{MARK} {MARK} ef", f"{MARK} ef")
    assert [(once.start_of(place), once.end_of(place)) for place in range(3)] == [(0, 2), (2, 3), (3, 5)]
    assert (twice.start_of(0), twice.end_of(0), twice.start_of(1), twice.end_of(3)) == (0, 5, 5, 8)


@pytest.mark.parametrize(
    ("text", "announced"),
    [
        ("phone", True),
        ("phone: ", True),
        ("phone is no num ", True),
        ("phone is no num nr ", False),
        ("phone" + " " * 43, True),
        ("phone" + " " * 44, False),
        ("telephone", False),
        ("请phone", True),
        ("\u2e80phone", True),
        ("x电话", True),
        ("phone rang", False),
    ],
)
def test_what_may_stand_between_a_cue_and_its_value(text: str, announced: bool) -> None:
    """Signs and up to three fillers within 48 signs; a word of an alphabet counts only as a whole."""
    cue = Cue(("phone", "电话"), between=(" is", " no", " num", " nr"))

    assert before(text, cue) is announced


def test_quick_looks_find_words_anywhere() -> None:
    """In any case of letters."""
    assert Cue(("phone",)).in_text(fold("a TELEPHONE")) is True
    assert Cue(("phone",)).in_text(fold("a call")) is False
    assert [with_any("x", "y")(fold(text)) for text in ("aYb", "ab")] == [True, False]


def test_longer_alternatives_come_first() -> None:
    """Or a pattern would stop at the shorter word; signs of patterns are taken as they are."""
    lengths = [len(word) for word in any_of("rooms").replace("\\", "").split("|")]

    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[-1]
    assert r"\." in any_of("titles")


@pytest.mark.parametrize(
    ("segment", "is_one"),
    [
        ("aB3dE6gH9jK2mN5pQ8sT", True),
        ("aB3dE6gH9jK2mN5pQ8s", False),
        ("aBcdEfgHijKlmNopQr12", True),
        ("aBcdEfgHijKlmNopQrs1", False),
        ("ab3de6gh9jk2mn5pq8st", False),
        ("AB3DE6GH9JK2MN5PQ8ST", False),
        ("docs-aB3dE6gH9jK2mN5pQ8sT", True),
        ("aB3dE6gH9jK-2mN5pQ8sT", False),
        ("aB12" * 500, True),
        ("aB12" * 500 + "x", False),
    ],
)
def test_how_a_token_looks(segment: str, is_one: bool) -> None:
    """20 to 2,000 signs without a break, small and capital letters, two digits."""
    assert looks_like_token(segment) is is_one


@pytest.mark.parametrize(
    ("text", "risky", "length"),
    [
        ("张三", False, 2),
        ("张三丰收", False, 3),
        ("张三的", False, 2),
        ("张的", False, 0),
        ("张A", False, 0),
        ("张\u4e00", False, 2),
        ("张\u9fff", False, 2),
        ("的三", True, 0),
        ("欧阳明月夜", False, 4),
        ("欧阳", False, 0),
        ("万国", False, 0),
        ("万国", True, 2),
        ("", True, 0),
    ],
)
def test_how_long_a_chinese_name_is(text: str, risky: bool, length: int) -> None:
    """A surname and one or two signs; surnames that are everyday words only where a name is expected."""
    assert name_length(text, risky=risky) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("+1 415 555 2671", 15),
        ("+1 415 555 2671 2024", 15),
        ("+1 415 555 2671 2 0 24", 15),
        ("+15551234567", 12),
        ("+4311234567", 0),
        ("+43 1123 4567", 13),
        ("+999 1234 5678", 0),
        ("+371 2111 111", 0),
    ],
)
def test_how_much_is_an_international_number(text: str, length: int) -> None:
    """Up to three groups that follow are left; what no plan knows must at least be possible and look like one."""
    assert phones.phone_length(text) == length


def test_what_there_is_no_time_to_look_up_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is full of candidates gets the rest of them masked."""
    monkeypatch.setattr(phones, "LOOKUPS", 1)

    assert mask_text("+4311234567, +4311234568, +4311234569").text == "+4311234567, [PHONE_1], [PHONE_2]"


def test_decisions_on_numbers_are_yes_or_no() -> None:
    """Whatever the validator gives or raises."""
    assert (passes(lambda _: "yes", "1"), passes(lambda _: None, "1")) == (True, False)
    assert is_resident("110105 19491231-002x") is True
    for wrong in ("11010519491231002", "110105194912310021", "110105194913310020", "x"):
        assert is_resident(wrong) is False


def test_a_longer_known_name_is_not_cut() -> None:
    """Of two people the one whose whole name stands there is taken."""
    masked = mask_text("anna maria berg", KnownEntities(names=("Anna Maria", "Anna Maria Berg")))

    assert masked.text == "[PERSON_1]"
