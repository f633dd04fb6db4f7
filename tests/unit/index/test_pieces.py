"""Word pieces of cases: kept by key, counted, saved."""

from pathlib import Path

import numpy as np
import pytest

from index.keys import KeySet
from index.pieces import FreshPieces, build_pieces, load_pieces, rarity

KEYS = np.array([2, 5, 9], np.int64)
LISTS = [np.array(ids, np.int32) for ids in ([7, 7, 1], [], [1, 3])]


def test_pieces_come_back_by_key(tmp_path: Path) -> None:
    """In the order asked, none for unknown keys, also after saving."""
    build_pieces(KEYS, LISTS).save(tmp_path)

    pieces = load_pieces(tmp_path)

    assert [ids.tolist() for ids in pieces.of(np.array([9, 4, 2, 5, 99]))] == [[1, 3], [], [7, 7, 1], [], []]
    assert len(pieces) == 3


def test_a_piece_counts_once_for_each_case() -> None:
    """Repetition within a case does not make a piece frequent; unknown pieces count 0."""
    pieces = build_pieces(KEYS, LISTS)

    assert pieces.count(np.array([1, 3, 7, 0, 500], np.int32)).tolist() == [2, 1, 1, 0, 0]


def test_counts_follow_changes() -> None:
    """What came is added, what went is taken away, and the state before stays as it is."""
    before = FreshPieces().with_changes(dict(zip(KEYS.tolist(), LISTS, strict=True)), KeySet())

    after = before.with_changes({4: np.array([3, 900], np.int32)}, KeySet([2]))

    assert after.count(np.array([1, 3, 7, 900], np.int32)).tolist() == [1, 2, 0, 1]
    assert before.count(np.array([1, 3, 7, 900], np.int32)).tolist() == [2, 1, 1, 0]
    assert [ids.tolist() for ids in after.of(np.array([4, 2, 9]))] == [[3, 900], [], [1, 3]]


def test_rare_pieces_weigh_more() -> None:
    """The fewer cases, the higher the idf; never negative."""
    weights = rarity(np.array([0, 1, 50, 100, 120]), 100)

    assert (np.diff(weights) <= 0).all()
    assert (weights > 0).all()


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    """Offsets that do not fit the pieces are an error, and so is a list too few."""
    build_pieces(KEYS, LISTS).save(tmp_path)
    np.save(tmp_path / "pieces_ids.npy", np.array([1], np.int32))

    with pytest.raises(ValueError, match="fit together"):
        load_pieces(tmp_path)
    with pytest.raises(ValueError, match="3 keys but 1"):
        build_pieces(KEYS, LISTS[:1])
