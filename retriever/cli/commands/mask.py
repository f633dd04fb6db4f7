"""`similar-cases mask`: what masking makes of a text, and why; `--library` masks what is stored already."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from retriever.case.tidy import tidy_text
from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, Json
from retriever.cli.library import open_present_store_of
from retriever.cli.output import err, print_json, print_table, progress_bars
from retriever.errors import InvalidInput
from retriever.masking import MASKING_VERSION, KnownEntities, Masked, mask_text
from retriever.masking.listed import NAMES_FILE, load_names

LONGEST = 10_000_000
"""Characters taken at once."""


def mask(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The text; - reads standard input.")] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="Read the text from this file (UTF-8).")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="List each masked passage with its rule.")] = False,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="With --explain: print the masked values too.")
    ] = False,
    library: Annotated[
        bool, typer.Option("--library", help="Mask what is stored already, old versions too: changes it in place.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="With --library: look at everything again after an interrupted run.")
    ] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Show a text as the library would store it, or, with --library, mask what is in the library already."""
    if sum((text is not None, file is not None, library)) != 1:
        raise InvalidInput("give a text, - for standard input, --file, or --library.")
    if library:
        _mask_library(context, dry_run=dry_run, restart=restart, json_=json_)
        return
    original = tidy_text(_read(file) if file is not None else sys.stdin.read() if text == "-" else str(text))
    if len(original) > LONGEST:
        raise InvalidInput(f"the text has {len(original):,} characters, at most {LONGEST:,} are taken: split it.")
    masked = mask_text(original, KnownEntities(listed=load_names(_names_file(context))))
    rows = _rows(original, masked, show_values=show_values)
    if json_:
        print_json({"text": masked.text, "masking_version": MASKING_VERSION} | ({"spans": rows} if explain else {}))
        return
    sys.stdout.write(masked.text if masked.text.endswith("\n") else masked.text + "\n")
    if explain and rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _names_file(context: typer.Context) -> Path:
    return settings_of(context).database_path.with_name(NAMES_FILE)


def _mask_library(context: typer.Context, *, dry_run: bool, restart: bool, json_: bool) -> None:
    with open_present_store_of(context, read_only=dry_run) as store, progress_bars() as bars:
        done = store.remask(dry_run=dry_run, restart=restart, progress=bars)
    if json_:
        print_json({"dry_run": dry_run, "resumed": done.resumed, "changed": done.changed, "by_rule": done.by_rule})
    else:
        print_table(("where", "would change" if dry_run else "changed"), list(done.changed.items()))
        print_table(("rule", "passages"), list(done.by_rule.items()))
    if any(done.changed.values()) and not dry_run:
        err.print(
            "The present snapshot still holds words of what was masked: run `similar-cases index rebuild`, then "
            "`similar-cases index prune`. Backups hold it as well."
        )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 at byte {error.start}; convert it first.") from error


def _rows(original: str, masked: Masked, *, show_values: bool) -> list[dict[str, object]]:
    """Spans without their values: what is masked must not come back in the terminal's or the job's log."""
    return [
        {"start": span.start, "end": span.end, "placeholder": span.placeholder, "rule": span.rule}
        | ({"value": original[span.start : span.end]} if show_values else {})
        for span in masked.spans
    ]
