"""Do the tests notice changes? Mutates the code of one area and runs its tests against each mutant.

`python -m benchmarks.mutants --area access --limit 60 --out FILE`: mutants are drawn from a seed, the same number from
each module as far as there are so many. A mutant is one small change: a comparison or `and`/`or` turned round, a
condition negated, a number moved by one, a `raise` or a call left out, nothing returned. The score is the share that
makes a test fail.
"""

import argparse
import ast
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACCESS = (
    "retriever/access.py",
    "retriever/api/access.py",
    "retriever/api/gate.py",
    "retriever/api/keyring.py",
    "retriever/store/keys.py",
    "retriever/search/scope.py",
)
ACCESS_TESTS = (
    "tests/api/test_access_matrix.py",
    "tests/api/test_gate.py",
    "tests/api/test_readiness.py",
    "tests/unit/store/test_keys.py",
    "tests/unit/test_access.py",
    "tests/unit/search",
)
MASKING = tuple(
    f"retriever/masking/{name}.py"
    for name in ("cases", "credentials", "folding", "identifiers", "known", "masker", "network", "people", "phones",
                 "places", "rules")
)  # fmt: skip
LIFECYCLE = tuple(
    f"retriever/lifecycle/{name}.py"
    for name in ("ageing", "desk", "merging", "reminding", "reviewing", "rules", "screening", "writing")
)
AREAS = {
    "access": (ACCESS, ACCESS_TESTS),
    "lifecycle": (LIFECYCLE, ("tests/unit/lifecycle", "tests/property/test_lifecycle_machine.py")),
    "masking": (MASKING, ("tests/unit/masking",)),
}
"""Modules and the tests that should notice."""
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

    @property
    def source(self) -> str:
        """The whole new source."""
        tree = ast.parse((ROOT / self.module).read_text(encoding="utf-8"))
        _mutate(list(ast.walk(tree))[self.place], self.choice)
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    original = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for place, node in enumerate(ast.walk(original)):
        for choice in range(2):
            change = _mutate(copy.deepcopy(node), choice)
            if change:
                yield Mutant(module, getattr(node, "lineno", 0), change, place, choice)


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
    if isinstance(node, ast.Return) and node.value is not None:
        node.value = ast.Constant(None)
        return "returns None"
    return ""


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


def survives(mutant: Mutant, folder: Path, tests: Sequence[str]) -> bool:
    """Do all tests pass with the mutant in the place of its module?"""
    target = folder / mutant.module
    before = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_present(folder, tests)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=SECONDS_PER_MUTANT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        target.write_text(before, encoding="utf-8")
    return run.returncode == 0


def _present(folder: Path, tests: Sequence[str]) -> list[str]:
    return [test for test in tests if (folder / test).exists()]


def drawn(modules: Sequence[str], limit: int, seed: int) -> list[Mutant]:
    """Mutants in random order, taken from the modules in turn."""
    chance = random.Random(seed)
    piles = [list(mutants_of(module)) for module in modules]
    for pile in piles:
        chance.shuffle(pile)
    turns = [pile[place] for place in range(max(map(len, piles))) for pile in piles if place < len(pile)]
    return turns[:limit]


def main(argv: Sequence[str] | None = None) -> None:
    """Run, print each survivor, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--area", choices=sorted(AREAS), default="access")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3_600, help="Begin no further mutant after so long.")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(argv)
    modules, tests = AREAS[given.area]
    begin, tried, survivors = time.monotonic(), 0, []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "tree"
        shutil.copytree(
            ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv", ".mypy*", "__pycache__", "results")
        )
        for mutant in drawn(modules, given.limit, given.seed):
            if time.monotonic() - begin > given.seconds:
                break
            tried += 1
            if survives(mutant, folder, tests):
                survivors.append(mutant)
                print(f"survived: {mutant.module}:{mutant.line} {mutant.change}", flush=True)
    result = {
        "area": given.area,
        "mutants": tried,
        "killed": tried - len(survivors),
        "score": round(1 - len(survivors) / max(1, tried), 3),
        "possible": sum(sum(1 for _ in mutants_of(module)) for module in modules),
        "survivors": [{"module": m.module, "line": m.line, "change": m.change} for m in survivors],
    }
    print(json.dumps({name: value for name, value in result.items() if name != "survivors"}))
    if given.out:
        given.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
