"""key: made once, rotated, revoked."""

import json
from pathlib import Path

from tests.support.cli import Run


def test_a_key_is_printed_once_and_never_again(run: Run, cases_file: Path, tmp_path: Path) -> None:
    """On standard output alone; the list and the audit log show its id."""
    run("ingest", cases_file)
    made = run("key", "create", "anna", "--role", "contributor", "--audience", "lab")
    key = made.out.strip()
    listed, log = run("key", "list", "--json"), run("audit", "list", "--json")

    assert key.startswith("sc_")
    assert key not in made.err
    assert (
        json.loads(listed.out)[0] | {"role": "contributor", "audience": ["lab"], "state": "alive"}
        == json.loads(listed.out)[0]
    )
    assert key[12:] not in listed.out + log.out
    assert key[3:11] in log.out


def test_keys_are_rotated_and_revoked(run: Run, cases_file: Path) -> None:
    """By name and by id (or the key itself, when it leaked); a dry run changes nothing."""
    run("ingest", cases_file)
    first = run("key", "create", "anna", "--json").out
    second = run("key", "rotate", "anna").out.strip()

    assert run("key", "revoke", second, "--dry-run").code == 0
    assert run("key", "revoke", second).code == 0
    assert run("key", "rotate", "ben").code == 1
    assert run("key", "create", "ben", "--role", "king").code == 1
    assert run("key", "create", "ben", "--dry-run").out == ""
    states = {key["id"]: key["state"] for key in json.loads(run("key", "list", "--json").out)}
    assert states == {json.loads(first)["id"]: "alive", second[3:11]: "revoked"}
