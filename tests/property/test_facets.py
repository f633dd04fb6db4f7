"""Facets answer like plain Python sets."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.facets.facets import (
    FACETS_FILE,
    AllOf,
    AnyOf,
    Between,
    Clause,
    Facets,
    NoneOf,
    build_facets,
    load_facets,
)
from index.types import IndexDamaged

Row = Mapping[str, tuple[str, ...]]
values = st.lists(st.sampled_from(["a", "b", "c", "中"]), max_size=3, unique=True).map(tuple)
days = st.sampled_from(["2023-12-31", "2024-01-01", "2024-01-01T10:00:00Z", "2024-02-29", "2025"])
rows = st.dictionaries(
    st.integers(0, 2**32 - 1) | st.integers(0, 20),
    st.fixed_dictionaries({"tags": values, "product": values, "resolved_at": st.lists(days, max_size=1).map(tuple)}),
    max_size=25,
)
fields = st.sampled_from(["tags", "product", "unknown"])
some = st.lists(st.sampled_from(["a", "b", "c", "中", "zz"]), max_size=3).map(tuple)
clause = st.one_of(
    st.builds(AnyOf, fields, some),
    st.builds(AllOf, fields, some),
    st.builds(NoneOf, fields, some),
    st.builds(Between, st.just("resolved_at"), st.none() | days, st.none() | days),
)


def fulfils(row: Row, wanted: Clause) -> bool:
    """The meaning of one clause for one case."""
    if isinstance(wanted, Between):
        low, high = wanted.since or "", wanted.until or "~"
        return any(low <= day <= high for day in row.get(wanted.field, ()))
    mine = set(row.get(wanted.field, ()))
    if isinstance(wanted, AllOf):
        return set(wanted.values) <= mine
    return bool(mine & set(wanted.values)) is isinstance(wanted, AnyOf)


def check(facets: Facets, model: Mapping[int, Row], clauses: list[Clause]) -> None:
    """Facets and model agree on the keys that fulfil the clauses, on counts, and on single values."""
    expected = {key for key, row in model.items() if all(fulfils(row, one) for one in clauses)}
    assert set(facets.allowed(clauses)) == expected
    counted = {v: sum(v in model[key]["tags"] for key in expected) for v in ("a", "b", "c", "中")}
    assert facets.counts("tags", facets.allowed(clauses)) == {v: n for v, n in counted.items() if n}
    keys = sorted(model)
    assert facets.has("tags", "a", np.array(keys, np.int64)).tolist() == ["a" in model[key]["tags"] for key in keys]


@given(rows, st.lists(clause, max_size=4))
def test_built_facets_answer_like_sets(model: dict[int, Row], clauses: list[Clause]) -> None:
    """Any clauses over any rows select what reading every row selects."""
    check(build_facets(model.items()), model, clauses)


@given(rows, rows, st.sets(st.integers(0, 20)), st.lists(clause, max_size=3))
def test_changed_facets_answer_like_rebuilt_ones(
    model: dict[int, Row], changes: dict[int, Row], gone: set[int], clauses: list[Clause]
) -> None:
    """Upserts and removals give what building from the result gives, and leave the old facets as they were."""
    before = build_facets(model.items())
    touched = [(key, model[key]) for key in model if key in changes or key in gone]
    added = {key: row for key, row in changes.items() if key not in gone}
    after = before.with_changes(added.items(), touched)

    check(after, {k: v for k, v in model.items() if k not in gone} | added, clauses)
    check(before, model, clauses)


@given(rows, st.lists(clause, max_size=3))
def test_loaded_facets_answer_like_saved_ones(model: dict[int, Row], clauses: list[Clause]) -> None:
    """Saving and loading changes no answer."""
    with TemporaryDirectory() as folder:
        build_facets(model.items()).save(Path(folder))
        check(load_facets(Path(folder)), model, clauses)


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    """One flipped bit or a cut anywhere in the file raises IndexDamaged, never a wrong answer."""
    with TemporaryDirectory() as folder:
        row = {"tags": ("a", "b"), "resolved_at": ("2024-01-01",)}
        build_facets((key, row) for key in range(50)).save(Path(folder))
        path = Path(folder) / FACETS_FILE
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del content[at:]
        path.write_bytes(content)

        with pytest.raises(IndexDamaged):
            load_facets(Path(folder))
