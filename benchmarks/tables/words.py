"""Tables of docs/words.md from `words.json` (engines) and `tokenise.json` (ways of cutting text)."""

from collections.abc import Mapping
from typing import Any

from benchmarks.tables.markdown import HeadAndRows

_COSTS = (("all", "no filter"), ("allowed_0.01", "1 % allowed"), ("allowed_0.0001", "0.01 % allowed"))


def engines_table(report: Mapping[str, Any]) -> HeadAndRows:
    """Build and search of each engine and size; times are processor time of one thread."""
    head = ["engine", "cases", "build, s", "peak memory, MB", *(f"{name}, p50 / p99 ms" for _, name in _COSTS)]
    rows = []
    for engine, runs in report["engines"].items():
        for run in runs:
            built = run.get("build_cpu_s", run.get("build_with_making_cpu_s"))
            found = [run.get(cost) for cost, _ in _COSTS]
            times = [f"{one['cpu_p50_ms']:.2f} / {one['cpu_p99_ms']:.1f}" if one else "–" for one in found]
            rows.append([engine, f"{run['cases']:,}", f"{built:.1f}", f"{run['peak_rss_mb']:,}", *times])
    return head, rows


def tokenise_table(report: Mapping[str, Any]) -> HeadAndRows:
    """nDCG@10 of BM25 alone for each way of cutting text, on every set."""
    sets = [name for name in report["rows"]["shipped"] if name != "mean"]
    head = ["variant", *sets, "mean"]
    rows = [[name, *(f"{row[one]:.1f}" for one in (*sets, "mean"))] for name, row in report["rows"].items()]
    return head, rows
