"""Which clauses a question becomes, and the same promise checked on the stored case."""

from typing import Any

import pytest

from index.facets.facets import AllOf, AnyOf, Between, Clause, NoneOf
from retriever.case.facets import EVERYONE
from retriever.domain import ALL_GROUPS, Filters, Query
from retriever.errors import InvalidQuery
from retriever.search.scope import clauses_of, may_see
from tests.support.builders import make_case

LIVE = AnyOf("status", ("published",))
FOR_ALL = AnyOf("audience", (EVERYONE,))


def test_a_plain_question_sees_what_is_published_for_everybody() -> None:
    """Historical cases when asked for, those of groups for who is in one, all for who is in all."""
    assert clauses_of(Query("p")) == (LIVE, FOR_ALL)
    assert clauses_of(Query("p", include_historical=True))[0] == AnyOf("status", ("published", "historical"))
    assert clauses_of(Query("p", audience=("lab", "desk")))[1] == AnyOf("audience", (EVERYONE, "lab", "desk"))
    assert clauses_of(Query("p", audience=("lab", ALL_GROUPS))) == (LIVE,)


@pytest.mark.parametrize(
    ("filters", "clause"),
    [
        ({"products": ("LX2", "Größe  Ｌ")}, AnyOf("product", ("lx2", "grosse l"))),
        ({"categories": ("/Pay / Refund/", "a")}, AnyOf("category", ("pay/refund", "a"))),
        ({"industries": ("i",)}, AnyOf("industry", ("i",))),
        ({"languages": ("de", "zh-Hant")}, AnyOf("language", ("de", "zh-Hant", "und"))),
        ({"tags_any": ("發票",)}, AnyOf("tags", ("发票",))),
        ({"tags_all": ("T",)}, AllOf("tags", ("t",))),
        ({"tags_none": ("Té",)}, NoneOf("tags", ("te",))),
        ({"sources": ("ZD",)}, AnyOf("source", ("zd",))),
        ({"resolved_since": "2026-01-01"}, Between("resolved_at", "2026-01-01", None)),
        ({"resolved_until": "2026-01-31"}, Between("resolved_at", None, "2026-01-31~")),
        (
            {"resolved_since": "2026-01-01T10:00:00Z", "resolved_until": "2026-01-31"},
            Between("resolved_at", "2026-01-01T10:00:00Z", "2026-01-31~"),
        ),
    ],
)
def test_each_filter_is_a_clause(filters: dict[str, Any], clause: Clause) -> None:
    """Of its own field, beside state and audience, in the spelling of the facets; an unsure language passes."""
    assert clauses_of(Query("p", filters=Filters(**filters))) == (LIVE, FOR_ALL, clause)


@pytest.mark.parametrize("name", ["resolved_since", "resolved_until"])
def test_what_is_no_date_is_refused(name: str) -> None:
    """By the name of the filter, with no more than forty signs of what was given."""
    given: dict[str, Any] = {name: "2026-02-30" + "x" * 40}

    with pytest.raises(InvalidQuery, match=name) as error:
        clauses_of(Query("p", filters=Filters(**given)))
    assert str(error.value).endswith(repr("2026-02-30" + "x" * 30))


@pytest.mark.parametrize(
    ("status", "include_historical", "seen"),
    [("published", False, True), ("published", True, True), ("historical", False, False), ("historical", True, True),
     ("draft", True, False), ("in_review", True, False)],
)  # fmt: skip
def test_a_stored_case_is_checked_again(status: str, include_historical: bool, seen: bool) -> None:
    """State and audience, as the clauses say."""
    query = Query("p", include_historical=include_historical, audience=("lab",))

    assert may_see(make_case(status=status), query) is seen
    assert may_see(make_case(status=status, audience=["lab"]), query) is seen
    assert may_see(make_case(status=status, audience=["desk"]), query) is False
