"""API keys as an operator keeps them: who holds one, and the end of one."""

from retriever.case.times import utc_stamp
from retriever.domain import OPERATOR, Actor
from retriever.store import Store
from retriever.store.keys import KeyRecord, parse_key


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
