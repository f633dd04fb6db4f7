"""The model card: what the shipped weights are for, what they were trained on, and how they fared, from a run's log."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PURPOSE = """\
# The built-in model

A small multilingual static embedding model: one vector per token, a text is the mean of its tokens at unit length. It
makes the first run multilingual with nothing to download and needs neither a GPU nor torch.

- **For**: finding similar support cases and questions, in one language or across languages, in short to medium texts.
- **Not for**: word order, negation ("can" and "cannot" lie close together), long documents with many topics, question
  to answer where the two share no vocabulary, and any text where a wrong neighbour does harm. A transformer model is
  clearly better at rewording within one language; use one where a few milliseconds a question are affordable, and
  combine this one with word search (BM25) everywhere.
- **Licence**: the weights are published by this project under Apache-2.0; they were trained on the sources listed
  below, none of whose text is contained in this folder.

Format: an ordinary sentence-transformers folder (`SentenceTransformer(path)`; StaticEmbedding, then Normalize), read by
model2vec too. The table is int8 with one scale per token (`embeddings`, `weights`).
"""


def build_card(log: Mapping[str, Any], sources: Path) -> str:
    """Write the card in Markdown from a training log and `sources.toml`; a source without a licence is an error."""
    parts = [PURPOSE, _identity(log), _results(log), _languages(log), _training(log), _sources(log, sources)]
    return "\n".join(parts).rstrip() + "\n"


def _identity(log: Mapping[str, Any]) -> str:
    config = log["config"]
    size = f"{config['keep_pieces']:,} pieces × {config['dims']} dimensions"
    return (
        f"- {size}, {log['bytes'] / 1e6:.1f} MB with the tokenizer\n"
        f"- SHA-256 of weights and tokenizer: `{log['model_sha256']}`\n"
    )


def _results(log: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {found['queries']:,} × {found['documents']:,} | {found['float32']:.1f} | {found['int8']:.1f} |"
        for name, found in log["scores"].items()
    ]
    head = ["| set | queries × documents | float32 | int8 (shipped) |", "|---|---|---|---|"]
    lead = (
        "## Results\n\nnDCG@10 × 100, this model alone, exact search over title + text, a query never finds itself.\n"
    )
    return "\n".join([lead, *head, *rows]) + "\n"


def _languages(log: Mapping[str, Any]) -> str:
    measured = log["scores"]["gnomehelp-desc-xling"]["by_language"]
    ranked = sorted(measured.items(), key=lambda item: -item[1])
    weak = ", ".join(f"{name} {score:.1f}" for name, score in ranked if score < 65) or "none below 65"
    pairs = sorted(log["pairs_by_language"].items(), key=lambda item: -item[1])
    seen = {name.partition("-")[0] for name in measured}
    thin = [f"{name} ({count:,})" for name, count in pairs if count < 70_000 and name not in seen]
    return (
        "## Languages\n\nHelp-page summaries in each language against English pages (gnomehelp-desc-xling), int8:\n\n"
        + ", ".join(f"{name} {score:.1f}" for name, score in ranked)
        + f".\n\nWeakest of those measured: {weak}. Not measured, and trained on little text (pairs): "
        + ", ".join(thin)
        + ". A language that is not listed here is unknown to the model, though names and numbers still match.\n\n"
        "Training pairs by language: " + ", ".join(f"{name} {count:,}" for name, count in pairs) + ".\n"
    )


def _training(log: Mapping[str, Any]) -> str:
    fit, seconds = log["config"]["fit"], log["seconds"]
    spent = ", ".join(f"{name} {value / 60:.0f} min" for name, value in seconds.items())
    return f"""\
## How it was trained

A Unigram vocabulary over all languages; all-MiniLM-L6-v2 (Apache-2.0) as teacher for the English sides and for
English questions made from interface strings; then {fit["steps"]:,} steps of {fit["batch"]:,} texts that bring each
text and its translation to the teacher's vector and keep English texts as far apart as the teacher sees them. No text
of a development set was used. Stages on 2 shared CPU cores: {spent}.

To make it again: `python scripts/train_builtin_model.py --pairs DIR --teacher DIR --data DIR --work-dir DIR`, with the
settings in `retriever/training/model/config.toml`; the log of the run is `benchmarks/results/builtin-model.json`, what
was tried stands in `docs/model.md`.
"""


def _sources(log: Mapping[str, Any], sources: Path) -> str:
    known = tomllib.loads(sources.read_text("utf-8"))
    rows = [
        f"| {name} | {known[name]['repository']} | {known[name]['licence']} | {count:,} |"
        for name, count in sorted(log["pairs_by_source"].items(), key=lambda item: -item[1])
        if count
    ]
    head = ["## Training sources", "", "| source | repository | licence | pairs |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"
