"""Long lines fall into parts: where records begin, around codes, and where words end."""

import pytest

from retriever.search.long_lines import AROUND, LONG, LONGEST_PART, code_tokens, pieces_of, records_of

FILL = "lorem ipsum dolor sit amet " * 20


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("INFO a " * 40, 40),
        ("2026-03-04T05:06:07Z served " * 20, 20),
        ("[2026-03-04 05:06:07] served " * 20, 20),
        ('{"a":1,"message":"served"},' * 20, 20),
        ("at com.shop.Dao.step(Dao.java:7) " * 20, 20),
        ("first line\\n" * 20, 20),
        ("INFO a " * 4, 1),
        (FILL, 1),
        ("\n".join(["INFO a INFO b"] * 3), 3),
    ],
)
def test_a_long_line_falls_where_a_record_begins(text: str, count: int) -> None:
    """Short lines and prose stay whole, and nothing is lost."""
    lines = list(records_of(text))

    assert len([line for line in lines if line]) == count
    assert "".join(lines) == text.replace("\n", "")


@pytest.mark.parametrize("around", [FILL, "三楼会议室的投影仪打不开" * 40, "x" * 500, "a,b," * 100])
def test_a_piece_is_bounded_and_nothing_is_lost(around: str) -> None:
    """Whatever the text consists of, each piece has at most so many characters; a code stands in a short one."""
    pieces = list(pieces_of(f"{around} E-05 {around}", {"#e05"}))
    holding = [piece for piece in pieces if "E-05" in piece]

    assert max(map(len, pieces)) <= LONGEST_PART
    assert len(holding) == 1 and len(holding[0]) <= 2 * AROUND + len("E-05")
    assert "".join("".join(pieces).split()) == "".join(f"{around}E-05{around}".split())


def test_a_short_part_stays_whole() -> None:
    """A code in it changes nothing."""
    part = ("the pump shows E-05 " * 20)[: LONG - 1]

    assert list(pieces_of(part, {"#e05"})) == [part]


def test_codes_that_say_something_alone() -> None:
    """Sizes, times, dates and versions are none; a number after a word for code is."""
    assert code_tokens("ORA-00942 at 10:30 on 2026-03-04, 12ms, 0x80070057, v3.2, error 404") == {
        "#ora00942": "ORA-00942",
        "#0x80070057": "0x80070057",
        "#404": "404",
    }
