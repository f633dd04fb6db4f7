"""Rules that keep the house in order: rooms, names, sizes of classes, and budgets that only fall."""

import ast
import io
import tokenize
from collections import defaultdict
from pathlib import Path

import pytest

from tests.meta.sources import MODULES, ROOT, imports, tree

MAX_CLASS_LINES = 200
MAX_PUBLIC_METHODS = 12
LOOSE = ("domain", "errors", "config", "telemetry")
"""The only modules that lie directly in `retriever/`."""
MAY_READ_SETTINGS = ("retriever.wiring", "retriever.operations", "retriever.training", "retriever.api", "retriever.cli")
"""Parts that may import `retriever.config`: everything below gets plain values."""
LARGE_CLASSES: dict[str, str] = {}
"""Classes beyond the limits, each with its reason."""
SAME_NAMES: dict[str, str] = {
    "FloatMatrix": "index/ imports nothing of retriever/, and retriever/domain.py imports nothing of the project",
}
"""Names of public classes that stand in two modules, each with its reason."""
BUDGETS = {"noqa": 100, "fmt: skip": 44, "type: ignore": 10}
"""How many of these comments the product may hold. Falling only: lower a number when you have taken some away."""

PRODUCT = {name: path for name, path in MODULES.items() if name.startswith(("retriever", "index"))}


def test_only_a_few_modules_lie_loose() -> None:
    """Everything else of `retriever/` lies in a room."""
    loose = {path.stem for path in (ROOT / "retriever").glob("*.py")} - {"__init__"}

    assert loose == set(LOOSE)


@pytest.mark.parametrize("module", PRODUCT)
def test_only_the_edges_read_settings(module: str) -> None:
    """Inner code gets plain values, so that it can be used, and tested, without settings."""
    if module.startswith(MAY_READ_SETTINGS) or module == "retriever.config":
        return

    assert "retriever.config" not in set(imports(module))


def test_one_name_is_one_thing() -> None:
    """A public class or type alias is defined once in the product, or listed with the reason."""
    homes = defaultdict(list)
    for module in PRODUCT:
        for name in defined_names(module):
            homes[name].append(module)
    twice = {name: where for name, where in homes.items() if len(where) > 1 and name not in SAME_NAMES}

    assert twice == {}


def defined_names(module: str) -> list[str]:
    """Public classes and type aliases of a module."""
    names = []
    for node in tree(module).body:
        if isinstance(node, ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            names.append(ast.unparse(node.target))
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("module", PRODUCT)
def test_classes_are_small(module: str) -> None:
    """At most 200 lines and 12 public methods, or listed with the reason."""
    large = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ClassDef) and node.name not in LARGE_CLASSES:
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
            public = [method for method in methods if not method.name.startswith("_")]
            if (node.end_lineno or 0) - node.lineno + 1 > MAX_CLASS_LINES or len(public) > MAX_PUBLIC_METHODS:
                large.append(f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines, {len(public)} methods")

    assert large == []


@pytest.mark.parametrize("kind", BUDGETS)
def test_exceptions_from_the_rules_do_not_grow(kind: str) -> None:
    """Comments that switch a check off stay within a budget, which is lowered when some go."""
    count = sum(comment.count(kind) for path in PRODUCT.values() for comment in comments(path))

    assert BUDGETS[kind] - 5 <= count <= BUDGETS[kind]


def comments(path: Path) -> list[str]:
    """The comments of a source file."""
    reader = io.StringIO(path.read_text(encoding="utf-8")).readline
    return [token.string for token in tokenize.generate_tokens(reader) if token.type == tokenize.COMMENT]


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.stem)
def test_no_test_imports_another(path: Path) -> None:
    """What tests share lies in tests/support, so that each test file can be read, moved and run alone."""
    named = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            named.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            named += [alias.name for alias in node.names]
    named = [name for name in named if name.startswith((".", "tests."))]

    assert [name for name in named if not name.startswith(("tests.support", "tests.meta"))] == []
