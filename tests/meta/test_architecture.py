"""The rules of docs/architecture.md that a program can check: layers, homes of heavy libraries, cycles, sizes."""

import ast
import re

import pytest

from tests.meta.layers import LAYERS, PAGE, with_table
from tests.meta.sources import MODULES, ROOT, imports, tree

HOMES = {
    "faiss": ("index.vectors",),
    "sqlite_utils": ("retriever.store",),
    "sqlite3": ("retriever.store",),
    "fastapi": ("retriever.api",),
    "starlette": ("retriever.api",),
    "uvicorn": ("retriever.api",),
    "torch": ("retriever.embedding.transformer", "retriever.training"),
    "sentence_transformers": ("retriever.embedding.transformer", "retriever.training"),
    "transformers": ("retriever.embedding.transformer", "retriever.training"),
    "onnxruntime": ("retriever.embedding.transformer",),
    "openvino": ("retriever.embedding.transformer",),
    "ir_measures": ("retriever.evaluation", "retriever.training"),
    "typer": ("retriever.cli",),
    "rich": ("retriever.cli", "retriever.training", "scripts"),
    "chardet": ("retriever.ingest.files.legacy",),
    "ijson": ("retriever.ingest.files.json_records",),
    "openpyxl": ("retriever.ingest.files",),
    "selectolax": ("retriever.ingest.cleaning",),
    "numba": ("index.compiled",),
    "pyroaring": ("index.keys",),
    "pickle": (),
}
MAX_FILE_LINES = 420
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 8


def part_of(module: str) -> str | None:
    """The longest layer name that the module belongs to."""
    names = [name for name in LAYERS if module == name or module.startswith(name + ".")]
    return max(names, key=len) if names else None


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_point_down(module: str) -> None:
    """No module imports a part of its own height or above, its own part excepted."""
    part = part_of(module)
    if part is None:
        assert module in ("retriever",), f"{module} has no layer: add it to LAYERS"
        return
    wrong = [
        name for name in imports(module) if (other := part_of(name)) and other != part and LAYERS[other] >= LAYERS[part]
    ]

    assert wrong == []


def test_the_page_shows_the_layers() -> None:
    """docs/architecture.md holds the table that is enforced here."""
    page = PAGE.read_text(encoding="utf-8")

    assert "<!-- layers -->" in page
    assert with_table(page) == page


def test_the_page_tells_of_every_room() -> None:
    """Each folder that has a layer, and each folder of `index`, has a row that says what it owns."""
    told = re.findall(r"`([\w/]+)/`(?=[^|]*\|[^|]+\|$)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rooms = {part.replace(".", "/") for part in LAYERS} | {
        name.replace(".", "/") for name in MODULES if name.startswith("index.")
    }

    assert sorted(room for room in rooms if (ROOT / room).is_dir() and room not in told) == []


@pytest.mark.parametrize("library", HOMES)
def test_heavy_libraries_live_in_one_place(library: str) -> None:
    """A heavy or dangerous library is imported only by its home, benchmarks excepted."""
    strangers = [
        module
        for module in MODULES
        if not module.startswith(("benchmarks", *HOMES[library]))
        and any(name.split(".")[0] == library for name in imports(module))
    ]

    assert strangers == []


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("retriever.cli.commands.")])
def test_commands_import_no_store_no_index_and_no_other_command(module: str) -> None:
    """A command parses, calls an operation and prints; lazy imports and those for types count."""
    barred = ("retriever.store", "index", "retriever.cli.commands")

    assert [name for name in imports(module) if f"{name}.".startswith(tuple(f"{part}." for part in barred))] == []


def test_there_are_no_import_cycles() -> None:
    """The import graph, lazy imports counted, has no cycle."""
    graph = {module: {name for name in imports(module) if name in MODULES and name != module} for module in MODULES}
    while leaves := [module for module, needs in graph.items() if not needs & graph.keys()]:
        for leaf in leaves:
            del graph[leaf]

    assert sorted(graph) == []


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_are_small(module: str) -> None:
    """Files, functions and parameter lists stay within the house's limits."""
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    too_long = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            start = (first.end_lineno or 0) + 1 if documented and len(node.body) > 1 else first.lineno
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            named = [argument for argument in arguments if argument.arg not in ("self", "cls")]
            if (node.end_lineno or 0) - start + 1 > MAX_FUNCTION_LINES or len(named) > MAX_PARAMETERS:
                too_long.append(node.name)

    assert lines <= MAX_FILE_LINES
    # A command's parameters are its flags; typer reads them off the function.
    assert too_long == [] or module.startswith("retriever.cli")


def test_the_index_knows_nothing_of_the_service() -> None:
    """`index` never imports `retriever`."""
    names = [name for module in MODULES if module.split(".")[0] == "index" for name in imports(module)]

    assert [name for name in names if name.split(".")[0] == "retriever"] == []
