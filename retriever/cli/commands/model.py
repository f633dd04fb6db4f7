"""`similar-cases model …`: list, info, check, compare; use, download, prune."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.cli.context import settings_of, warn_if_model_is_overruled
from retriever.cli.flags import DryRun, Json
from retriever.cli.output import err, out, print_json, print_table, progress_bars
from retriever.embedding.cards import ModelCard
from retriever.embedding.loading import HUB_FILES, download_model
from retriever.operations.model_check import check_model
from retriever.operations.model_list import KnownModel, ModelDescription, describe_model, list_models
from retriever.operations.model_use import prune_vectors, use_model

if TYPE_CHECKING:
    from retriever.operations.model_compare import ModelComparison

app = typer.Typer(help="Embedding models: which there are, how good they are here, which one serves.")
Name = Annotated[str, typer.Argument(help="builtin, a folder or a hub id.")]
COMPARED = ("ndcg@10", "mrr@10", "recall@10")


@app.command("list")
def list_(context: typer.Context, json_: Json = False) -> None:
    """Models worth choosing, which of them are on this machine, and when to take which."""
    rows = [_row(model) for model in list_models(settings_of(context))]
    if json_:
        print_json(rows)
        return
    print_table(
        ("model", "", "dims", "tokens", "licence", "choose it when"),
        [
            (
                row["model"],
                "in use" if row["in_use"] else "here" if row["here"] else "",
                row.get("dims", ""),
                row.get("max_tokens") or "any",
                row.get("licence", ""),
                row.get("choose_when", ""),
            )
            for row in rows
        ],
    )


@app.command()
def info(context: typer.Context, name: Name, json_: Json = False) -> None:
    """What is known about one model: from its card, and from its files if they are here."""
    found = _facts(describe_model(name, settings_of(context)))
    if json_:
        print_json(found)
        return
    print_table(("what", "value"), [(what, value) for what, value in found.items() if value not in ("", None)])


@app.command()
def check(context: typer.Context, name: Name, json_: Json = False) -> None:
    """Load a model and try it: unit vectors, the same each time and in a batch; speed and size. Exit 3 if not."""
    with progress_bars() as bars:
        _, found = check_model(name, settings_of(context), progress=bars)
    if json_:
        print_json(found)
    else:
        print_table(("what", "value"), list(asdict(found).items()))


@app.command()
def compare(
    context: typer.Context,
    one: Name,
    other: Name,
    data: Annotated[list[Path] | None, typer.Option(help="BEIR folder; the sample questions without it.")] = None,
    json_: Json = False,
) -> None:
    """Quality, speed and size of two models side by side, on labelled questions, by exact search."""
    from retriever.operations.model_compare import compare_models  # noqa: PLC0415  statistics take longer than the rest

    found = compare_models((one, other), settings_of(context), data or (), started=_print_started)
    if json_:
        models = {name: {"checks": found.checks[name], **found.measures[name]} for name in found.checks}
        print_json({"machine": found.machine, "models": models})
        return
    print_table(("", one, other), list(_side_by_side(found, one, other)))


@app.command()
def use(
    context: typer.Context,
    name: Name,
    dims: Annotated[
        int | None, typer.Option(min=16, max=8192, help="Cut vectors of a Matryoshka model to this length.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Serve this library with another model: check it, build its snapshot beside the old one, and serve that.

    The model belongs to the library: every command and server that opens it takes the model that built its snapshot.
    Running servers load the model beside the present one and change without failing a question. A snapshot that this
    model has built before is taken again, so that the way back costs seconds.
    """
    settings = settings_of(context)
    with progress_bars() as bars:
        done = use_model(settings, name, dims=dims, dry_run=dry_run, progress=bars)
    if dry_run:
        how = f"snapshot {done.snapshot} would be served again" if done.snapshot else "a new snapshot would be built"
        out.print(f"{how}, by model {done.model!r}", markup=False)
        return
    out.print(done.snapshot)
    back = f" `similar-cases index rollback` goes back to {done.before}." if done.before else ""
    err.print(
        f"this library is served by model {done.model!r} from now on, snapshot {done.snapshot}; running servers change "
        f"by themselves.{back}",
        markup=False,
    )
    warn_if_model_is_overruled(context)


@app.command()
def download(
    name: Name,
    revision: Annotated[str, typer.Option(help="Commit, tag or branch of the hub; the newest without it.")] = "",
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Fetch a hub model, weights as safetensors only, and print its name pinned to the commit that came."""
    if dry_run:
        at = f" at {revision}" if revision else ""
        out.print(f"would fetch {', '.join(HUB_FILES)} of {name}{at} into the cache of the hub's library", markup=False)
        return
    pinned = download_model(name, revision=revision or None)
    if json_:
        print_json({"model": pinned})
    else:
        out.print(pinned, markup=False)


@app.command()
def prune(
    context: typer.Context,
    max_mb: Annotated[
        int | None, typer.Option(min=0, help="Size to keep; the setting vector_cache_mb without it.")
    ] = None,
    others: Annotated[bool, typer.Option("--others", help="Drop all vectors of models that are not in use.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Drop cached vectors: other models first, then those used longest ago. What is needed again is encoded again."""
    done = prune_vectors(settings_of(context), max_mb=max_mb, others=others, dry_run=dry_run)
    if dry_run:
        out.print(f"would drop {done.bytes_excess / 2**20:.1f} MiB of {done.bytes_before / 2**20:.1f} MiB of vectors")
        return
    out.print(f"{done.dropped} vectors dropped, {done.kept} kept ({done.file_bytes / 2**20:.1f} MiB on disk)")


def _row(model: KnownModel) -> dict[str, Any]:
    """What is known about a model, as JSON has it."""
    row = {"model": model.name, "in_use": model.in_use, "here": model.is_here}
    if model.card is None:
        return row
    lists = {"shorter_dims": list(model.card.matryoshka), "max_tokens": model.card.max_tokens or None}
    return row | _card_facts(model.card) | lists


def _facts(model: ModelDescription) -> dict[str, object]:
    """What is known about a model, as its table shows it."""
    facts: dict[str, object] = {"model": model.name, "in_use": model.in_use}
    if model.card is not None:
        facts |= {"hub_id": model.card.hub_id, **_card_facts(model.card)}
    if model.folder is None:
        return facts | {"here": False, "how_to_get_it": model.advice}
    transformer = f"transformer, {model.folder.pooling} pooling"
    return facts | {
        "here": True,
        "folder": str(model.folder.path),
        "kind": "static (no torch needed)" if model.folder.is_static else transformer,
        "query_prompt": model.folder.query_prompt or facts.get("query_prompt", ""),
        "case_prompt": model.folder.case_prompt or facts.get("case_prompt", ""),
        "mib_on_disk": model.mib_on_disk,
    }


def _card_facts(card: ModelCard) -> dict[str, object]:
    return {
        "dims": card.dims,
        "shorter_dims": ", ".join(map(str, card.matryoshka)),
        "max_tokens": card.max_tokens or "any",
        "parameters_millions": card.parameters_millions or None,
        "licence": card.licence,
        "query_prompt": card.query_prompt,
        "case_prompt": card.case_prompt,
        "choose_when": card.choose_when,
    }


def _print_started(model: str, name: str, questions: int) -> None:
    err.print(f"{model}: {name}, {questions} questions …", markup=False)


def _side_by_side(found: "ModelComparison", one: str, other: str) -> Iterator[tuple[str, str, str]]:
    for name in found.measures[one]:
        for key in COMPARED:
            left, right = (f"{found.measures[model][name][key] * 100:.1f}" for model in (one, other))
            yield f"{name} {key}", left, right
    for key in ("dims", "ms_per_question", "texts_per_second", "load_seconds", "mib_on_disk"):
        yield key, str(getattr(found.checks[one], key)), str(getattr(found.checks[other], key))
