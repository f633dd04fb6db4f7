"""Tables of docs/ranking.md: what is weighed, how much it counts for the built-in model, and how good it orders."""

from collections.abc import Mapping
from typing import Any

from benchmarks.tables.markdown import HeadAndRows
from retriever.search.facts import FACTS
from retriever.search.features import FEATURES
from retriever.search.ranking import load_ranking


def features_table() -> HeadAndRows:
    """Every feature of a pair with its two weights."""
    ranking = load_ranking("builtin")
    rows = [
        [f"`{name}`", one.meaning, f"{ranking.same[name]:.2f}", f"{ranking.cross[name]:.2f}"]
        for name, one in FEATURES.items()
    ]
    return ["feature", "meaning", "one language", "two languages"], rows


def facts_table() -> HeadAndRows:
    """Every fact of a question and a case with its weight."""
    weights = load_ranking("builtin").certainty or {}
    rows = [[f"`{name}`", one.meaning, f"{weights[name]:.2f}"] for name, one in FACTS.items()]
    return ["fact", "meaning", "weight"], rows


def leave_one_out_rows(results: Mapping[str, Mapping[str, Any]]) -> HeadAndRows:
    """nDCG@10 of sets that the ranking was not fitted on, words alone and each model's vectors alone and search.

    `results` are those of the fit by model; all have the same sets.
    """
    sets = {model: {line["set"]: line for line in one["sets"]} for model, one in results.items()}
    first, *_ = sets.values()
    arms = [(model, arm) for model in sets for arm in ("dense", "fused")]
    rows = []
    for name, line in first.items():
        figures = [line["words"], *(sets[model][name][arm] for model, arm in arms)]
        rows.append([name, f"{line['questions']:,}", *(f"{figure:.1f}" for figure in figures)])
    head = [f"{model}, {'vectors alone' if arm == 'dense' else 'search'}" for model, arm in arms]
    return ["set", "questions", "words alone", *head], rows
