"""Cases that a question names: which words may be ids, and which case an id means."""

from collections.abc import Iterator

import pytest

from retriever.domain import OPERATOR, Actor, Filters, Query, Role
from retriever.errors import CaseNotFound
from retriever.search.naming import NAMES, find_named, names_in
from retriever.wiring.service import Service
from tests.support.api import build_service
from tests.support.builders import make_case

READER = Actor("reader", Role.VIEWER)


def ticket(system: str, number: str) -> dict[str, str]:
    """Where a case came from, in its mapping form."""
    return {"system": system, "external_id": number}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Cases of several systems, two of which count alike, one of them hidden."""
    with build_service(tmp_path_factory.mktemp("library")) as service:
        service.write_cases(
            [
                make_case(
                    "generic:FR-014",
                    "the lift stops between two floors",
                    source=ticket("generic", "FR-014"),
                ),
                make_case("zendesk:88", "the tunnel drops every hour", source=ticket("zendesk", "88")),
                make_case("jira:88", "colours are pale", source=ticket("jira", "88"), audience=["lab"]),
                make_case("INC0012345", "the invoice is empty", source=ticket("servicenow", "INC0012345")),
                make_case("renamed", "the door does not lock", source=ticket("freshdesk", "T-7")),
                make_case("noise", "the door is loud and the lift is slow"),
            ]
        )
        yield service


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("FR-014", ("FR-014",)),
        (" #88 ", ("88",)),
        ("zendesk:88", ("zendesk:88",)),
        ("something like zendesk:88, please", ("zendesk:88",)),
        ("ähnlich wie »FR-014«?", ("FR-014",)),
        ("和FR-014类似的问题", ("和FR-014类似的问题", "FR-014")),
        ("see case 88 or ticket #4711", ("88", "4711")),
        ("工单88一样的问题", ("工单88一样的问题", "88")),
        ("cost.center/9", ("cost.center/9",)),
        ("printer HP 4050 prints 2 pages", ()),
        ("it took 30 days", ()),
        ("no digits at all: nothing", ()),
        ("", ()),
        (f"{'word ' * 80}FR-014", ()),
    ],
)
def test_what_may_be_an_id(text: str, names: tuple[str, ...]) -> None:
    """The whole question, a word of letters and digits, a number after a word for a case; in a long text nothing."""
    assert names_in(text) == names


def test_only_so_many_names_are_looked_up() -> None:
    """However many a question has."""
    assert len(names_in(" ".join(f"a{number}" for number in range(60)))) == NAMES


@pytest.mark.parametrize(
    ("question", "id"),
    [
        ("generic:FR-014", "generic:FR-014"),
        ("FR-014", "generic:FR-014"),
        ("fr-014", "generic:FR-014"),
        ("do we have anything like FR-014?", "generic:FR-014"),
        ("FR-014に似た問題はありますか", "generic:FR-014"),
        ("case 88", "zendesk:88"),
        ("inc0012345", "INC0012345"),
        ("T-7", "renamed"),
        ("freshdesk:T-7", "renamed"),
    ],
)
def test_a_case_that_is_named_comes_first_and_is_sure(named: Service, question: str, id: str) -> None:
    """By its id or as its own system knows it, alone or in a sentence."""
    first = named.find_similar(Query(problem=question)).matches[0]

    assert (first.stored.case.id, first.confidence) == (id, 1.0)


def test_an_id_alone_finds_nothing_else(named: Service) -> None:
    """Who types an id wants that case; a sentence around it may find others too."""
    alone = named.find_similar(Query(problem="FR-014", min_confidence=0.0)).matches
    among = named.find_similar(Query(problem="the lift is like FR-014", min_confidence=0.0)).matches

    assert [match.stored.case.id for match in alone] == ["generic:FR-014"]
    assert len(among) > 1


@pytest.mark.parametrize(
    "query",
    [
        Query(problem="jira:88"),
        Query(problem="like jira:88"),
        Query(problem="FR-014", filters=Filters(products=("none",))),
        Query(problem="FR-014", filters=Filters(exclude_ids=("FR-014",))),
    ],
)
def test_a_name_opens_nothing(named: Service, query: Query) -> None:
    """A case of another group, behind a filter or excluded stays out, whoever names it."""
    assert named.find_similar(query).matches == ()


@pytest.mark.parametrize("name", ["FR-014", "generic:FR-014", "fr-014"])
def test_one_case_is_found_by_its_name(named: Service, name: str) -> None:
    """As `case show` and the API do."""
    assert find_named(named.store.cases, name, READER).case.id == "generic:FR-014"


@pytest.mark.parametrize(
    ("name", "actor", "meant"),
    [
        ("88", OPERATOR, "zendesk:88, jira:88"),
        ("FR14", OPERATOR, "generic:FR-014"),
        ("fr 14", OPERATOR, "generic:FR-014"),
        ("jira:FR-014", OPERATOR, "generic:FR-014"),
        ("jira:88", READER, "zendesk:88"),
        ("unlike", READER, ""),
    ],
)
def test_what_may_have_been_meant_is_said(named: Service, name: str, actor: Actor, meant: str) -> None:
    """Several cases of one name, or another spelling; never a case that the actor may not see."""
    with pytest.raises(CaseNotFound) as refused:
        find_named(named.store.cases, name, actor)

    said = str(refused.value).partition("did you mean ")[2].rstrip("?")
    assert set(filter(None, said.split(", "))) == set(filter(None, meant.split(", ")))


def test_two_cases_of_one_number_are_one_for_who_sees_one(named: Service) -> None:
    """The hidden one is not there for a reader."""
    assert find_named(named.store.cases, "88", READER).case.id == "zendesk:88"
