"""What scripts/install and the image run once, so that no start has to wait for it."""

import ast
import re
from importlib import import_module
from importlib.util import find_spec

from tests.meta.sources import ROOT

_PROGRAM = re.compile(r"python -c '(import index.*)'")


def test_what_is_compiled_ahead_exists() -> None:
    """Both run the same line; its modules and the function it calls are there."""
    programs = [
        _PROGRAM.findall((ROOT / file).read_text(encoding="utf-8")) for file in ("scripts/install", "Dockerfile")
    ]
    (program,) = programs[0]
    imported, called = ast.parse(program).body
    assert isinstance(imported, ast.Import)
    modules = {alias.asname: alias.name for alias in imported.names}
    module, function = ast.unparse(called).removesuffix("()").split(".")

    assert programs[0] == programs[1]
    assert [name for name in modules.values() if find_spec(name) is None] == []
    assert callable(getattr(import_module(modules[module]), function))
