"""Every help desk's own export becomes the cases it should, and what becomes none is counted by reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.exports import open_export
from retriever.ingest.rows import AnyRow, CaseRow
from retriever.ingest.sources.generic import load_source_map
from retriever.ingest.sources.registry import SourceMapping, get_source
from retriever.ingest.sources.ticket import SkipReason, choose_answer

FIXTURES = Path(__file__).parents[2] / "fixtures" / "importers"
MAPS = Path(__file__).parents[3] / "docs" / "maps"
EXPECTED: dict[str, list[Any]] = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))


def mapping_of(folder: str) -> SourceMapping:
    """The mapping that the exports of a folder are read with."""
    if folder != "generic":
        return get_source(folder.removesuffix("_csv"))
    loaded = load_source_map(MAPS / "fxiaoke.toml")
    assert loaded is not None
    return loaded.mapping()


def read(path: Path, mapping: SourceMapping) -> Iterator[AnyRow]:
    """The rows of an export."""
    with open_export(path, mapping) as reader:
        yield from reader


def plain(row: AnyRow) -> list[Any]:
    """A row as it stands in expected.json."""
    if not isinstance(row, CaseRow):
        return [type(row).__name__.lower(), *row[:3]]
    people = {name: list(getattr(row.people, name)) for name in ("names", "emails", "phones", "companies")}
    signals = {"satisfaction": row.signals.satisfaction, "reopened": row.signals.reopened}
    return ["case", row.line, row.values, people, signals]


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_becomes_the_expected_cases(name: str) -> None:
    """Field by field, with whom the record speaks of, and with the reason for every record that becomes none."""
    path = FIXTURES / name

    rows = [plain(row) for row in read(path, mapping_of(path.parent.name))]

    assert rows == EXPECTED[name]


def test_every_source_has_three_fixtures() -> None:
    """A normal, a rich and a broken one each, and none without its expectation."""
    files = {f"{path.parent.name}/{path.name}" for path in FIXTURES.glob("*/*")}

    assert files == set(EXPECTED)
    for folder in {path.parent for path in FIXTURES.glob("*/*")}:
        assert {path.stem for path in folder.iterdir()} == {"normal", "rich", "broken"}


def test_a_mapped_field_comes_before_what_the_mapping_takes() -> None:
    """A custom field is the solution where the caller says so; the comments stay candidates behind it."""
    mapping = get_source("jira", {"solution": ("fields.customfield_10042",), "tags": ("fields.project",)})

    (row,) = read(FIXTURES / "jira" / "rich.json", mapping)

    assert isinstance(row, CaseRow)
    assert row.values["solution"].startswith("更新の順序を揃え")
    assert row.values["tags"] == ["Order batch"]


def test_a_mapped_custom_field_is_found_by_its_id() -> None:
    """Zendesk keeps custom fields as a list of ids and values."""
    mapping = get_source("zendesk", {"product": ("custom_fields.3600001",)})

    first = next(read(FIXTURES / "zendesk" / "normal.json", mapping))

    assert isinstance(first, CaseRow)
    assert first.values["product"] == "LX2"


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        ([], SkipReason.NO_RESOLUTION),
        (["", "  "], SkipReason.NO_RESOLUTION),
        (["Fixed.", "已解决"], SkipReason.WORTHLESS),
        (["use it"], SkipReason.TOO_SHORT),
        (["Done", "Replace the fuse F3 and restart."], "Replace the fuse F3 and restart."),
        (["Reset the router first.", "Replace the fuse F3 and restart."], "Reset the router first."),
    ],
)
def test_the_first_answer_worth_keeping_is_the_solution(answers: list[str], chosen: str) -> None:
    """Candidates come best first; without a worthy one the reason is told."""
    assert choose_answer(answers) == chosen


def test_unknown_sources_are_named_with_the_known_ones() -> None:
    """The message lists what there is."""
    with pytest.raises(InvalidInput, match="zendesk"):
        get_source("zendesc")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[fields]\nproblem = "a"\n[resolvd]\nfield = "x"', "resolvd"),
        ('[fields]\nproblm = "a"', "problm"),
        ('[fields]\nproblem = "a"\n[resolved]\nvalues = ["x"]', "needs a field"),
        ('[fields]\nproblem = "a"\n[people]\nname = "x"', "takes names"),
        ('[fields]\nproblem = "a', "no valid TOML"),
    ],
)
def test_a_wrong_map_is_refused_with_its_fault(tmp_path: Path, text: str, message: str) -> None:
    """Each message names what is wrong."""
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=message):
        load_source_map(path)


def test_a_plain_header_map_is_no_source_map(tmp_path: Path) -> None:
    """It goes on meaning a table of cases."""
    path = tmp_path / "map.toml"
    path.write_text('problem = "Frage"', encoding="utf-8")

    assert load_source_map(path) is None


def test_a_long_problem_is_cut_and_says_so() -> None:
    """A pasted log of a megabyte is no reason to lose the case; its codes stay."""
    description = "the service logs this:\n" + "x = 1\n" * 20_000 + "ORA-00600"
    record = {
        "id": 1,
        "subject": "Big log",
        "description": description,
        "status": "closed",
        "requester_id": 1,
        "comments": [{"public": True, "author_id": 2, "body": "Apply the patch of the database and restart it."}],
    }

    row = get_source("zendesk").row(record)

    assert not isinstance(row, SkipReason)
    assert len(row.values["problem"]) <= 32_000
    assert "cut:" in row.values["problem"][-40:]
    assert row.values["error_codes"] == ["ORA-00600"]
