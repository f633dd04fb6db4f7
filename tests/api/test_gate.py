"""Who gets in: keys, their headers, expiry and revocation, local use without keys, limits, and what is never told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from retriever.api.app import create_app
from retriever.api.security.gate import FAILURES_PER_MINUTE, Gate
from retriever.api.security.keyring import KeyRing
from retriever.api.security.locality import is_loopback
from retriever.api.server import check_exposure
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Role
from retriever.errors import InvalidSettings
from retriever.store.keys import new_key_text
from retriever.wiring.service import Service
from tests.support.api import LIBRARY, build_service, client_of
from tests.support.waiting import until

EVERYWHERE = "0.0.0.0"  # noqa: S104  the address that is tested


@pytest.fixture
def make_key(service: Service) -> Callable[..., str]:
    """A function that makes a key."""

    def make(name: str = "anna", role: Role = Role.VIEWER, *groups: str, **more: int) -> str:
        return service.store.keys.create(Actor(name, role, "north", groups), by=OPERATOR, **{"days": 30, **more}).text

    return make


def client_from_outside(service: Service, **settings: object) -> TestClient:
    """A client of the library as somebody on another machine would see it."""
    app = create_app(service, service.settings.model_copy(update={"host": EVERYWHERE, **settings}))
    return TestClient(app, base_url="http://cases.example", raise_server_exceptions=False)


@pytest.fixture
def open_keyed(service: Service) -> Iterator[Callable[..., TestClient]]:
    """A function that opens such a client of the small library."""
    with ExitStack() as stack:

        def open_one(key: str | None = None, **settings: object) -> TestClient:
            client = stack.enter_context(client_from_outside(service, **settings))
            if key is not None:
                client.headers["Authorization"] = f"Bearer {key}"
            return client

        yield open_one


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A client for tests that change nothing, and the key of a viewer, which it does not send by itself."""
    with build_service(tmp_path_factory.mktemp("stranger"), *LIBRARY) as service:
        key = service.store.keys.create(Actor("anna", Role.VIEWER), by=OPERATOR, days=30).text
        with client_from_outside(service) as client:
            yield client, key


def test_a_key_opens_in_either_header(stranger: tuple[TestClient, str]) -> None:
    """Bearer in any case, or X-API-Key; both at once are refused."""
    client, key = stranger

    for headers in ({"Authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"X-API-Key": key}):
        assert client.get("/v1/cases/refund", headers=headers).status_code == 200
    both = client.get("/v1/cases/refund", headers={"Authorization": f"Bearer {key}", "X-API-Key": key})
    assert (both.status_code, both.json()["code"]) == (401, "key_ambiguous")


def test_without_a_key_nobody_gets_in(stranger: tuple[TestClient, str]) -> None:
    """401 says how to ask; a key in the address is not even read."""
    client, key = stranger
    answer = client.get("/v1/cases/refund")
    inside = client.get(f"/v1/cases/refund?api_key={key}")

    assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="similar-cases"'
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert inside.status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic c2M6eA==", "Bearer sc_x", "Bearer {other}", "Bearer {key}x", "{key}"],
)
def test_what_is_no_key_of_ours_is_refused(stranger: tuple[TestClient, str], header: str) -> None:
    """A wrong scheme, a broken key and a well-formed unknown one all read the same."""
    client, key = stranger
    answer = client.get("/v1/cases/refund", headers={"Authorization": header.format(key=key, other=new_key_text())})

    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_secret_of_another_key_does_not_fit(service: Service, make_key: Callable[..., str]) -> None:
    """Id and secret belong together."""
    one, two = make_key("one"), make_key("two")
    ring = KeyRing(service.store.keys)
    crossed = one[:12] + two[12:]

    assert ring.check(crossed, now=time.time()).actor is None
    assert ring.check(one, now=time.time()).actor == Actor("one", Role.VIEWER, "north")


def test_too_low_a_role_is_forbidden(stranger: tuple[TestClient, str]) -> None:
    """403 names the role that it takes."""
    client, key = stranger
    answer = client.delete("/v1/cases/refund", headers={"If-Match": "*", "X-API-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "knowledge manager" in answer.json()["detail"]


def test_expired_and_revoked_keys_say_so(service: Service, make_key: Callable[..., str]) -> None:
    """Only to who holds the key: that is somebody who must be told to get another."""
    key = make_key()
    ring = KeyRing(service.store.keys)

    assert ring.check(key, now=time.time() + 31 * 86_400).code == "key_expired"
    service.store.keys.revoke(key[3:11], by=OPERATOR)
    assert ring.check(key, now=time.time()).actor is not None
    ring.refresh()
    assert ring.check(key, now=time.time()).code == "key_revoked"


def test_a_revoked_key_is_refused_within_a_second(
    open_keyed: Callable[..., TestClient], make_key: Callable[..., str], service: Service
) -> None:
    """However rarely the server looks for changes; a new key works as soon."""
    key = make_key()
    client = open_keyed(key, poll_seconds=60)
    assert client.get("/v1/cases/refund").status_code == 200
    service.store.keys.revoke(key[3:11], by=OPERATOR)
    begin = time.monotonic()
    while (status := client.get("/v1/cases/refund").status_code) == 200:
        assert time.monotonic() - begin < 5
        time.sleep(0.05)

    assert status == 401
    assert time.monotonic() - begin < 1.5  # a busy machine may be late; alone it takes 0.5 s at most


def test_a_revoked_key_is_refused_within_a_second_of_the_start_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server still loads, or does once a day, keeps nobody in: keys have a thread of their own."""
    busy = threading.Event()
    monkeypatch.setattr("retriever.api.runtime.load_compiled", lambda: busy.wait(20))
    service = build_service(tmp_path, *LIBRARY)
    key = service.store.keys.create(Actor("anna", Role.VIEWER), by=OPERATOR, days=30).text
    app = create_app(lambda: service, service.settings.model_copy(update={"host": EVERYWHERE, "poll_seconds": 60}))
    with TestClient(app, base_url="http://cases.example", headers={"X-API-Key": key}) as client:
        until(lambda: client.get("/v1/cases").status_code == 200)
        service.store.keys.revoke(key[3:11], by=OPERATOR)
        begin = time.monotonic()
        until(lambda: client.get("/v1/cases").status_code == 401)
        took = time.monotonic() - begin
        busy.set()

    assert took < 1.5  # a busy machine may be late; alone it takes 0.3 s at most


def test_the_library_learns_when_a_key_was_used(service: Service, make_key: Callable[..., str]) -> None:
    """At the end of the process at the latest."""
    key = make_key()
    with client_of(service) as client:
        client.get("/v1/cases", headers={"X-API-Key": key})
        client.get("/v1/cases", headers={"X-API-Key": new_key_text()})

    assert service.store.keys.get(key[3:11]).last_used_at.startswith("20")


def test_local_use_needs_no_key_until_there_is_one(service: Service) -> None:
    """The first key closes the door for everybody without, also after it was revoked."""
    with client_of(service) as client:
        assert client.get("/v1/cases").status_code == 200
        made = service.store.keys.create(Actor("anna", Role.VIEWER), by=OPERATOR, days=1)
        service.store.keys.revoke(made.record.id, by=OPERATOR)
        client.app.state.runtime.find_keys().refresh()  # type: ignore[attr-defined]

        assert client.get("/v1/cases").status_code == 401


@pytest.mark.parametrize("host", ["cases.example", "localhost.example", "192.168.1.5:8000", "[::2]", ""])
def test_a_foreign_name_does_not_count_as_local(reader: TestClient, host: str) -> None:
    """A page that rebinds its name to 127.0.0.1, or a proxy for the world, is not the operator."""
    answer = reader.get("/v1/cases", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
    assert "similar-cases key create" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "127.8.8.8"])
def test_local_names_count(reader: TestClient, host: str) -> None:
    """With and without port, in both families."""
    assert reader.get("/v1/cases", headers={"Host": host}).status_code == 200


def test_other_machines_never_get_in_without_keys(open_keyed: Callable[..., TestClient]) -> None:
    """Whatever the Host header says, when the server listens to the world."""
    assert open_keyed().get("/v1/cases", headers={"Host": "localhost"}).status_code == 401


def test_a_server_for_others_needs_a_key_at_start(tmp_path: Path) -> None:
    """It refuses to start, with the command that mends it; with a key it may."""
    settings = Settings(data_dir=tmp_path, host=EVERYWHERE)
    check_exposure(Settings(data_dir=tmp_path))
    with pytest.raises(InvalidSettings, match="similar-cases key create"):
        check_exposure(settings)
    with build_service(tmp_path) as service:
        with pytest.raises(InvalidSettings, match="similar-cases key create"):
            check_exposure(settings)
        service.store.keys.create(Actor("anna", Role.ADMIN), by=OPERATOR, days=1)

    check_exposure(settings)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        (EVERYWHERE, False),
        ("::", False),
        ("10.0.0.1", False),
        ("example.org", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, local: bool) -> None:
    """All addresses at once are not loopback."""
    assert is_loopback(host) is local


def test_health_is_open_and_metrics_are_not(
    open_keyed: Callable[..., TestClient], make_key: Callable[..., str]
) -> None:
    """Readiness is for load balancers; figures are for who has a key, or for all by setting."""
    key = make_key()
    closed, opened = open_keyed(), open_keyed(open_metrics=True)

    assert [closed.get(path).status_code for path in ("/healthz", "/readyz", "/openapi.json")] == [200, 200, 200]
    assert [closed.get(path).status_code for path in ("/metrics", "/version")] == [401, 401]
    assert [opened.get(path).status_code for path in ("/metrics", "/version", "/v1/cases")] == [200, 200, 401]
    assert closed.get("/metrics", headers={"X-API-Key": key}).status_code == 200


def test_requests_are_counted_per_client(open_keyed: Callable[..., TestClient], make_key: Callable[..., str]) -> None:
    """Each answer says what is left; above the limit it is 429 with the time to wait. Others are not touched."""
    one, two = make_key("one", rate_limit=3), make_key("two")
    client = open_keyed(rate_limit=100)
    left = [client.get("/v1/cases", headers={"X-API-Key": one}).headers["RateLimit"] for _ in range(3)]
    over = client.get("/v1/cases", headers={"X-API-Key": one})

    assert [part.split(";")[1] for part in left] == ["r=2", "r=1", "r=0"]
    assert (over.status_code, over.json()["code"]) == (429, "too_many_requests")
    assert over.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(over.headers["Retry-After"]) <= 60
    assert over.headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert client.get("/v1/cases", headers={"X-API-Key": two}).headers["RateLimit-Policy"] == '"default";q=100;w=60'


def test_both_keys_of_a_client_share_its_limit(
    open_keyed: Callable[..., TestClient], make_key: Callable[..., str], service: Service
) -> None:
    """Rotating is no way to get more."""
    one = make_key("one", rate_limit=3)
    two = service.store.keys.rotate("one", by=OPERATOR, overlap_hours=1, days=1).text
    client = open_keyed()

    statuses = [client.get("/v1/cases", headers={"X-API-Key": key}).status_code for key in (one, two, one, two)]
    assert statuses == [200, 200, 200, 429]


def test_no_limit_by_setting(open_keyed: Callable[..., TestClient], make_key: Callable[..., str]) -> None:
    """0 turns counting off, and no header speaks of a limit."""
    answer = open_keyed(make_key(), rate_limit=0).get("/v1/cases")

    assert "RateLimit" not in answer.headers


def test_guessing_is_slowed_down(open_keyed: Callable[..., TestClient], make_key: Callable[..., str]) -> None:
    """Too many wrong keys from one address are 429; the right one still works."""
    key = make_key()
    client = open_keyed()
    statuses = [
        client.get("/v1/cases", headers={"X-API-Key": "wrong"}).status_code for _ in range(FAILURES_PER_MINUTE + 1)
    ]

    assert statuses == [401] * FAILURES_PER_MINUTE + [429]
    assert client.get("/v1/cases", headers={"X-API-Key": key}).status_code == 200


def test_a_key_is_never_told(
    open_keyed: Callable[..., TestClient],
    make_key: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    service: Service,
) -> None:
    """Neither answers, logs nor metrics repeat a key, be it right, wrong or revoked."""
    good, bad = make_key(), new_key_text()
    client = open_keyed()
    told = []
    for key in (good, bad, good + "x", good[:-1]):
        for path in ("/v1/cases/refund", "/v1/cases/nothing", "/v1/nowhere", "/v1/cases?x=1"):
            answer = client.get(path, headers={"Authorization": f"Bearer {key}"})
            told.append(answer.text + str(answer.headers))
    told.append(client.get("/metrics", headers={"X-API-Key": good}).text)
    told.append("".join(capsys.readouterr()))
    told.append("".join(str(entry) for entry in service.store.audit.iter_entries()))

    assert not [text for text in told if good[12:30] in text or bad[12:30] in text]


def test_the_check_takes_microseconds(service: Service, make_key: Callable[..., str]) -> None:
    """Everything that happens at the door: parse, hash, compare, count, headers. The best of several runs.

    About 15 microseconds on a quiet machine; the bound is for busy ones, and still tells a look into the database.
    """
    key = make_key()
    ring = KeyRing(service.store.keys)
    gate = Gate(service.settings.model_copy(update={"rate_limit": 1_000_000}), lambda: ring)
    scope = {
        "type": "http",
        "client": ("10.0.0.1", 1),
        "headers": [(b"host", b"x"), (b"user-agent", b"y" * 50), (b"authorization", b"Bearer " + key.encode())],
    }
    best = float("inf")
    for _ in range(20):
        begin = time.thread_time()
        for _ in range(200):
            gate.admit(scope, Role.VIEWER)
        best = min(best, (time.thread_time() - begin) / 200)

    assert best < 200e-6


def test_uses_are_written_now_and_then(service: Service, make_key: Callable[..., str]) -> None:
    """Not at every look at the keys: only after a minute, or when the process ends."""
    key = make_key()
    ring = KeyRing(service.store.keys)
    ring.check(key, now=time.time())
    ring.write_uses()
    soon = service.store.keys.get(key[3:11]).last_used_at
    ring.write_uses(at_once=True)

    assert (soon, service.store.keys.get(key[3:11]).last_used_at != "") == ("", True)
