"""What is told when a filter names a value that no case has."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retriever.domain import Filters, Query
from retriever.search.unknown import LOOKED_AT
from retriever.wiring.service import Service
from tests.support.builders import make_case
from tests.support.services import service_over

CASES = [
    make_case("a", product="LaserJet 4000", category="Hardware/Printer", tags=["Paper jam"], source="zendesk"),
    make_case("b", product="LaserJet 4000", category="Hardware/Scanner", tags=["網路"], language="zh-Hant"),
    make_case("c", product="Secret Press", audience=["lab"]),
    make_case("d", product="Draft Press", status="draft"),
    make_case("e", language="und"),
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service over five cases, of which a reader without groups sees three."""
    with service_over(tmp_path, CASES) as service:
        yield service


def told(service: Service, audience: tuple[str, ...] = (), **filters: tuple[str, ...]) -> tuple[str, ...]:
    """The warnings of a question with these filters."""
    query = Query("printer", filters=Filters(**filters), audience=audience)  # type: ignore[arg-type]
    return service.find_similar(query).warnings


@pytest.mark.parametrize(
    ("filters", "warning"),
    [
        ({"products": ("Lazerjet 4000",)}, "no case has the product 'Lazerjet 4000'; near is 'LaserJet 4000'"),
        ({"products": ("laserjet",)}, "no case has the product 'laserjet'; near is 'LaserJet 4000'"),
        ({"products": ("Toaster",)}, "no case has the product 'Toaster'; there are 'LaserJet 4000'"),
        ({"categories": ("Printer",)}, "no case has the category 'Printer'; near is 'Hardware/Printer'"),
        ({"categories": ("hardwear",)}, "no case has the category 'hardwear'; near is 'Hardware'"),
        ({"tags_any": ("paperjam",)}, "no case has the tag 'paperjam'; near is 'Paper jam'"),
        ({"tags_none": ("网络",)}, "no case has the tag '网络'; there are 'Paper jam', '網路'"),
        ({"sources": ("zendesc",)}, "no case has the source 'zendesc'; near is 'zendesk'"),
        (
            {"languages": ("Germn",)},
            "no case has the language 'Germn'; did you mean German (de)? Cases are in en, zh, zh-Hant",
        ),
        ({"languages": ("fr",)}, "no case has the language 'fr'. Cases are in en, zh, zh-Hant"),
    ],
)
def test_an_unknown_value_is_told(service: Service, filters: dict[str, tuple[str, ...]], warning: str) -> None:
    """With near ones, as the cases write them, else with what there is. The question is answered all the same."""
    assert told(service, **filters) == (warning,)


def test_known_values_are_not_warned_of(service: Service) -> None:
    """However they are spelt."""
    assert told(service, products=("LASERJET  4000",), languages=("zh",), tags_any=("paper JAM",)) == ()


def test_a_warning_names_no_case_that_the_asker_may_not_see(service: Service) -> None:
    """Neither its values nor that it has them."""
    there = "there are 'LaserJet 4000'"
    assert told(service, products=("Secret Press",)) == (f"no case has the product 'Secret Press'; {there}",)
    assert told(service, products=("Draft Press",)) == (f"no case has the product 'Draft Press'; {there}",)
    assert told(service, ("lab",), products=("Secret Press",)) == ()
    (warning,) = told(service, ("lab",), products=("Secret Pres",))
    assert warning.endswith("near is 'Secret Press'")


def test_an_empty_library_is_not_warned_of(tmp_path: Path) -> None:
    """Nothing in it is unknown."""
    with service_over(tmp_path, []) as empty:
        assert told(empty, products=("X",)) == ()


def test_only_so_many_values_are_compared(service: Service) -> None:
    """A library of very many tags is not compared with all of them."""
    many = [make_case(f"m{n}", tags=[f"tag {n * 20 + k}" for k in range(20)]) for n in range(LOOKED_AT // 10)]
    service.write_cases([replace(case, language="en") for case in many])
    (warning,) = told(service, tags_any=("tagg 7",))
    assert "near is" in warning
