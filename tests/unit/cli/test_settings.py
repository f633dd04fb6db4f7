"""settings: every value with where it comes from, for people and for programs; secrets stay hidden."""

import json

import pytest

from retriever.config import Settings
from tests.support.cli import Run


def test_every_setting_is_told_with_its_origin(run: Run) -> None:
    """A flag wins over the environment, the environment over the default."""
    rows = {row["name"]: row for row in json.loads(run("--model", "builtin", "settings", "--json").out)}

    assert list(rows) == list(Settings.model_fields)
    assert (rows["model"]["value"], rows["model"]["from"]) == ("builtin", "--model")
    assert (rows["data_dir"]["value"], rows["data_dir"]["from"]) == ("lib", "SIMILAR_CASES_DATA_DIR")
    assert (rows["port"]["value"], rows["port"]["from"]) == (8000, "default")


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_secret_is_never_shown(run: Run, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]) -> None:
    """Stars stand for it."""
    monkeypatch.setenv("SIMILAR_CASES_SMTP_PASSWORD", "swordfish")

    ran = run("settings", *flags)

    assert ran.code == 0
    assert "swordfish" not in ran.out
    assert "****" in ran.out


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_secrets_in_a_table_are_hidden_too(run: Run, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]) -> None:
    """The table of webhook secrets is shown with its names and without its secrets."""
    monkeypatch.setenv("SIMILAR_CASES_WEBHOOK_SECRETS", '{"zendesk": "swordfish-and-more"}')

    ran = run("settings", *flags)

    assert (ran.code, "zendesk" in ran.out, "swordfish" in ran.out) == (0, True, False)
