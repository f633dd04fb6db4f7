"""The command tree and its global options."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.commands import backup as backups
from retriever.cli.commands import calibrate as calibrating
from retriever.cli.commands import case_history as histories
from retriever.cli.commands import doctor
from retriever.cli.commands import evaluate as evaluating
from retriever.cli.commands import ingest as library
from retriever.cli.commands import mask as masking
from retriever.cli.commands import model_use as model_changes
from retriever.cli.commands import search as reading
from retriever.cli.commands import serve as running
from retriever.cli.commands.audit import audit_app
from retriever.cli.commands.case import cases_app
from retriever.cli.commands.index import index_app
from retriever.cli.commands.key import keys_app
from retriever.cli.commands.model import models_app
from retriever.cli.commands.review import reviews_app
from retriever.cli.commands.webhook import webhooks_app
from retriever.cli.context import Flags

app = typer.Typer(
    name="similar-cases",
    help="Ask a library of resolved cases in any language; keep the library and its index.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(running.serve)
app.command()(library.ingest)
app.command()(reading.search)
app.add_typer(cases_app, name="case")
app.add_typer(reviews_app, name="review")
app.command()(histories.retire)
app.add_typer(index_app, name="index")
app.command()(evaluating.evaluate)
app.command()(calibrating.calibrate)
app.command()(library.export)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(masking.mask)
models_app.command()(model_changes.use)
models_app.command()(model_changes.download)
models_app.command()(model_changes.prune)
app.add_typer(models_app, name="model")
app.add_typer(keys_app, name="key")
app.add_typer(audit_app, name="audit")
app.add_typer(webhooks_app, name="webhook")
app.command()(doctor.doctor)
app.command()(running.settings)


@app.callback()
def options(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the library.")] = None,
    model: Annotated[str | None, typer.Option(help="Embedding model: builtin, a folder or a hub id.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Ask a library of resolved cases in any language; keep the library and its index."""
    context.obj = Flags({"data_dir": data_dir, "model": model, "log_level": log_level})
