"""Commands that run the service and tell its settings: serve and settings."""

import os
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.cli.context import Json, flags_of, settings_of
from retriever.cli.output import err, out, print_json, print_result, print_table, progress_bars

if TYPE_CHECKING:
    from retriever.config import Settings

EXAMPLES = (
    "退款什么时候到账",
    "Parcel shows signed for, nobody at home got it and no pickup code came by text",
    "红烧肉怎么做才不腻",
)
"""A Chinese question with an English case, an English one with a Chinese case, and one that no case answers."""


def serve(
    context: typer.Context,
    sample: Annotated[
        bool, typer.Option("--sample", help="Load the sample library first if there is no case yet.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.")] = None,
) -> None:
    """Serve the HTTP API until stopped."""
    settings = settings_of(context, host=host, port=port, workers=workers)
    if sample:
        prepare_sample(settings)
    settings = settings_of(context, quiet=False, host=host, port=port, workers=workers)
    from retriever.api.server import serve as run  # noqa: PLC0415  see retriever/cli/__init__.py

    run(settings, announce=lambda address: err.print(f"similar-cases serves on {address} (Ctrl-C stops it)"))


def prepare_sample(settings: "Settings") -> None:
    """Fill an empty library with the sample, build the index if there is none and ask it three questions.

    Does nothing, and loads no model, when there is an index already.
    """
    from index.snapshots import Snapshots  # noqa: PLC0415

    if Snapshots(settings.index_dir).names():
        return
    from retriever.cli.commands.ingest import load_sample  # noqa: PLC0415
    from retriever.domain import Query  # noqa: PLC0415
    from retriever.indexing.rebuild import rebuild  # noqa: PLC0415
    from retriever.wiring.library import open_library  # noqa: PLC0415
    from retriever.wiring.service import open_encoder, open_service  # noqa: PLC0415

    with open_library(settings) as store:
        if not any(store.cases.count_by_status().values()):
            report = load_sample(store)
            err.print(f"{report.created} sample cases loaded into {settings.data_dir}", markup=False)
        with progress_bars() as bars:
            rebuild(
                store,
                open_encoder(settings),
                settings.index_dir,
                threads=settings.threads,
                keep=settings.keep_snapshots,
                progress=bars,
            )
    with open_service(settings) as service:
        for question in EXAMPLES:
            print_result(question, service.find_similar(Query(problem=question, limit=1)))


def settings(context: typer.Context, json_: Json = False) -> None:
    """Every setting with its value, where that comes from, and what it means."""
    chosen = settings_of(context)
    rows = [
        {"name": name, "value": getattr(chosen, name), "from": origin, "meaning": meaning}
        for (name, meaning), origin in zip(_meanings().items(), _origins(flags_of(context)), strict=True)
    ]
    if json_:
        print_json(rows)
        return
    print_table(("setting", "value", "from", "meaning"), [[_shown(cell) for cell in row.values()] for row in rows])
    out.print("Order: flag, then environment, then file, then default.", style="dim")


def _meanings() -> Mapping[str, str]:
    from retriever.config import Settings  # noqa: PLC0415

    return {name: field.description or "" for name, field in Settings.model_fields.items()}


def _origins(flags: Mapping[str, Any]) -> list[str]:
    """Where the value of each setting comes from, in their order."""
    from retriever.config import ENV_PREFIX, Settings, config_file  # noqa: PLC0415

    file = config_file()
    in_file = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    in_environment = {name.upper() for name in os.environ}
    origins = []
    for name in Settings.model_fields:
        variable = ENV_PREFIX + name.upper()
        if name in flags:
            origins.append("--" + name.replace("_", "-"))
        elif variable in in_environment:
            origins.append(variable)
        else:
            origins.append(str(file) if name in in_file else "default")
    return origins


def _shown(value: object) -> str:
    return "" if value is None else str(value)
