"""Loops that numpy would need many passes for, compiled by numba: they run without the interpreter's lock.

Compiled code is kept beside the source, or in the user's cache folder, and made again when source or processor differ:
only the first start after an installation waits for it, some seconds.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
from numba.core import types

F = TypeVar("F", bound=Callable[..., Any])

INTS = types.Array(types.int32, 1, "C", readonly=True)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
SHORTS = types.Array(types.uint16, 1, "C", readonly=True)
FLOATS = types.Array(types.float32, 1, "C", readonly=True)
TABLE = types.Array(types.float32, 2, "C", readonly=True)
LONG_TABLE = types.Array(types.int64, 2, "C", readonly=True)
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
LONG = types.int64
"""Argument types; an array that may be written to passes as one that may not."""


def together(*arguments: object) -> object:
    """The type of a tuple of these."""
    result: object = types.Tuple(arguments)  # type: ignore[no-untyped-call]
    return result


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Importing this module fails meanwhile, unless it was imported before."""
    absent = module not in sys.modules
    if absent:
        sys.modules[module] = cast(Any, None)
    try:
        yield
    finally:
        if absent:
            del sys.modules[module]


# numba looks for a BLAS there, which no loop of ours calls and which takes as long to load as numba itself.
with _hidden("scipy.linalg"):
    import numba.np.arraymath


def helper(function: F) -> F:
    """Let compiled functions call this one; it becomes a part of them."""
    return cast(F, numba.njit(error_model="numpy")(function))


def compiled(*arguments: object) -> Callable[[F], F]:
    """Compile a function for these argument types when its module is imported, or load what was compiled before."""

    def compile_(function: F) -> F:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
        try:
            return cast(F, numba.njit([tuple(arguments)], cache=True, **options)(function))
        except RuntimeError:  # no folder in which the result could be kept
            return cast(F, numba.njit([tuple(arguments)], **options)(function))

    return compile_
