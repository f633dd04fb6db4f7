"""API keys: their form, their life, what the library keeps of them and what the audit log says."""

import hashlib
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retriever.domain import ALL_GROUPS, OPERATOR, Actor, Role
from retriever.errors import Conflict, InvalidInput, NotFound
from retriever.store import Store
from retriever.store.key_rows import KeyRecord
from retriever.store.keys import KEY, new_key_text, parse_key

ANNA = Actor("anna", Role.REVIEWER, "north", ("lab", "desk"))
NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create(store: Store, actor: Actor = ANNA, *, days: int | None = 30) -> str:
    """A new key's text."""
    return store.keys.create(actor, by=OPERATOR, days=days).text


def test_keys_have_the_documented_form() -> None:
    """sc_, id, 256 bits, checksum; no two are alike."""
    texts = {new_key_text() for _ in range(200)}

    assert len(texts) == 200
    assert all(KEY.fullmatch(text) and len(text) == 61 for text in texts)
    assert all(parse_key(text) is not None for text in texts)


def test_what_is_no_key_is_not_parsed() -> None:
    """A cut, longer or otherwise broken text is refused before anything is looked up."""
    text = new_key_text()

    for broken in (text[:-1], text + "0", text.upper(), "", " " + text, text + "\n", "x" + text[1:]):
        assert parse_key(broken) is None


def test_every_typing_error_is_noticed_by_the_checksum() -> None:
    """One changed letter anywhere behind the prefix makes the checksum wrong."""
    text = new_key_text()
    for place in (*range(3, 11), *range(12, len(text))):
        other = "A" if text[place] != "A" else "B"

        assert parse_key(text[:place] + other + text[place + 1 :]) is None


def test_the_secret_is_nowhere_in_the_library(store: Store) -> None:
    """Neither the key nor its secret is in any file of the library; only a hash is."""
    text = create(store)
    secret = text[12:]

    found = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert secret.encode() not in found
    assert secret[:-6].encode() not in found
    assert text[3:11].encode() in found


def test_a_key_keeps_what_it_was_made_with(store: Store) -> None:
    """Role, team, groups and limit are read back; the audit log names the key and not its secret."""
    made = store.keys.create(ANNA, by=OPERATOR, days=None, rate_limit=7)

    (known,) = store.keys.all()
    (entry,) = store.audit.iter_entries()
    assert known == made.record
    assert (known.actor, known.rate_limit, known.expires_at) == (ANNA, 7, "")
    assert (entry.action, entry.subject, entry.details["client"]) == ("key.create", f"key:{known.id}", "anna")
    assert parse_key(made.text) == (known.id, known.digest)


def test_a_client_gets_one_first_key(store: Store) -> None:
    """A second one is made by rotating; after all have ended, a new first one may be made."""
    create(store)
    with pytest.raises(Conflict, match="key rotate anna"):
        create(store)
    store.keys.revoke(store.keys.all()[0].id, by=OPERATOR)

    create(store)
    assert [known.is_alive(NOW) for known in store.keys.all()] == [False, True]


def test_two_keys_live_while_one_takes_over(store: Store) -> None:
    """Rotating leaves the old key alive for the overlap, with the same rights for the new one; a third is refused."""
    create(store)
    made = store.keys.rotate("anna", by=OPERATOR, overlap_hours=24, days=90)

    old, new = store.keys.all()
    assert (new.actor, new) == (old.actor, made.record)
    assert old.is_alive(NOW)
    assert old.expires_at < new.expires_at
    with pytest.raises(Conflict, match="two keys"):
        store.keys.rotate("anna", by=OPERATOR, overlap_hours=24, days=90)


def test_an_overlap_never_makes_a_key_live_longer(store: Store) -> None:
    """A key that would end sooner anyway does."""
    create(store, days=1)
    before = store.keys.all()[0].expires_at
    store.keys.rotate("anna", by=OPERATOR, overlap_hours=240, days=90)

    assert store.keys.all()[0].expires_at == before


def test_no_overlap_ends_the_old_key_now(store: Store) -> None:
    """For a key that leaked."""
    create(store)
    store.keys.rotate("anna", by=OPERATOR, overlap_hours=0, days=None)

    later = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [known.is_alive(later) for known in store.keys.all()] == [False, True]


def test_a_revoked_key_stays_known(store: Store) -> None:
    """It is not alive, cannot be revoked again, and the log has both."""
    create(store)
    (known,) = store.keys.all()
    revoked = store.keys.revoke(known.id, by=OPERATOR)

    assert not revoked.is_alive("2000-01-01T00:00:00Z")
    assert store.keys.get(known.id) == revoked
    assert [entry.action for entry in store.audit.iter_entries()] == ["key.create", "key.revoke"]
    with pytest.raises(Conflict, match="was revoked"):
        store.keys.revoke(known.id, by=OPERATOR)


def test_unknown_keys_are_not_found(store: Store) -> None:
    """An error never repeats what was given: it may be a whole key."""
    text = new_key_text()
    with pytest.raises(NotFound) as error:
        store.keys.revoke(text, by=OPERATOR)
    assert text[12:] not in str(error.value)
    with pytest.raises(NotFound, match="key create nobody"):
        store.keys.rotate("nobody", by=OPERATOR, overlap_hours=1, days=1)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "local", "system", "-a"])
def test_names_of_clients_are_checked(store: Store, name: str) -> None:
    """Names go into logs and cases, and nobody may take the operator's."""
    with pytest.raises(InvalidInput):
        create(store, Actor(name, Role.VIEWER))


def test_admins_see_all_groups(store: Store) -> None:
    """And the list of keys says so."""
    create(store, Actor("root", Role.ADMIN))

    assert store.keys.all()[0].actor.audience == (ALL_GROUPS,)


def test_last_use_is_noted_to_the_minute_and_never_backwards(store: Store) -> None:
    """Without an audit entry."""
    create(store)
    key_id = store.keys.all()[0].id
    for moment in (datetime(2026, 3, 1, 10, 20, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)):
        store.keys.touch({key_id: moment})

    assert store.keys.get(key_id).last_used_at == "2026-03-01T10:20:00Z"
    assert len(list(store.audit.iter_entries())) == 1


def test_expiry_is_to_the_second(store: Store) -> None:
    """At its last moment a key is dead."""
    create(store)
    known = store.keys.all()[0]

    assert known.is_alive(re.sub(r"T.*", "T00:00:00Z", known.created_at))
    assert not known.is_alive(known.expires_at)


def test_a_key_that_is_not_in_the_log_was_not_made_by_the_program(store: Store) -> None:
    """A row that somebody wrote into the database by hand has no entry in the audit log."""
    create(store)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("UPDATE api_keys SET id = 'forged00'")
        db.commit()

    assert not list(store.audit.iter_entries(subject="key:forged00"))


def test_the_checksum_is_the_documented_one() -> None:
    """CRC-32 of id and secret in six letters, as scanners for leaked secrets compute it."""
    secret = "A" * 43

    assert parse_key(f"sc_00000000_{secret}2kWKca") is None
    assert parse_key(f"sc_00000000_{secret}2kWKcC") == ("00000000", hashlib.sha256(secret.encode()).digest())


def test_days_and_hours_are_counted_from_now(store: Store) -> None:
    """To the second, whatever the clock says between two calls."""
    create(store, days=3)
    made = store.keys.rotate("anna", by=OPERATOR, overlap_hours=2, days=None)

    old, new = store.keys.all()
    left = datetime.fromisoformat(old.expires_at) - datetime.now(UTC)
    assert timedelta(hours=2, seconds=-20) < left <= timedelta(hours=2)
    assert (new.expires_at, made.record.expires_at, new.rate_limit) == ("", "", 0)
    later = store.keys.create(Actor("ben", Role.VIEWER), by=OPERATOR, days=3).record.expires_at
    assert timedelta(days=3, seconds=-20) < datetime.fromisoformat(later) - datetime.now(UTC) <= timedelta(days=3)


def test_the_log_says_what_each_key_may(store: Store) -> None:
    """Client, role, team cut to a hundred signs, number of groups and end; of all else a hash, so that the names of the
    groups are not told and cannot be changed."""
    made = store.keys.create(replace(ANNA, team="t" * 150), by=OPERATOR, days=None, rate_limit=9)
    rotated = store.keys.rotate("anna", by=OPERATOR, overlap_hours=1, days=None)
    store.keys.revoke(made.record.id, by=ANNA)

    created, second, ended = store.audit.iter_entries()
    told = {"client": "anna", "role": "reviewer", "expires_at": "", "team": "t" * 100, "groups": 2}
    hashes = [entry.details["record"] for entry in (created, second)]
    assert [entry.details for entry in (created, second)] == [told | {"record": one} for one in hashes]
    assert (second.action, len(set(hashes))) == ("key.rotate", 2)
    assert (ended.actor, ended.subject, ended.details) == ("anna", f"key:{made.record.id}", {"client": "anna"})
    assert (rotated.record.rate_limit, rotated.record.created_by) == (9, OPERATOR.id)


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "is_alive"),
    [("", "", True), ("2026-03-02", "", True), ("2026-03-01", "", False), ("2026-02-01", "", False),
     ("", "2026-02-01", False), ("2026-03-02", "2026-02-01", False)],
)  # fmt: skip
def test_when_a_key_is_alive(expires_at: str, revoked_at: str, is_alive: bool) -> None:
    """Before its end, unless it was revoked."""
    known = KeyRecord("x", ANNA, b"", 0, "", "", expires_at, revoked_at, "")

    assert known.is_alive("2026-03-01") is is_alive
