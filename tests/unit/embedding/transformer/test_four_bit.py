"""The reader of models in 4 bits: what it reads of a tiny file, and which files it refuses."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retriever.embedding.transformer.four_bit import FourBitFile, read_four_bit
from retriever.errors import ModelUnavailable
from tests.support.four_bit_reference import read_weights
from tests.support.tiny_four_bit import BECOMES, HIDDEN, INNER, LAYERS, PIECES, TinyFile

PATH = Path("tiny.bin")


def test_everything_is_read_as_it_was_written() -> None:
    """Sizes, pieces, characters, floats, and weights of 4 bits one by one."""
    tiny = TinyFile()

    model = FourBitFile(PATH, tiny.content())

    assert (model.shape.hidden, model.shape.layers, model.shape.inner) == (HIDDEN, LAYERS, INNER)
    assert model.shape.epsilon == pytest.approx(tiny.epsilon)
    assert tuple(piece for piece, _ in model.vocabulary.pieces) == PIECES
    assert model.vocabulary.becomes == BECOMES
    assert (model.vocabulary.begin, model.vocabulary.end, model.vocabulary.padding, model.vocabulary.unknown) == (
        0,
        2,
        1,
        3,
    )
    assert model.floats("l1.fi.b", INNER).tobytes() == tiny.tensors["l1.fi.b"]
    expected = read_weights(tiny.tensors["l1.fo.w"], HIDDEN, INNER)
    blocks = model.blocks("l1.fo.w", HIDDEN, INNER)
    np.testing.assert_array_equal(blocks.weights(), expected)
    paired = blocks.paired()
    codes = np.stack((paired & 15, paired >> 4), axis=2).reshape(HIDDEN, INNER).astype(np.float32)
    np.testing.assert_array_equal((codes - 8) * np.repeat(blocks.scales, 32, axis=1), expected)


def _with_size(place: int, value: int) -> Callable[[TinyFile], None]:
    def change(tiny: TinyFile) -> None:
        tiny.sizes[place] = value

    return change


DAMAGE: dict[str, Callable[[TinyFile], None]] = {
    "another kind": lambda tiny: setattr(tiny, "magic", b"GGUF"),
    "a version of tomorrow": lambda tiny: setattr(tiny, "version", 2),
    "a negative width": _with_size(0, -32),
    "a width that heads do not divide": _with_size(2, 5),
    "no layers": _with_size(1, 0),
    "a million layers": _with_size(1, 1_000_000),
    "an inner width between blocks": _with_size(3, 65),
    "more pieces than vectors": _with_size(4, 3),
    "a window without end": _with_size(5, 2**30),
    "no epsilon": lambda tiny: setattr(tiny, "epsilon", float("nan")),
    "other blocks": lambda tiny: setattr(tiny, "block", 64),
    "a mark that is no piece": lambda tiny: setattr(tiny, "marks", (0, 2, 1, 99)),
    "a piece that is no text": lambda tiny: setattr(tiny, "pieces", (*tiny.pieces[:-1], b"\xff\xfe")),
    "a surrogate": lambda tiny: tiny.becomes.update({0xD800: (97,)}),
    "a character beyond Unicode": lambda tiny: tiny.becomes.update({97: (0x110000,)}),
    "tensors beyond the end": lambda tiny: setattr(tiny, "shift", 2**62),
    "tensors that end too late": lambda tiny: setattr(tiny, "shift", 1),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_head_is_refused(kind: str) -> None:
    """Each number that cannot be is told in one line with the name of the file."""
    tiny = TinyFile()
    DAMAGE[kind](tiny)

    with pytest.raises(ModelUnavailable, match=r"^tiny\.bin is damaged: [^\n]+$"):
        FourBitFile(PATH, tiny.content())


def test_a_file_cut_anywhere_is_refused() -> None:
    """Whatever is missing at the end, nothing is made of the rest."""
    content = TinyFile().content()

    for length in (*range(0, 700, 7), *range(700, len(content), 1_009), len(content) - 1):
        with pytest.raises(ModelUnavailable, match=r"tiny\.bin is damaged"):
            FourBitFile(PATH, content[:length])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("l0.q.w", b""),
        ("l0.q.w", b"\0" * 18),
        ("l0.q.w", b"\xff\x7f" + b"\0" * 16),  # a scale that is not a number
        ("l0.q.b", np.full(HIDDEN, np.inf, "<f4").tobytes()),
        ("l0.q.b", b"\0" * 4 * (HIDDEN + 1)),
    ],
)
def test_weights_of_another_size_or_kind_are_refused(name: str, content: bytes) -> None:
    """A tensor that is short, long or not finite is told by its name when it is asked for."""
    tiny = TinyFile()
    repeat = HIDDEN * HIDDEN // 32 if content.startswith(b"\xff") else 1
    tiny.tensors[name] = content * repeat
    model = FourBitFile(PATH, tiny.content())

    with pytest.raises(ModelUnavailable, match=name.replace(".", r"\.")):
        model.blocks(name, HIDDEN, HIDDEN) if name.endswith("w") else model.floats(name, HIDDEN)


def test_weights_that_are_missing_or_of_the_other_kind_are_refused() -> None:
    """Neither a name that is not there nor floats taken for blocks are read."""
    model = FourBitFile(PATH, TinyFile().content())

    with pytest.raises(ModelUnavailable, match=r"l9\.q\.w are missing"):
        model.blocks("l9.q.w", HIDDEN, HIDDEN)
    with pytest.raises(ModelUnavailable, match=r"l0\.q\.w are missing or of another size"):
        model.floats("l0.q.w", HIDDEN, HIDDEN)


def test_only_the_known_file_is_read(tmp_path: Path) -> None:
    """One bit changed, and the file is refused before anything is taken from it; so is one that is not there."""
    content = TinyFile().content()
    path = tmp_path / "tiny.bin"
    path.write_bytes(content)
    known = hashlib.sha256(content).hexdigest()
    assert read_four_bit(path, sha256=known).shape.hidden == HIDDEN

    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelUnavailable, match=r"tiny\.bin is not the file that is known here"):
        read_four_bit(path, sha256=known)
    path.unlink()
    with pytest.raises(ModelUnavailable, match=r"tiny\.bin cannot be read"):
        read_four_bit(path, sha256=known)
