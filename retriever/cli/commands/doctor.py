"""`similar-cases doctor`: is everything in order here, and if not, what to do?"""

import typer
from rich.text import Text

from retriever.cli.context import settings_of
from retriever.cli.flags import Json
from retriever.cli.output import out, print_json
from retriever.operations.doctor import Diagnosis, Health, diagnose

STYLES: dict[Health, str] = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(context: typer.Context, json_: Json = False) -> None:
    """Check system, library, index and model, and say what to do; exit 3 when something fails. Changes nothing."""
    found: list[Diagnosis] = []
    for diagnosis in diagnose(settings_of(context)):
        found.append(diagnosis)
        if not json_:
            _print(diagnosis)
    failed = any(diagnosis.state == "fail" for diagnosis in found)
    if json_:
        print_json({"ok": not failed, "findings": found})
    if failed:
        raise typer.Exit(3)


def _print(diagnosis: Diagnosis) -> None:
    line = Text(f"{diagnosis.state:<5}", STYLES[diagnosis.state])
    line.append(f"{diagnosis.what}: {diagnosis.found}", "default")
    if diagnosis.mend:
        line.append(f"\n      → {diagnosis.mend}", "default")
    out.print(line)
