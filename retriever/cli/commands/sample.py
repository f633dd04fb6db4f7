"""`similar-cases sample …`: the sample library in, and out again."""

import typer

from retriever.cli.flags import DryRun
from retriever.cli.library import open_present_store_of, open_store_of
from retriever.cli.output import out, progress_bars
from retriever.operations.sample import load_sample, remove_sample

app = typer.Typer(help="The sample library: load it, or take it out again.")


@app.command()
def load(context: typer.Context, dry_run: DryRun = False) -> None:
    """Load those sample cases that are not there, their dates as of today; as `ingest --sample` does."""
    with open_store_of(context) as store:
        report = load_sample(store, dry_run=dry_run)
    out.print(f"{report.created} sample cases {'would be ' if dry_run else ''}loaded, {report.unchanged} were there")


@app.command()
def remove(context: typer.Context, dry_run: DryRun = False) -> None:
    """Take every case of the sample out of the library; your own stay. `case undelete` brings one back."""
    with open_present_store_of(context, read_only=dry_run) as store, progress_bars() as bars:
        count = remove_sample(store, dry_run=dry_run, progress=bars)
    out.print(f"{count} sample cases {'would be ' if dry_run else ''}removed")
