"""`similar-cases model …`, what only reads: list, info, check, compare."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.cli.context import Json, settings_of
from retriever.cli.output import err, print_json, print_table
from retriever.errors import ModelUnavailable

if TYPE_CHECKING:
    from retriever.config import Settings
    from retriever.domain import Encoder
    from retriever.evaluation.labelled import LabelledSet

models_app = typer.Typer(help="Embedding models: which there are, how good they are here, which one serves.")
Name = Annotated[str, typer.Argument(help="builtin, a folder or a hub id.")]
COMPARED = ("ndcg@10", "mrr@10", "recall@10")
SPEED_TEXTS = 512


@models_app.command("list")
def list_(context: typer.Context, json_: Json = False) -> None:
    """Models worth choosing, which of them are on this machine, and when to take which."""
    from retriever.embedding.cards import CARDS  # noqa: PLC0415  see retriever/cli/__init__.py

    settings = settings_of(context)
    rows = [
        {
            "model": card.hub_id,
            "in_use": card.hub_id == settings.model,
            "here": _is_here(card.hub_id),
            "dims": card.dims,
            "shorter_dims": list(card.matryoshka),
            "max_tokens": card.max_tokens or None,
            "parameters_millions": card.parameters_millions or None,
            "licence": card.licence,
            "query_prompt": card.query_prompt,
            "case_prompt": card.case_prompt,
            "choose_when": card.choose_when,
        }
        for card in CARDS
    ]
    if settings.model not in {row["model"] for row in rows}:
        rows.insert(0, {"model": settings.model, "in_use": True, "here": _is_here(settings.model)})
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


@models_app.command()
def info(context: typer.Context, name: Name, json_: Json = False) -> None:
    """What is known about one model: from its card, and from its files if they are here."""
    found = _described(name, settings_of(context))
    if json_:
        print_json(found)
        return
    print_table(("what", "value"), [(what, value) for what, value in found.items() if value not in ("", None)])


@models_app.command()
def check(context: typer.Context, name: Name, json_: Json = False) -> None:
    """Load a model and try it: unit vectors, the same each time and in a batch; speed and size. Exit 3 if not."""
    settings = settings_of(context)
    _, found = load_checked(name, settings)
    if json_:
        print_json(found)
    else:
        print_table(("what", "value"), list(found.items()))


@models_app.command()
def compare(
    context: typer.Context,
    one: Name,
    other: Name,
    data: Annotated[list[Path] | None, typer.Option(help="BEIR folder; the sample questions without it.")] = None,
    json_: Json = False,
) -> None:
    """Quality, speed and size of two models side by side, on labelled questions, by exact search."""
    from retriever.cli.commands.evaluate import load_set  # noqa: PLC0415
    from retriever.evaluation.machine import machine  # noqa: PLC0415
    from retriever.evaluation.runner import evaluate_encoder  # noqa: PLC0415

    settings = settings_of(context)
    sets: list[LabelledSet] = [load_set(folder) for folder in data] if data else [load_set(None)]
    table: dict[str, dict[str, Any]] = {}
    for name in (one, other):
        encoder, checks = load_checked(name, settings)
        table[name] = {"checks": checks}
        for labelled in sets:
            err.print(f"{name}: {labelled.name}, {len(labelled.questions)} questions …", markup=False)
            table[name][labelled.name] = dict(evaluate_encoder(labelled, encoder).scores.means)
    if json_:
        print_json({"machine": machine(), "models": table})
        return
    print_table(("", one, other), list(_side_by_side(table, one, other, [labelled.name for labelled in sets])))


def load_checked(name: str, settings: "Settings") -> tuple["Encoder", dict[str, object]]:
    """A model tried on the canary sentences, and what was seen. Raises ModelUnavailable if it breaks its promises."""
    import numpy as np  # noqa: PLC0415

    from retriever.embedding.canaries import CANARIES, canary_vectors  # noqa: PLC0415

    started = time.perf_counter()
    encoder = load(name, settings)
    loaded = time.perf_counter() - started
    first, again = canary_vectors(encoder), canary_vectors(encoder)
    single = np.concatenate([encoder.encode_cases([text]) for text in CANARIES])
    norms = np.linalg.norm(first, axis=1)
    seen = first.any(axis=1)
    if first.shape != (len(CANARIES), encoder.dim) or not np.isfinite(first).all():
        raise ModelUnavailable(f"{name} gives no usable vectors: shape {first.shape}, or numbers that are not finite.")
    if not seen.any() or np.abs(norms[seen] - 1).max() > 1e-3:
        raise ModelUnavailable(f"{name} gives vectors that are not of unit length, so scores would mean nothing.")
    if np.abs(first - again).max() > 1e-5:
        raise ModelUnavailable(f"{name} gives other vectors each time; an index over it would be useless.")
    if np.abs(first - single).max() > 0.02:
        raise ModelUnavailable(f"{name} gives a text in a batch another vector than alone.")
    return encoder, {
        "model": encoder.name,
        "fingerprint": encoder.fingerprint,
        "dims": encoder.dim,
        "canaries_known": int(seen.sum()),
        "batch_against_single": float(np.abs(first - single).max()),
        "load_seconds": round(loaded, 3),
        "ms_per_question": round(_ms_per_question(encoder), 3),
        "texts_per_second": round(_texts_per_second(encoder)),
        "mib_on_disk": _mib_of(name, settings),
    }


def load(name: str, settings: "Settings") -> "Encoder":
    """A model by name, with the revision and length of the settings if it is the one they name."""
    from retriever.wiring.service import open_encoder  # noqa: PLC0415

    own = name == settings.model
    return open_encoder(
        settings if own else settings.model_copy(update={"model": name, "model_revision": "", "dims": None})
    )


def _ms_per_question(encoder: "Encoder") -> float:
    from retriever.embedding.canaries import CANARIES  # noqa: PLC0415

    took = []
    for text in CANARIES * 2:
        started = time.perf_counter()
        encoder.encode_query([text])
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)[len(took) // 2]


def _texts_per_second(encoder: "Encoder") -> float:
    from retriever.embedding.canaries import CANARIES  # noqa: PLC0415

    texts = [f"{text} {number}" for number in range(SPEED_TEXTS // len(CANARIES)) for text in CANARIES]
    started = time.perf_counter()
    encoder.encode_cases(texts)
    return len(texts) / (time.perf_counter() - started)


def _is_here(name: str) -> bool:
    from retriever.embedding.loading import find_model_folder  # noqa: PLC0415

    try:
        find_model_folder(name)
    except ModelUnavailable:
        return False
    return True


def _mib_of(name: str, settings: "Settings") -> float:
    from retriever.embedding.loading import find_model_folder  # noqa: PLC0415

    revision = settings.model_revision if name == settings.model else ""
    folder = find_model_folder(name, revision=revision or None).path
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20, 1)


def _described(name: str, settings: "Settings") -> dict[str, object]:
    from retriever.embedding.cards import find_card  # noqa: PLC0415
    from retriever.embedding.loading import find_model_folder  # noqa: PLC0415

    card = find_card(name)
    found: dict[str, object] = {"model": name, "in_use": name == settings.model}
    if card is not None:
        found |= {
            "hub_id": card.hub_id,
            "dims": card.dims,
            "shorter_dims": ", ".join(map(str, card.matryoshka)),
            "max_tokens": card.max_tokens or "any",
            "parameters_millions": card.parameters_millions or None,
            "licence": card.licence,
            "query_prompt": card.query_prompt,
            "case_prompt": card.case_prompt,
            "choose_when": card.choose_when,
        }
    try:
        folder = find_model_folder(name)
    except ModelUnavailable as error:
        if card is None:
            raise
        return found | {"here": False, "how_to_get_it": str(error)}
    vectors = "static (no torch needed)" if folder.is_static else f"transformer, {folder.pooling} pooling"
    return found | {
        "here": True,
        "folder": str(folder.path),
        "kind": vectors,
        "query_prompt": folder.query_prompt or found.get("query_prompt", ""),
        "case_prompt": folder.case_prompt or found.get("case_prompt", ""),
        "mib_on_disk": _mib_of(name, settings),
    }


def _side_by_side(table: Mapping[str, Any], one: str, other: str, sets: list[str]) -> Iterator[tuple[str, str, str]]:
    for name in sets:
        for key in COMPARED:
            left, right = (f"{table[model][name][key] * 100:.1f}" for model in (one, other))
            yield f"{name} {key}", left, right
    for key in ("dims", "ms_per_question", "texts_per_second", "load_seconds", "mib_on_disk"):
        yield key, str(table[one]["checks"][key]), str(table[other]["checks"][key])
