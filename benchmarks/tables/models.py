"""Tables of docs/model.md: the cards, the runs that were tried, one model on each backend."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.tables.markdown import HeadAndRows
from retriever.embedding.cards import CARDS, ModelCard

ABLATION_SETS = {
    "stackfaq-en": "stackfaq",
    "banking77-en": "banking77",
    "hint3-en": "hint3",
    "gnomehelp-desc-xling": "gnomehelp",
    "parakqc-ko": "parakqc-ko",
    "espfaq-dev-zh2en": "espfaq zh→en",
    "espfaq-dev-en2zh": "espfaq en→zh",
}


def cards_table() -> HeadAndRows:
    """Every model with a card."""
    head = ["model", "dims (shorter)", "tokens", "million parameters", "prompts (question · case)", "licence"]
    return [*head, "choose it when"], [_card(card) for card in CARDS]


def _card(card: ModelCard) -> list[str]:
    shorter = f" ({', '.join(map(str, card.matryoshka))})" if card.matryoshka else ""
    prompts = " · ".join(f"`{prompt}`".replace("\n", "⏎") if prompt else "none" for prompt in _prompts(card))
    return [
        card.hub_id,
        f"{card.dims}{shorter}",
        f"{card.max_tokens:,}" if card.max_tokens else "any",
        f"{card.parameters_millions:g}" if card.parameters_millions else "–",
        prompts,
        card.licence,
        card.choose_when,
    ]


def _prompts(card: ModelCard) -> Iterator[str]:
    if card.query_prompt or card.case_prompt:
        yield from (card.query_prompt, card.case_prompt)
    else:
        yield ""


def ablations_table(report: Mapping[str, Any]) -> HeadAndRows:
    """What was tried, nDCG@10 x 100."""
    rows = [[run["name"], *(f"{run['ndcg10'][name]:.1f}" for name in ABLATION_SETS)] for run in report["runs"]]
    return ["run", *ABLATION_SETS.values()], rows


def encoders_table(report: Mapping[str, Any]) -> HeadAndRows:
    """Quality and speed of each row of the benchmark, the built-in model last."""
    head = ["backend", "nDCG@10", "loss", "texts/s", "times", "ms a question", "times "]
    rows = []
    for row in report["rows"]:
        own = row["model"] == "builtin"
        rows.append(
            [
                "built-in model" if own else f"`{row['choice']}`",
                f"{row['ndcg@10']:.1f}",
                "" if own else f"{row['loss']:.2f}",
                f"{row['texts_per_s']:,.0f}",
                "" if own else f"{row['speed_up_batch']:.1f}",
                f"{row['question_ms_p50']:.2f}",
                "" if own else f"{row['speed_up_question']:.1f}",
            ]
        )
    return head, rows


def deep_table(report: Mapping[str, Any]) -> HeadAndRows:
    """The model `deep` beside its own file in full precision."""
    sets = list(report["questions"])
    lengths = list(report["rows"][0]["question_ms"])
    head = ["run by", "cosine, mean / least", *sets, *(f"ms, {length} tokens" for length in lengths)]
    rows = []
    for row in report["rows"]:
        cosines = f"{row['cosine_mean']:.4f} / {row['cosine_min']:.4f}"
        quality = [f"{row['ndcg@10'][name]:.1f}" for name in sets]
        rows.append([row["name"], cosines, *quality, *(f"{row['question_ms'][length]:.1f}" for length in lengths)])
    return head, rows


def deep_start_table(report: Mapping[str, Any]) -> HeadAndRows:
    """What it costs to make the model ready, and to load it later."""
    names = {"first": "first, with the conversion", "later": "every later time"}
    rows = [
        [names[which], f"{start['seconds']:.1f}", f"{start['memory_mib']:,}", f"{start['peak_mib']:,}"]
        for which, start in report["start"].items()
    ]
    return ["start", "seconds", "MiB added", "MiB added at most"], rows


def centring_table(report: Mapping[str, Any]) -> HeadAndRows:
    """nDCG@10 of vectors alone, each way to take away the mean of a language."""
    ways = [name for name in report["rows"][0] if name not in ("model", "set")]
    rows = [[row["model"], row["set"], *(f"{row[way]:.1f}" for way in ways)] for row in report["rows"]]
    return ["model", "set", *ways], rows
