"""`similar-cases mask`: what masking makes of a text, and why."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.cli.context import Json
from retriever.cli.output import print_json, print_table
from retriever.errors import InvalidInput

if TYPE_CHECKING:
    from retriever.masking import Masked

LONGEST = 10_000_000
"""Characters taken at once."""


def mask(
    text: Annotated[str | None, typer.Argument(help="The text; - reads standard input.")] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="Read the text from this file (UTF-8).")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="List each masked passage with its rule.")] = False,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="With --explain: print the masked values too.")
    ] = False,
    json_: Json = False,
) -> None:
    """Show a text as the library would store it; nothing is written."""
    from retriever.masking import MASKING_VERSION, mask_text  # noqa: PLC0415  see retriever/cli/__init__.py

    if (text is None) == (file is None):
        raise InvalidInput("give a text, - for standard input, or --file.")
    original = _read(file) if file is not None else sys.stdin.read() if text == "-" else str(text)
    if len(original) > LONGEST:
        raise InvalidInput(f"the text has {len(original):,} characters, at most {LONGEST:,} are taken: split it.")
    masked = mask_text(original)
    rows = _rows(original, masked, show_values=show_values)
    if json_:
        print_json({"text": masked.text, "masking_version": MASKING_VERSION} | ({"spans": rows} if explain else {}))
        return
    sys.stdout.write(masked.text if masked.text.endswith("\n") else masked.text + "\n")
    if explain and rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 at byte {error.start}; convert it first.") from error


def _rows(original: str, masked: "Masked", *, show_values: bool) -> list[dict[str, object]]:
    """Spans without their values: what is masked must not come back in the terminal's or the job's log."""
    return [
        {"start": span.start, "end": span.end, "placeholder": span.placeholder, "rule": span.rule}
        | ({"value": original[span.start : span.end]} if show_values else {})
        for span in masked.spans
    ]
