"""The door of the API without a server around it: keys in memory, who gets in, how often, and what a refusal says."""

import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from retriever.api.problems import Problem, ProblemError
from retriever.api.security import gate as gate_module
from retriever.api.security import keyring as keyring_module
from retriever.api.security.gate import FAILURES_PER_MINUTE, Gate
from retriever.api.security.keyring import TOUCH_SECONDS, UNKNOWN_KEY, KeyRing
from retriever.api.security.permissions import (
    PERMISSIONS,
    Permission,
    SpecialAccess,
    permission_of,
    roles_table,
    with_table,
)
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Role
from retriever.errors import Forbidden, Unavailable
from retriever.store.key_rows import KeyRecord
from retriever.store.keys import ALPHABET, new_key_text, parse_key

NOW = 1_800_000_000.0
EXPIRES = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
REALM = 'Bearer realm="similar-cases"'
INVALID = f'{REALM}, error="invalid_token"'


@dataclass
class Table:
    """Stands for the keys of a library."""

    records: Sequence[KeyRecord] = ()
    touched: list[dict[str, datetime]] = field(default_factory=list)

    def all(self) -> Sequence[KeyRecord]:
        """Every key."""
        return self.records

    def touch(self, used: Mapping[str, datetime]) -> None:
        """Note that they were used."""
        self.touched.append(dict(used))


def record_of(text: str, role: Role = Role.VIEWER, **more: Any) -> KeyRecord:  # noqa: ANN401
    """What a library keeps of a key."""
    parsed = parse_key(text)
    assert parsed is not None
    actor = Actor(more.pop("name", "anna"), role, "north")
    return replace(KeyRecord(parsed[0], actor, parsed[1], 0, "", "", "", "", ""), **more)


def checksum(text: str) -> str:
    """CRC-32 in six letters, written down once more: what a forger computes."""
    number, letters = zlib.crc32(text.encode()), ""
    while len(letters) < 6:
        number, rest = divmod(number, 62)
        letters = ALPHABET[rest] + letters
    return letters


def ring_of(*records: KeyRecord) -> KeyRing:
    """These keys in memory."""
    return KeyRing(Table(records))  # type: ignore[arg-type]


def gate_of(ring: KeyRing | None, **settings: object) -> Gate:
    """The door before these keys, on this machine unless another host is set."""
    changed: dict[str, Any] = {"host": "127.0.0.1", "rate_limit": 0, **settings}
    return Gate(Settings(**changed), lambda: ring)


def scope_of(*headers: tuple[str, str], client: Sequence[object] | None = ("10.0.0.1", 1)) -> dict[str, Any]:
    """A request with these headers."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": "http", "client": client, "headers": encoded}


def with_key(text: str) -> dict[str, Any]:
    """A request with a key."""
    return scope_of(("host", "x"), ("authorization", f"Bearer {text}"))


def problem_of(gate: Gate, scope: dict[str, Any], permission: Permission = Role.VIEWER) -> Problem:
    """How a request is refused."""
    with pytest.raises(ProblemError) as refused:
        gate.admit(scope, permission)
    return refused.value.problem


# --- who


@pytest.mark.parametrize(
    ("permission", "open_metrics", "nobody_is_asked"),
    [
        (SpecialAccess.PUBLIC, False, True),
        (SpecialAccess.SIGNED, False, True),
        (SpecialAccess.MONITORING, True, True),
        (SpecialAccess.MONITORING, False, False),
        (Role.VIEWER, True, False),
    ],
)
def test_routes_that_ask_for_no_key(permission: Permission, open_metrics: bool, nobody_is_asked: bool) -> None:
    """Those of the table, and the figures when the setting says so; all others ask."""
    gate = gate_of(ring_of(record_of(new_key_text())), open_metrics=open_metrics)

    if nobody_is_asked:
        assert gate.admit(scope_of(), permission) == (None, {})
    else:
        assert problem_of(gate, scope_of(), permission).code == "key_required"


@pytest.mark.parametrize("permission", list(Role))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_and_those_below_it_open(role: Role, permission: Role) -> None:
    """Of all pairs; a refusal names both roles as people write them."""
    text = new_key_text()
    gate = gate_of(ring_of(record_of(text, role)))

    if role >= permission:
        assert gate.admit(with_key(text), permission) == (Actor("anna", role, "north"), {})
    else:
        with pytest.raises(Forbidden, match=f"role {permission.label}; your key has {role.label}"):
            gate.admit(with_key(text), permission)


def test_any_key_opens_what_is_watched() -> None:
    """Figures say nothing of cases."""
    text = new_key_text()

    assert gate_of(ring_of(record_of(text))).admit(with_key(text), SpecialAccess.MONITORING)[0] is not None


@pytest.mark.parametrize(
    ("host", "headers", "is_local"),
    [
        ("127.0.0.1", [("host", "localhost:8000")], True),
        ("localhost", [("host", "LOCALHOST")], True),
        ("::1", [("accept", "x"), ("host", "[::1]:8000")], True),
        ("127.0.0.1", [("host", "localhost:8000"), ("origin", "http://localhost:8000")], True),
        ("127.0.0.1", [("host", "localhost"), ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")], True),
        ("127.0.0.1", [("host", "localhost"), ("referer", "http://localhost/v1/cases")], True),
        ("127.0.0.1", [("host", "localhost"), ("traceparent", "00-1-1-01"), ("x-request-id", "a")], True),
        ("127.0.0.1", [], False),
        ("127.0.0.1", [("host", "")], False),
        ("127.0.0.1", [("host", "cases.example")], False),
        ("127.0.0.1", [("host", "[::2]")], False),
        ("0.0.0.0", [("host", "localhost")], False),  # noqa: S104
    ],
)
def test_without_keys_this_machine_alone_gets_in(host: str, headers: list[tuple[str, str]], is_local: bool) -> None:
    """As the operator, by a local name; while the library opens, only to what says how it is."""
    empty, opening, scope = gate_of(ring_of(), host=host), gate_of(None, host=host), scope_of(*headers)

    if is_local:
        assert empty.admit(scope, Role.ADMIN) == (OPERATOR, {})
        assert opening.admit(scope, SpecialAccess.MONITORING) == (None, {})
    else:
        problem = problem_of(empty, scope)
        assert (problem.status, problem.code, problem.headers) == (401, "key_required", {"WWW-Authenticate": REALM})
        assert "key create" in problem.detail
        with pytest.raises(Unavailable):
            opening.admit(scope, SpecialAccess.MONITORING)
    with pytest.raises(Unavailable, match="being opened"):
        opening.admit(scope, Role.VIEWER)


@pytest.mark.parametrize(
    "name",
    [
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded", "x_forwarded_for", "forwarded-for", "via",
        "x-real-ip", "true-client-ip", "cf-connecting-ip", "cf-ray", "x-client-ip", "x-cluster-client-ip", "x-host",
        "fastly-client-ip", "fly-client-ip", "x-original-url", "x-originating-ip", "x-remote-addr", "remote-user",
        "cdn-loop", "proxy-connection", "x-proxyuser-ip", "x-envoy-external-address", "x-amzn-trace-id", "x-arr-log-id",
        "x-appengine-user-ip", "tailscale-user-login", "x-azure-clientip", "x-varnish", "wl-proxy-client-ip",
        "x-vercel-ip-country", "x-ssl-client-cert", "x-auth-request-user", "front-end-https", "ali-cdn-real-ip",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["127.0.0.1", ""])
def test_without_keys_no_proxy_gets_in(name: str, value: str) -> None:
    """Whatever header a proxy, gateway or tunnel leaves, and whatever it says: the refusal names it."""
    gate, headers = gate_of(ring_of()), [("host", "localhost"), (name, value)]

    problem = problem_of(gate, scope_of(*headers))

    assert problem.code == "key_required"
    assert name.replace("_", "-") in problem.detail
    with pytest.raises(Unavailable):
        gate_of(None).admit(scope_of(*headers), SpecialAccess.MONITORING)


@pytest.mark.parametrize(
    "headers",
    [
        [("origin", "http://evil.example")],
        [("origin", "null")],
        [("origin", "http://localhost:3000")],
        [("origin", "https://localhost:8000")],
        [("origin", "http://localhost:8000"), ("origin", "http://evil.example")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("sec-fetch-site", "")],
        [("referer", "http://evil.example/localhost:8000/")],
        [("referer", "http://localhost:8000.evil.example/")],
    ],
)
def test_without_keys_no_page_of_others_gets_in(headers: list[tuple[str, str]]) -> None:
    """A page that a browser on this machine has open is not the person before it, on this port or another one."""
    problem = problem_of(gate_of(ring_of()), scope_of(("host", "localhost:8000"), *headers))

    assert (problem.status, problem.code) == (401, "key_required")
    assert headers[-1][0] in problem.detail


@pytest.mark.parametrize(
    "hosts",
    [
        [], ["localhost", "localhost"], ["localhost", "evil.example"], ["[::1].evil.example"], ["[::1]evil"],
        ["127.0.0.1.evil.example"], ["localhost.evil.example"], ["localhost:80@evil.example"], ["localhost:port"],
        ["evil.example:localhost"], ["localhost, evil.example"], ["[::1"], ["::1"], ["[localhost]"], ["2130706433"],
        ["127.1"], ["0x7f.0.0.1"], ["localhost."], ["[::1%25eth0]"], ["user@localhost"], ["localhost/"], [":8000"],
    ],
)  # fmt: skip
def test_without_keys_one_local_name_must_be_asked_for(hosts: list[str]) -> None:
    """No Host, two of them, or one that only begins or ends like a local name: refused."""
    problem = problem_of(gate_of(ring_of()), scope_of(*(("host", host) for host in hosts)))

    assert (problem.status, problem.code) == (401, "key_required")
    assert "one host" in problem.detail


def test_without_keys_an_old_protocol_is_refused() -> None:
    """Some proxies say nothing of themselves, but speak HTTP/1.0 to what stands behind them; no client does today."""
    scope = scope_of(("host", "localhost:8000")) | {"http_version": "1.0"}

    assert "HTTP/1.0" in problem_of(gate_of(ring_of()), scope).detail


def test_with_a_key_a_proxy_and_a_page_may_stand_between() -> None:
    """All of that is only looked at where there is no key to go by."""
    text = new_key_text()
    scope = scope_of(("x-forwarded-for", "10.1.1.1"), ("origin", "http://a.example"), ("x-api-key", text))

    assert gate_of(ring_of(record_of(text))).admit(scope, Role.VIEWER)[0] == Actor("anna", Role.VIEWER, "north")


@pytest.mark.parametrize(
    ("headers", "code", "challenge"),
    [
        ([], "key_required", REALM),
        ([("x-api-key", "sc_wrong")], "key_invalid", INVALID),
        ([("x-api-key", " {unknown} ")], "key_invalid", INVALID),
        ([("authorization", "Basic {good}")], "key_invalid", INVALID),
        ([("authorization", "{good}")], "key_invalid", INVALID),
        ([("x-api-key", "{old}")], "key_expired", INVALID),
        ([("authorization", "BEARER  {ended}")], "key_revoked", INVALID),
        ([("x-api-key", "{good}"), ("authorization", "Bearer {good}")], "key_ambiguous", REALM),
        ([("x-api-key", "{good}"), ("x-api-key", "{good}")], "key_ambiguous", REALM),
        ([("x-api-key", "\xff")], "key_invalid", INVALID),
    ],
)
def test_how_a_key_is_refused(headers: list[tuple[str, str]], code: str, challenge: str) -> None:
    """With 401, the reason in words, and a challenge in the form of the standard."""
    texts = {name: new_key_text() for name in ("good", "old", "ended", "unknown")}
    gate = gate_of(
        ring_of(
            record_of(texts["good"]),
            record_of(texts["old"], expires_at="2020-01-01T00:00:00Z"),
            record_of(texts["ended"], revoked_at="2020-01-01T00:00:00Z"),
        )
    )

    problem = problem_of(gate, scope_of(*((name, value.format(**texts)) for name, value in headers)))

    assert (problem.status, problem.code, problem.headers) == (401, code, {"WWW-Authenticate": challenge})
    assert problem.detail != ""
    assert not any(text in problem.detail for text in texts.values())


def test_a_key_is_read_from_either_header() -> None:
    """Spaces around it do not matter."""
    text = new_key_text()
    gate = gate_of(ring_of(record_of(text)))

    for header in (("x-api-key", f" {text} "), ("authorization", f"bearer  {text} ")):
        actor, _ = gate.admit(scope_of(("host", "x"), header), Role.VIEWER)
        assert actor == Actor("anna", Role.VIEWER, "north")


# --- how often


def test_each_answer_says_what_is_left() -> None:
    """The limit of the key counts, else that of the settings; after it the answer is 429 with the time to wait."""
    own, common = new_key_text(), new_key_text()
    gate = gate_of(ring_of(record_of(own, rate_limit=2), record_of(common, name="ben")), rate_limit=3)

    def figures(text: str) -> tuple[str, str]:
        headers = gate.admit(with_key(text), Role.VIEWER)[1]
        return headers["RateLimit-Policy"], headers["RateLimit"].rpartition(";")[0]

    assert [figures(own) for _ in range(2)] == [('"default";q=2;w=60', f'"default";r={left}') for left in (1, 0)]
    over = problem_of(gate, with_key(own))
    assert (over.status, over.code) == (429, "too_many_requests")
    wait = int(over.headers["Retry-After"])
    assert 1 <= wait <= 60
    assert over.headers["RateLimit"] == f'"default";r=0;t={wait}'
    assert over.headers["RateLimit-Policy"] == '"default";q=2;w=60'
    assert f"More than 2 requests in a minute; try again in {wait} s." == over.detail
    assert figures(common) == ('"default";q=3;w=60', '"default";r=2')


def test_waiting_takes_at_least_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the window ends this very moment: 0 would be an invitation to ask again at once."""
    text = new_key_text()
    gate = gate_of(ring_of(record_of(text)), rate_limit=3)
    later = time.time() + 3_600
    monkeypatch.setattr(gate_module, "time", SimpleNamespace(time=lambda: later))

    assert gate.admit(with_key(text), Role.VIEWER)[1]["RateLimit"].endswith(";t=1")


def test_without_a_limit_nothing_is_counted() -> None:
    """Neither of the key nor of the settings."""
    text = new_key_text()
    gate = gate_of(ring_of(record_of(text)), rate_limit=0)

    assert [gate.admit(with_key(text), Role.VIEWER)[1] for _ in range(3)] == [{}, {}, {}]


def test_wrong_keys_are_counted_per_address() -> None:
    """One more than there may be in a minute is 429, whatever is asked; other addresses are not touched."""
    gate = gate_of(ring_of(record_of(new_key_text())))
    wrong = ("x-api-key", "sc_wrong")

    statuses = [problem_of(gate, scope_of(wrong)).status for _ in range(FAILURES_PER_MINUTE)]
    over = problem_of(gate, scope_of(wrong))

    assert statuses == [401] * FAILURES_PER_MINUTE
    assert (over.status, over.code, over.headers) == (429, "too_many_requests", {"Retry-After": "60"})
    assert problem_of(gate, scope_of(wrong, client=("10.0.0.2", 1))).status == 401
    assert problem_of(gate, scope_of(wrong, client=None)).status == 401


# --- keys in memory


def test_a_key_ends_at_its_last_moment() -> None:
    """Not a second later; a revoked one is closed at any time, one without an end never."""
    texts = [new_key_text() for _ in range(3)]
    ring = ring_of(
        record_of(texts[0], expires_at=EXPIRES),
        record_of(texts[1], revoked_at=EXPIRES, expires_at=EXPIRES),
        record_of(texts[2], rate_limit=7),
    )

    assert [ring.check(texts[0], now=NOW + after).code for after in (-1, 0, 1)] == ["", "key_expired", "key_expired"]
    assert [ring.check(texts[1], now=now).code for now in (0, NOW + 1)] == ["key_revoked"] * 2
    assert ring.check(texts[2], now=NOW * 10).rate_limit == 7
    assert ring.check(new_key_text(), now=NOW).code == "key_invalid"
    assert ring.check("sc_", now=NOW).code == "key_invalid"


def test_a_wrong_secret_with_a_right_checksum_opens_nothing() -> None:
    """Whoever knows the id of a key can make such a text: only the hash of the secret keeps them out."""
    text, other = new_key_text(), new_key_text()
    body = f"{text[3:11]}_{other[12:55]}"
    forged = f"sc_{body}{checksum(body)}"
    ring = ring_of(record_of(text), record_of(other, revoked_at=EXPIRES))

    assert parse_key(forged) is not None
    assert ring.check(forged, now=NOW) == UNKNOWN_KEY
    assert ring.check(text, now=NOW).actor == Actor("anna", Role.VIEWER, "north")


def test_the_ring_knows_whether_there_was_ever_a_key() -> None:
    """A revoked one counts; the table is read again when asked for."""
    table = Table()
    ring = KeyRing(table)  # type: ignore[arg-type]
    assert ring.is_empty is True

    table.records = (record_of(new_key_text(), revoked_at=EXPIRES),)

    assert ring.is_empty is True
    ring.refresh()
    assert ring.is_empty is False


def test_uses_are_written_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of keys that opened, only after a minute or at the end, and each once."""
    good, ended = new_key_text(), new_key_text()
    table, clock = Table((record_of(good), record_of(ended, revoked_at=EXPIRES))), [1_000.0]
    monkeypatch.setattr(keyring_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    ring = KeyRing(table)  # type: ignore[arg-type]
    for text in (good, ended, new_key_text()):
        ring.check(text, now=NOW)

    def written(after: float, **how: bool) -> int:
        clock[0] += after
        ring.write_uses(**how)
        return len(table.touched)

    assert [written(0), written(TOUCH_SECONDS), written(1)] == [0, 0, 1]
    assert table.touched == [{good[3:11]: datetime.fromtimestamp(NOW, UTC)}]
    assert [written(TOUCH_SECONDS + 1), written(0, at_once=True)] == [1, 1]
    ring.check(good, now=NOW + 5)
    assert [written(0), written(0)] == [2, 2]
    ring.check(good, now=NOW + 9)
    assert [written(1), written(1, at_once=True)] == [2, 3]


# --- the table of routes


@pytest.mark.parametrize("operation", [None, "", "newRoute"])
def test_a_route_without_a_decision_is_none(operation: str | None) -> None:
    """The error says where to decide."""
    with pytest.raises(LookupError, match="add it to PERMISSIONS"):
        permission_of(operation)


def test_the_table_says_what_each_role_may() -> None:
    """One line for each route, one cell for each role; the page around it stays."""
    lines = {line.split("`")[1]: _cells(line) for line in roles_table().splitlines()[2:]}
    page = (
        "before\n<!-- roles: written by `python -m retriever.api.security.permissions` "
        "from the page on its standard input -->"
    )
    written = with_table(f"{page}\nold\n<!-- end -->\nafter")

    assert list(lines) == list(PERMISSIONS)
    assert lines["approveCase"] == ["", "", "yes", "yes", "yes"]
    assert lines["findSimilar"] == ["yes"] * 5
    assert lines["getHealth"] == ["public"] * 5
    assert written == f"{page}\n\n{roles_table()}\n<!-- end -->\nafter"
    assert [permission_of(name) for name in ("getHealth", "putCases")] == [SpecialAccess.PUBLIC, Role.KNOWLEDGE_MANAGER]


def _cells(line: str) -> Iterable[str]:
    return [cell.strip() for cell in line.split("|")[2:-1]]
