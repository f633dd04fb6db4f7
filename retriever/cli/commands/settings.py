"""`similar-cases settings`: what holds here, and where it comes from."""

import os
import tomllib
from collections.abc import Mapping
from typing import Any

import typer
from pydantic import SecretStr

from retriever.cli.context import options_of, settings_of
from retriever.cli.flags import Json
from retriever.cli.output import out, print_json, print_table
from retriever.config import ENV_PREFIX, Settings, config_file, load_settings


def settings(context: typer.Context, json_: Json = False) -> None:
    """Every setting with its value, where that comes from, and what it means."""
    chosen, asked = settings_of(context), load_settings(**options_of(context))
    origins = [
        origin if getattr(chosen, name) == getattr(asked, name) else "the library's index"
        for name, origin in _origins(options_of(context)).items()
    ]
    rows = [
        {"name": name, "value": _plain(getattr(chosen, name)), "from": origin, "meaning": meaning}
        for (name, meaning), origin in zip(_meanings().items(), origins, strict=True)
    ]
    if json_:
        print_json(rows)
        return
    print_table(("setting", "value", "from", "meaning"), [[_shown(cell) for cell in row.values()] for row in rows])
    out.print("Order: flag, then environment, then file, then default.", style="dim")


def _meanings() -> Mapping[str, str]:
    return {name: field.description or "" for name, field in Settings.model_fields.items()}


def _origins(options: Mapping[str, Any]) -> dict[str, str]:
    """Where the value of each setting comes from, as it was asked for."""
    file = config_file()
    in_file = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    in_environment = {name.upper() for name in os.environ}
    origins = {}
    for name in Settings.model_fields:
        variable = ENV_PREFIX + name.upper()
        if name in options:
            origins[name] = "--" + name.replace("_", "-")
        elif variable in in_environment:
            origins[name] = variable
        else:
            origins[name] = str(file) if name in in_file else "default"
    return origins


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _plain(value: object) -> object:
    """A secret, alone or among others, is shown as stars."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return str(value) if isinstance(value, SecretStr) else value
