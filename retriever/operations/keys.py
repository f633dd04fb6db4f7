"""API keys as an operator keeps them: the first one, who holds one, and the end of one."""

import os
from pathlib import Path

from retriever.case.times import utc_stamp
from retriever.config import Settings
from retriever.domain import ALL_GROUPS, OPERATOR, Actor, Role
from retriever.errors import Unavailable
from retriever.store import Store
from retriever.store.key_rows import KeyRecord
from retriever.store.keys import parse_key
from retriever.wiring.library import open_library

FIRST_KEY = Actor("first-key", Role.ADMIN, audience=(ALL_GROUPS,))
FIRST_KEY_DAYS = 365


def make_first_key(settings: Settings, file: Path) -> bool:
    """An administrator's key where there is none alive, written into `file` for its owner's eyes; was one made?

    The library is made if there is none. Raises Unavailable when the file is there already or cannot be written.
    """
    with open_library(settings) as store:
        now = utc_stamp()
        if any(key.is_alive(now) for key in store.keys.all()):
            return False
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Unavailable(f"the first key cannot be written into {file}: {error.strerror}.") from error
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(store.keys.create(FIRST_KEY, by=OPERATOR, days=FIRST_KEY_DAYS).text + "\n")
    return True


def find_holder(store: Store, name: str) -> Actor | None:
    """Who has a key that is alive under this name, with the rights of the newest one."""
    now = utc_stamp()
    found = [key.actor for key in store.keys.all() if key.actor.id == name and key.is_alive(now)]
    return found[-1] if found else None


def revoke_key(store: Store, text: str, *, dry_run: bool = False) -> KeyRecord:
    """End a key at once, named by its id or by itself; the key as it was. Raises NotFound."""
    parsed = parse_key(text)
    known = store.keys.get(parsed[0] if parsed else text)
    if not dry_run:
        store.keys.revoke(known.id, by=OPERATOR)
    return known
