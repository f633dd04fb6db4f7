"""A result as one HTML page: no script, no network, both themes. Every text of a question or case is escaped."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from retriever.evaluation.compare import Changed, RunComparison
from retriever.evaluation.plots import heat_map, latency_plot, recall_plot, reliability_plot
from retriever.evaluation.results import EvaluationReport

ARMS = ("search", "dense", "words")
DEPTHS = (1, 5, 10, 50, 100)
SHOWN = ("ndcg@10", "mrr@10", "recall@1", "recall@10", "hit@5", "map")
SLICED = ("ndcg@10", "mrr@10", "recall@10")
ALONE = ("words alone", "vectors alone")
"""Columns with the nDCG@10 of each arm."""
LARGEST_MATRIX = 40
"""Languages a heat map can show."""
_GROUPS = {
    "kind": "same language or not",
    "language": "language of the question",
    "length": "length of the question",
    "code": "codes in the question",
    "product": "product of the case",
}
_FIGURES = {
    "coverage": "answerable questions that got an answer",
    "answer_precision": "answers with a relevant case among them",
    "abstention_precision": "abstentions that were right (out of scope)",
    "abstention_recall": "out-of-scope questions abstained from",
    "auroc": "AUROC of the best match's confidence, in scope against out of scope",
    "abstained_at_5": "out-of-scope questions abstained from at 5 % loss",
    "ece": "expected calibration error",
    "brier": "Brier score",
}


def render_page(report: EvaluationReport, comparison: RunComparison | None, texts: Mapping[str, str]) -> str:
    """The page of a report. `texts` gives questions as they were asked, by `set/id`; ids stand where it has none."""
    style = resources.files("retriever.evaluation").joinpath("page.css").read_text(encoding="utf-8")
    made = ", ".join(f"{escape(name)} {escape(str(value))}" for name, value in report["machine"].items())
    body = [
        "<h1>Evaluation</h1>",
        f"<p>Model <b>{escape(report['model'])}</b> · {escape(report['arm'])} · {made}</p>",
        '<p class="note">Measures in points of 100; ± is half of the 95 % bootstrap interval. A question that found '
        "nothing counts 0.</p>",
        _overview(report["sets"]),
        _comparison(comparison, texts) if comparison is not None else "",
        *(_set(one) for one in report["sets"]),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{style}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _overview(sets: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for one in sets:
        arms = [_points(one["arms"].get(arm, {}).get("ndcg@10")) for arm in ("words", "dense")]
        figures = [_with_interval(one, name) for name in SHOWN]
        rows.append([escape(one["name"]), f"{one['questions']:,}", *arms, *figures])
    return "<h2>All sets</h2>" + _table(["set", "n", *ALONE, *SHOWN], rows)


def _comparison(comparison: RunComparison, texts: Mapping[str, str]) -> str:
    rows = [
        [
            escape(one.set_name),
            one.measure,
            _points(one.before),
            _points(one.after),
            _signed(one.after - one.before),
            "–" if one.p is None else f"{one.p:.4f}",
            *("–" if count is None else str(count) for count in (one.wins, one.ties, one.losses)),
        ]
        for one in comparison.differences
    ]
    head = ["set", "measure", "before", "after", "points", "p", "won", "same", "lost"]
    changed = "".join(_changed(one, texts) for one in comparison.changed) or "<p>None that is known.</p>"
    note = "Paired randomisation test; p is corrected over all lines (Holm)."
    return (
        f'<h2>Against the baseline</h2><p class="note">{note}</p>{_table(head, rows, texts=2)}'
        f"<h3>Questions that changed most</h3>{changed}"
    )


def _changed(one: Changed, texts: Mapping[str, str]) -> str:
    asked = texts.get(f"{one.set_name}/{one.question}", one.question)
    moved = set(one.top_before) ^ set(one.top_after)
    columns = "".join(
        f"<div><b>{name}</b><ol>{''.join(_ranked(id, id in moved) for id in top)}</ol></div>"
        for name, top in (("before", one.top_before), ("after", one.top_after))
    )
    change = f"{_points(one.before)} → {_points(one.after)}"
    return (
        f"<details><summary>{_signed(one.after - one.before)} <span>({change})</span> {escape(asked)} "
        f"<code>{escape(one.set_name)}/{escape(one.question)}</code></summary>"
        f'<div class="sides">{columns}</div></details>'
    )


def _ranked(id: str, moved: bool) -> str:
    return f"<li{' class=moved' if moved else ''}><code>{escape(id)}</code></li>"


def _set(one: Mapping[str, Any]) -> str:
    panels = list(_panels(one))
    return (
        f'<section><h2>{escape(one["name"])}</h2><div class="panels">{"".join(panels)}</div>'
        f"{_matrix(one['slices'])}{_slices(one['slices'])}</section>"
    )


def _panels(one: Mapping[str, Any]) -> Iterator[str]:
    arms = {"search": one["means"], **one["arms"]}
    curves = {arm: [(k, arms[arm][f"recall@{k}"]) for k in DEPTHS] for arm in sorted(arms, key=ARMS.index)}
    yield _panel("Recall", recall_plot(curves))
    trust = one.get("reliability")
    if trust:
        yield _panel("Confidence", reliability_plot(trust["bins"]))
        known = {name: said for name, said in _FIGURES.items() if trust.get(name) is not None}
        rows = [[said, f"{trust[name]:.3f}"] for name, said in known.items()]
        asked = f"{trust['questions']:,} questions, {trust['out_of_scope']:,} of them out of scope"
        yield _panel("Confidence and abstention", f'<p class="note">{asked}</p>{_table(["", "value"], rows)}')
    if one["latency_ms"]:
        yield _panel("Latency, ms (p50 / p99)", latency_plot(one["latency_ms"]))


def _panel(title: str, content: str) -> str:
    return f"<figure><figcaption>{title}</figcaption>{content}</figure>"


def _matrix(slices: Sequence[Mapping[str, Any]]) -> str:
    cells: dict[tuple[str, str], tuple[float, int]] = {}
    for part in slices:
        if part["group"] == "pair":
            asked, _, answered = part["name"].partition(" → ")
            cells[asked, answered] = (part["means"]["ndcg@10"], part["questions"])
    if len(cells) < 2 or max(len({pair[side] for pair in cells}) for side in (0, 1)) > LARGEST_MATRIX:
        return ""
    return f'<h3>Languages: nDCG@10</h3><div class="scroll">{heat_map(cells)}</div>'


def _slices(slices: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for group, title in _GROUPS.items():
        own = [part for part in slices if part["group"] == group]
        if own:
            rows.append([f"<b>{title}</b>", *[""] * (3 + len(SLICED))])
        for part in own:
            arms = [_points(part["arms"].get(arm, {}).get("ndcg@10")) for arm in ("words", "dense")]
            figures = [_with_interval(part, name) for name in SLICED]
            rows.append([escape(part["name"]), f"{part['questions']:,}", *arms, *figures])
    return f"<h3>Slices</h3>{_table(['questions', 'n', *ALONE, *SLICED], rows)}" if rows else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """Cells are HTML already; the first `texts` columns are left-aligned, the others hold figures."""
    kinds = ["" if place < texts else ' class="n"' for place in range(len(head))]
    top = "".join(f"<th{kind}>{cell}</th>" for kind, cell in zip(kinds, head, strict=True))
    lines = ["".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _with_interval(one: Mapping[str, Any], name: str) -> str:
    low, high = one["intervals"][name]
    return f"{_points(one['means'][name])} <small>±{50 * (high - low):.1f}</small>"


def _points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _signed(value: float) -> str:
    kind = "better" if value > 0 else "worse" if value < 0 else "equal"
    return f'<span class="{kind}">{100 * value:+.2f}</span>'
