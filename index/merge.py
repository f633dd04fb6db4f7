"""What a new index takes over from an older one: the rows of keys that stay, with fresh rows among them by key."""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.keys import KeyArray
from index.types import Flags

Offsets: TypeAlias = NDArray[np.int64]
"""Where each list begins in one array of all lists, and the end of the last; (lists + 1,)."""
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class RowMerge:
    """How old and fresh rows make the new ones. Rows of all three are in ascending order of key."""

    keys: KeyArray
    """Keys of the new rows."""
    kept: Flags
    """(old rows,) which of them stay."""
    fresh: Flags
    """(new rows,) which of them are fresh ones; the others are old ones that stay."""

    @property
    def old_rows(self) -> NDArray[np.int32]:
        """(old rows,) the new row of each old one, -1 where it goes."""
        rows = np.full(len(self.kept), -1, np.int32)
        rows[self.kept] = np.flatnonzero(~self.fresh)
        return rows

    @property
    def fresh_rows(self) -> NDArray[np.int32]:
        """(fresh rows,) the new row of each fresh one."""
        return np.flatnonzero(self.fresh).astype(np.int32)

    def join(self, old: NDArray[T], fresh: NDArray[T]) -> NDArray[T]:
        """One array by new row from one by old row and one by fresh row; of the type of `old`."""
        joined = np.empty((len(self.fresh), *old.shape[1:]), old.dtype)
        joined[self.fresh] = fresh
        joined[~self.fresh] = old[self.kept]
        return joined

    def join_lists(
        self, old: tuple[Offsets, NDArray[T]], fresh: tuple[Offsets, NDArray[T]]
    ) -> tuple[Offsets, NDArray[T]]:
        """`join` where each row owns a list of values: offsets and values of the new rows."""
        old_sizes, fresh_sizes = np.diff(old[0]), np.diff(fresh[0])
        sizes = self.join(old_sizes, fresh_sizes)
        values = RowMerge(self.keys, np.repeat(self.kept, old_sizes), np.repeat(self.fresh, sizes))
        return np.concatenate(([0], np.cumsum(sizes))), values.join(old[1], fresh[1])


def plan_merge(old: KeyArray, gone: KeyArray, fresh: KeyArray) -> RowMerge:
    """Rows of `old` keys but for those that are `gone`, and rows of `fresh` keys; `old` and `fresh` are ascending.

    A changed case is gone and fresh. ValueError when a fresh key is among those that stay, or keys do not ascend.
    """
    kept = ~np.isin(old, gone)
    staying = old[kept]
    places = np.searchsorted(staying, fresh)
    keys = np.insert(staying, places, fresh)
    if bool(np.any(keys[1:] <= keys[:-1])):
        raise ValueError("fresh keys must ascend and differ from those that stay")
    is_fresh = np.zeros(len(keys), np.bool_)
    is_fresh[places + np.arange(len(fresh))] = True
    return RowMerge(keys, kept, is_fresh)
