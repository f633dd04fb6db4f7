"""Names of clients: nobody is called like the operator, nor like somebody else."""

import pytest

from retriever.domain import OPERATOR, Actor, Role
from retriever.errors import Conflict, InvalidInput
from retriever.lifecycle.context import SYSTEM_ACTOR
from retriever.store import Store
from retriever.store.client_names import RESERVED, check_client_name, look_of


def test_the_reserved_names_are_those_that_act_without_a_key() -> None:
    """The operator and what happens by itself."""
    assert set(RESERVED) == {OPERATOR.id, SYSTEM_ACTOR.id}


@pytest.mark.parametrize(
    "name",
    [
        "local", "Local", "LOCAL", "lOcAl", "ｌocal", "ＬＯＣＡＬ", "lосаl", "ⅼocal", "𝐥𝐨𝐜𝐚𝐥", "loᴄal", "1ocal",
        "l0cal", "LocaI",
        "lócal", "loçal", "local_", "local.", "lo-cal", "_local_", "l.o.c.a.l", "ℓocal",
        "system", "System", "SYSTEM", "ѕуѕtem", "ѕуѕтем", "sуstem", "５ystem", "5ystem", "sys.tem", "SYSTÉM",
        "systеm", "ｓｙｓｔｅｍ",
    ],
)  # fmt: skip
def test_what_looks_like_the_operator_is_refused(name: str) -> None:
    """In another case, width, script or with marks and signs around it."""
    with pytest.raises(InvalidInput):
        check_client_name(name, ())


@pytest.mark.parametrize(
    "name", ["lo\u200bcal", "\u3164", "\u3164local", "loc\u115fal", "a\u1160", "x\u00ad", "a\u202e"]
)
def test_what_shows_nothing_is_in_no_name(name: str) -> None:
    """Letters without a shape, signs that only turn the direction."""
    with pytest.raises(InvalidInput):
        check_client_name(name, ())


@pytest.mark.parametrize(
    "name",
    [
        "localbot",
        "local-desk",
        "ecosystem",
        "systems",
        "anna",
        "李雷",
        "алла",
        "Ольга",
        "محمد",
        "j.doe+x@firm",
        "0",
        "müller",
    ],
)
def test_names_of_people_and_programs_stand(name: str) -> None:
    """In any script, and when they only contain a reserved one."""
    check_client_name(name, ("someone", "else"))


@pytest.mark.parametrize(
    ("name", "taken"),
    [("Anna", "anna"), ("аnna", "anna"), ("ａnna", "anna"), ("ANNA", "аnna"), ("Straße", "strasse"), ("ΟΛΓΑ", "ολγα")],
)
def test_nobody_is_called_like_another_client(name: str, taken: str) -> None:
    """A name that a reader of the audit log would take for another one's is refused, and that one is named."""
    with pytest.raises(Conflict, match=taken):
        check_client_name(name, ("ben", taken))


@pytest.mark.parametrize(("one", "other"), [("andre", "andré"), ("anna", "anne"), ("bot1", "botl"), ("alla", "алла")])
def test_different_names_look_different(one: str, other: str) -> None:
    """Marks and digits make a name of its own; so do letters that have no double."""
    assert look_of(one) != look_of(other)


def test_a_client_keeps_its_own_name(store: Store) -> None:
    """After its keys have ended it may come back under the name it had, and only it."""
    made = store.keys.create(Actor("Anna", Role.VIEWER), by=OPERATOR, days=1)
    store.keys.revoke(made.record.id, by=OPERATOR)

    with pytest.raises(Conflict, match="Anna"):
        store.keys.create(Actor("anna", Role.VIEWER), by=OPERATOR, days=1)
    assert store.keys.create(Actor("Anna", Role.VIEWER), by=OPERATOR, days=1).record.actor.id == "Anna"
