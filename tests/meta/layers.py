"""The layers of the house, in one table: `test_architecture.py` enforces it, docs/architecture.md shows it.

`python -m tests.meta.layers` writes the table into that page.
"""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
_BEGIN, _END = "<!-- layers -->", "<!-- end -->"

FLOORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("foundations", ("index", "retriever.errors")),
    ("foundations", ("retriever.domain",)),
    ("foundations", ("retriever.masking", "retriever.config")),
    ("foundations", ("retriever.case", "retriever.telemetry")),
    ("adapters", ("retriever.store", "retriever.embedding")),
    (
        "use cases",
        (
            "retriever.ingest",
            "retriever.arrivals",
            "retriever.lifecycle",
            "retriever.indexing",
            "retriever.search",
            "retriever.evaluation",
        ),
    ),
    ("use cases", ("retriever.sample",)),
    ("wiring", ("retriever.wiring",)),
    ("operations", ("retriever.operations",)),
    ("entry points", ("retriever.api", "retriever.training")),
    ("entry points", ("retriever.cli",)),
    ("entry points", ("scripts", "benchmarks", "examples")),
)
"""From the bottom up. A part imports what lies on lower floors; parts of one floor do not know each other."""

LAYERS = {part: floor for floor, (_, parts) in enumerate(FLOORS) for part in parts}
"""The floor of each part, counted from 0."""


def layers_table() -> str:
    """The table of docs/architecture.md, top floor first."""
    lines = ["| floor | | parts |", "|---|---|---|"]
    for floor, (name, parts) in reversed(list(enumerate(FLOORS))):
        places = ", ".join(f"`{_place_of(part)}`" for part in parts)
        lines.append(f"| {floor} | {name} | {places} |")
    return "\n".join(lines) + "\n"


def _place_of(part: str) -> str:
    place = part.replace(".", "/")
    return f"{place}/" if (PAGE.parents[1] / place).is_dir() else f"{place}.py"


def with_table(page: str) -> str:
    """The text of the page with the table as it is now."""
    before, mark, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return f"{before}{mark}\n{layers_table()}{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
