"""Tables of docs/ranking.md: what is weighed, what each means and how much it counts for the built-in model."""

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
