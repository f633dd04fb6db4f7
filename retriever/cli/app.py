"""The commands and the global options. A command's module is imported when it is called, so help answers at once."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from retriever import __version__

_TABLE = """\
serve     Serve the HTTP API until stopped.
ingest    Take cases into the library. The same file again changes nothing; exit 1 when a row was refused.
search    Find resolved cases like a problem.
retire    Make all published cases of a product, or of old versions of it, historical; --dry-run shows which.
evaluate  Measure ranking, confidence and abstention on labelled questions. The library itself is never changed.
calibrate Fit the confidence to the library's own judgements (at least 200); the order of matches does not change.
export    Write all cases as JSONL, CSV or XLSX; `ingest` takes the file back and changes nothing.
backup    Copy the library, also beside a running server, into a new folder with checksums. The index is not in it.
restore   Put a backup in the place of the library; stop the server first. Nothing counts before all checks have passed.
mask      Show a text as the library would store it, or, with --library, mask what is in the library already.
doctor    Check system, library, index and model, and say what to do; exit 3 when something fails. Changes nothing.
settings  Every setting with its value, where that comes from, and what it means.
sample    The sample library: load it, or take it out again.
case      Single cases.
review    Reviews of drafts and revisions, and what is due.
index     The index: derived from the library, built offline, published atomically.
model     Embedding models: which there are, how good they are here, which one serves.
key       API keys: who may use the HTTP API, as what, and which groups' cases they see.
audit     The audit log: who did what, and whether anybody tampered with it.
webhook   Deliveries of help desks: what came, what became of it.
"""
COMMANDS: Mapping[str, str] = {name: line for name, line in (row.split(None, 1) for row in _TABLE.splitlines())}
"""Name of a command, and of its module in `commands`, to the line that the list of commands shows."""


class CommandTable(TyperGroup):
    """The commands by name; each is a line of help until somebody calls it."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  typer's own
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=line) for name, line in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  typer's own copy of click
        """Import the command that is called, then let typer find it."""
        if args[0] in COMMANDS:
            self.commands[args[0]] = load_command(args[0])
        return super().resolve_command(ctx, args)


def load_command(name: str) -> TyperCommand | TyperGroup:
    """A command with its arguments, options and subcommands: its module has a function of its name, or an `app`."""
    module = import_module(f"retriever.cli.commands.{name}")
    only = typer.Typer()
    if hasattr(module, "app"):
        only.add_typer(module.app, name=name)
    else:
        only.command()(getattr(module, name))
    return cast("TyperCommand | TyperGroup", typer.main.get_group(only).commands[name])


app = typer.Typer(
    cls=CommandTable,
    name="similar-cases",
    help="Ask a library of resolved cases in any language; keep the library and its index.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the library.")] = None,
    model: Annotated[str | None, typer.Option(help="Embedding model: builtin, a folder or a hub id.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Ask a library of resolved cases in any language; keep the library and its index."""
    # They become settings only when a command asks, so that help never fails.
    given = {"data_dir": data_dir, "model": model, "log_level": log_level}
    context.obj = {name: value for name, value in given.items() if value is not None}


def load_commands() -> TyperGroup:
    """The whole tree, every command imported."""
    root = typer.main.get_group(app)
    root.commands = {name: load_command(name) for name in COMMANDS}
    return root
