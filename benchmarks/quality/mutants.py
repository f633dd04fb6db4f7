"""Do the tests notice changes? Mutates the code of one area and runs its tests against each mutant.

`python -m benchmarks.quality.mutants --area access --limit 60 --seed 5 --out FILE`: mutants are drawn from a seed, the
same number from each module as far as there are so many. A mutant is one small change: a comparison or `and`/`or`
turned round, a condition negated, a number moved by one, a `raise` or a call left out, nothing returned. Decorators
(`@dataclass(slots=True)`, sizes of caches) and the text of patterns stay as they are. The score is the share that
makes a test fail; a mutant that never ends is noticed too, and counted apart. FILE keeps one entry per area.
"""

import ast
import copy
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.measuring import command_line, require, write_result

ROOT = Path(__file__).parents[2]
ACCESS = (
    "retriever/case/access.py",
    "retriever/api/security/permissions.py",
    "retriever/api/security/gate.py",
    "retriever/api/security/keyring.py",
    "retriever/api/workers.py",
    "retriever/store/keys.py",
    "retriever/search/scope.py",
)
ACCESS_TESTS = (
    "tests/unit/case/test_access.py",
    "tests/unit/api/test_security.py",
    "tests/unit/api/test_workers.py",
    "tests/unit/store/test_keys.py",
    "tests/unit/search/test_scope.py",
    "tests/api/test_gate.py",
    "tests/api/test_overload.py",
    "tests/api/test_readiness.py",
    "tests/api/test_access_matrix.py",
)
MASKING = tuple(
    f"retriever/masking/{name}.py"
    for name in ("cases", "credentials", "folding", "identifiers", "known", "masker", "network", "people", "phones",
                 "places", "rules", "spans", "wordlists")
)  # fmt: skip
LIFECYCLE = (
    *(
        f"retriever/lifecycle/{name}.py"
        for name in ("ageing", "channels", "desk", "history", "merging", "reminding", "reviewing", "rules", "screening",
                     "writing")
    ),
    "retriever/store/reviews.py",
    "retriever/store/transition.py",
)  # fmt: skip
AREAS = {
    "access": (ACCESS, ACCESS_TESTS),
    "lifecycle": (LIFECYCLE, ("tests/unit/lifecycle", "tests/property/test_lifecycle_machine.py")),
    "masking": (MASKING, ("tests/unit/masking",)),
}
"""Modules and the tests that should notice."""
LIBRARIES = (
    "faiss", "fastapi.testclient", "httpx", "hypothesis.stateful", "limits.strategies", "numpy", "orjson", "pytest",
    "phonenumbers", "prometheus_client", "pydantic_settings", "sqlite_utils", "stdnum.iban", "structlog",
)  # fmt: skip
SECONDS_PER_MUTANT = 120
_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed module: where and what is done; `place` numbers the node in the order of `ast.walk`."""

    module: str
    line: int
    change: str
    place: int
    choice: int

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.change}"

    @property
    def source(self) -> str:
        """The whole new source."""
        tree = ast.parse((ROOT / self.module).read_text(encoding="utf-8"))
        _mutate(list(ast.walk(tree))[self.place], self.choice)
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    original = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    spared = {id(node) for node in _within_decorators(original)}
    for place, node in enumerate(ast.walk(original)):
        for choice in range(2) if id(node) not in spared else ():
            change = _mutate(copy.deepcopy(node), choice)
            if change:
                yield Mutant(module, getattr(node, "lineno", 0), change, place, choice)


def _within_decorators(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            yield from ast.walk(decorator)


def _mutate(node: ast.AST, choice: int) -> str:  # noqa: PLR0911  one line per kind
    """Change a node in place; what was done, empty when there is nothing to do here."""
    if choice:
        return _leave_out(node)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED:
        before, after = type(node.ops[0]), _SWAPPED[type(node.ops[0])]
        node.ops[0] = after()
        return f"{before.__name__} -> {after.__name__}"
    if isinstance(node, ast.BoolOp):
        before_op = type(node.op).__name__
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        return f"{before_op} turned"
    if isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return "condition negated"
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
        return "constant changed"
    if isinstance(node, ast.Return) and node.value is not None and not _is_nothing(node.value):
        node.value = ast.Constant(None)
        return "returns None"
    return ""


def _is_nothing(value: ast.expr) -> bool:
    """`None` itself, and `False`, which becomes `True` already."""
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)


def _leave_out(node: ast.AST) -> str:
    """Replace the first `raise` or bare call in a block by nothing."""
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return ""
    for place, statement in enumerate(body):
        is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        if isinstance(statement, ast.Raise) or is_call:
            body[place] = ast.Pass()
            return f"line {statement.lineno} left out"
    return ""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed_out"
    SURVIVED = "survived"


def fate_of(mutant: Mutant, folder: Path, tests: Sequence[str]) -> Fate:
    """Run the tests with the mutant in the place of its module."""
    target = folder / mutant.module
    before = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    try:
        return Fate.SURVIVED if pass_in(folder, tests) else Fate.KILLED
    except TimeoutError:
        return Fate.TIMED_OUT
    finally:
        target.write_text(before, encoding="utf-8")


def pass_in(folder: Path, tests: Sequence[str]) -> bool:
    """Do all tests pass in this tree? Raises TimeoutError.

    In a child of this process, which has the libraries in memory already and imports nothing of the project itself.
    """
    child = os.fork()
    if not child:
        os._exit(_tested(folder, tests))
    end = time.monotonic() + SECONDS_PER_MUTANT
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise TimeoutError


def _tested(folder: Path, tests: Sequence[str]) -> int:
    """The exit status of pytest in a tree, without its output."""
    status = 1
    # Whatever a mutant breaks, the child must end here and not go on as if it were the parent.
    with suppress(BaseException):
        import pytest  # noqa: PLC0415  only a child runs tests

        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(folder)
        sys.path[:] = [str(folder), *(place for place in sys.path if Path(place).resolve() != ROOT)]
        sys.dont_write_bytecode = True
        options = ["-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        status = int(pytest.main([*options, *tests]))
    return status


def preload() -> None:
    """Import what tests need of other people's code, once for all mutants."""
    for name in LIBRARIES:
        importlib.import_module(name)


def drawn(modules: Sequence[str], limit: int, seed: int) -> list[Mutant]:
    """Mutants in random order, taken from the modules in turn."""
    chance = random.Random(seed)
    piles = [list(mutants_of(module)) for module in modules]
    for pile in piles:
        chance.shuffle(pile)
    turns = [pile[place] for place in range(max(map(len, piles))) for pile in piles if place < len(pile)]
    return turns[:limit]


def measured(area: str, limit: int, seed: int, seconds: float) -> dict[str, object]:
    """Try so many mutants of an area, begin none after so many seconds; counts, score and survivors.

    Raises SystemExit when the tests fail without any mutant: they would seem to notice everything.
    """
    modules, tests = AREAS[area]
    preload()
    begin, fates = time.monotonic(), dict[Mutant, Fate]()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "tree"
        shutil.copytree(
            ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv", ".mypy*", "__pycache__", "results")
        )
        if not pass_in(folder, tests):
            raise SystemExit(f"the tests of {area} fail as they are: {', '.join(tests)}")
        for mutant in drawn(modules, limit, seed):
            if time.monotonic() - begin > seconds:
                break
            fates[mutant] = fate_of(mutant, folder, tests)
            print(f"{fates[mutant]}: {mutant}", file=sys.stderr, flush=True)
    counts = {fate: sum(found is fate for found in fates.values()) for fate in Fate}
    return {
        "seed": seed,
        "possible": sum(sum(1 for _ in mutants_of(module)) for module in modules),
        "mutants": len(fates),
        **{str(fate): count for fate, count in counts.items()},
        "score": round(1 - counts[Fate.SURVIVED] / max(1, len(fates)), 3),
        "survivors": [str(mutant) for mutant, fate in fates.items() if fate is Fate.SURVIVED],
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Try mutants of one area, print the result and add it to the file."""
    parser = command_line(__doc__)
    parser.add_argument("--area", choices=sorted(AREAS), default="access")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3_600, help="Begin no further mutant after so long.")
    given = parser.parse_args(argv)
    require("pytest", "hypothesis", extra="test")
    result = measured(given.area, given.limit, given.seed, given.seconds)
    print(json.dumps(result, indent=2))
    if given.out:
        known = json.loads(given.out.read_text(encoding="utf-8")) if given.out.exists() else {}
        write_result(given.out, dict(sorted((known | {given.area: result}).items())))


if __name__ == "__main__":
    main()
