"""`similar-cases serve`: the HTTP API."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from retriever.api.server import serve as run_server
from retriever.cli.context import settings_of, tell_if_file_is_overruled
from retriever.cli.output import err, progress_bars
from retriever.cli.results import print_result
from retriever.operations.keys import make_first_key
from retriever.operations.sample import prepare_sample


def serve(
    context: typer.Context,
    *,
    sample: Annotated[
        bool, typer.Option("--sample/--no-sample", help="Load the sample first if the library never held a case.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    first_key: Annotated[
        Path | None, typer.Option(help="Make an administrator's API key if there is none, and write it into this file.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.")] = None,
) -> None:
    """Serve the HTTP API until stopped."""
    settings = settings_of(context, host=host, port=port, workers=workers)
    if sample:
        with progress_bars() as bars:
            answers = prepare_sample(settings, loaded=partial(_print_loaded, settings.data_dir), progress=bars)
        for question, result in answers.items():
            print_result(question, result)
    if first_key is not None and make_first_key(settings, first_key):
        err.print(f"the first API key lies in {first_key}: take it out and delete the file", markup=False)
    settings = settings_of(context, quiet=False, host=host, port=port, workers=workers)
    tell_if_file_is_overruled(context, settings)
    run_server(settings, announce=lambda address: err.print(f"similar-cases serves on {address} (Ctrl-C stops it)"))


def _print_loaded(folder: Path, cases: int) -> None:
    err.print(f"{cases} sample cases loaded into {folder}", markup=False)
