"""Bytes become the lines they stand for, whatever their encoding; damage stays within its line."""

import io

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.files import lines as module
from retriever.ingest.files import streams
from retriever.ingest.files.lines import LineReader, TextLine
from retriever.ingest.files.streams import PeekedStream

CHINESE = ["编号,问题,处理结果", "1,打印机卡纸了怎么办,更换滚轮后恢复正常", "2,无法连接网络,重启路由器"]
MIXED = ["id;problem;solution", "1;Drucker hängt;Kabel prüfen", "2;无法连接网络;重启"]


def lines_of(data: bytes, encoding: str = "") -> list[TextLine]:
    """All lines."""
    return list(LineReader(PeekedStream(io.BytesIO(data)), encoding=encoding))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_chinese_is_read_in_every_encoding(encoding: str, ending: str) -> None:
    """The encoding of Chinese text is found without being named."""
    lines = lines_of(ending.join(CHINESE).encode(encoding))
    assert [line.text.rstrip("\r") for line in lines] == CHINESE
    assert [line.number for line in lines] == [1, 2, 3]
    assert not any(line.fault for line in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_text_in_several_languages_is_read(encoding: str) -> None:
    """German and Chinese in one file are told from GB18030."""
    assert [line.text for line in lines_of("\n".join(MIXED).encode(encoding))] == MIXED


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("big5", "印表機卡紙"), ("shift_jis", "用紙が詰まりました"), ("windows-1252", "Straße"), ("utf-16", "x\ny")],
)
def test_a_named_encoding_is_obeyed(encoding: str, text: str) -> None:
    """What is named is not guessed."""
    assert "\n".join(line.text for line in lines_of(text.encode(encoding), encoding)) == text


def test_the_encoding_is_decided_where_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that begins with pages of ASCII and goes on in GB18030 is read."""
    monkeypatch.setattr(streams, "CHUNK", 64)
    texts = [f"row {number}" for number in range(50)] + ["打印机卡纸了怎么办,更换滚轮后恢复正常"] * 3
    reader = LineReader(PeekedStream(io.BytesIO("\n".join(texts).encode("gb18030"))))
    assert [line.text for line in reader] == texts
    assert reader.encoding == "gb18030"


def test_one_damaged_line_leaves_the_others() -> None:
    """A byte that is no UTF-8 marks its own line, with its value and place."""
    lines = lines_of("\n".join(MIXED).encode() + b"\n3;f\xfcr;x\n4;ok;ok\n")
    assert [line.text for line in lines if not line.fault] == [*MIXED, "4;ok;ok", ""][: len(MIXED) + 1]
    (damaged,) = [line for line in lines if line.fault]
    assert damaged.number == 4
    assert "0xfc at position 4" in damaged.fault


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_lone_surrogate_and_a_cut_off_end_are_marked(encoding: str) -> None:
    """UTF-16 damage marks its line, also when the file ends within a character."""
    data = "good one\nbad \ud800 one\nlast".encode(encoding, "surrogatepass")[:-1]
    assert [bool(line.fault) for line in lines_of(data, encoding)] == [False, True, True]


@pytest.mark.parametrize("size", [3, 7, 64, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gb18030"])
def test_lines_do_not_depend_on_how_the_file_is_cut(monkeypatch: pytest.MonkeyPatch, encoding: str, size: int) -> None:
    """Reading in small pieces gives the same lines."""
    monkeypatch.setattr(streams, "CHUNK", size)
    text = "\n".join([*CHINESE, "", *CHINESE, "end"])
    assert "\n".join(line.text for line in lines_of(text.encode(encoding), encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_an_endless_line_is_given_up_alone(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """A line over the limit is marked, and what follows is read with the right numbers."""
    monkeypatch.setattr(streams, "CHUNK", 16)
    monkeypatch.setattr(module, "LINE_LIMIT", 100)
    lines = lines_of(f"first\n{'x' * 500}\nthird\nfourth".encode(encoding), encoding)
    assert [(line.number, line.text) for line in lines if not line.fault] == [
        (1, "first"),
        (3, "third"),
        (4, "fourth"),
    ]
    assert [line.number for line in lines if line.fault] == [2]


def test_lines_may_end_with_a_carriage_return_alone() -> None:
    """The line endings of old Macintosh programs are understood."""
    assert [line.text for line in lines_of(b"a,b\r1,2\r3,4")] == ["a,b", "1,2", "3,4"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"SQLite format 3\x00", "SQLite"),
        (bytes(range(1, 32)) * 20, "no text"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, message: str) -> None:
    """Files of other kinds are refused by name."""
    with pytest.raises(InvalidInput, match=message):
        LineReader(PeekedStream(io.BytesIO(data)))


@pytest.mark.parametrize("encoding", ["klingon", "hex", "utf-8\x00"])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    """A misspelt encoding is an error of the caller."""
    with pytest.raises(InvalidInput, match="is not known"):
        LineReader(PeekedStream(io.BytesIO(b"x")), encoding=encoding)


def test_nothing_has_no_lines() -> None:
    """An empty file is no error."""
    assert lines_of(b"") == []
