"""README tables from committed results: `python -m benchmarks.tables.report` rewrites them, `--check` only compares.

A table stands between `<!-- table: name -->` and `<!-- end -->`; a test runs the check.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.measuring import RESULTS
from benchmarks.tables import models as model_tables
from benchmarks.tables import ranking as ranking_tables
from benchmarks.tables import words as word_tables
from benchmarks.tables.markdown import markdown
from benchmarks.tables.relevance import ablation_rows, confidence_rows, matrix_rows, options_rows, reading_rows

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("architecture", "model", "masking", "words", "ranking")),
)
_TABLE = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def load(name: str) -> Any:  # noqa: ANN401  JSON
    """One committed result."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def latency_reports() -> list[Any]:
    """The committed results of benchmarks.speed.latency, smallest library first."""
    return sorted((load(path.stem) for path in RESULTS.glob("latency-*.json")), key=lambda report: int(report["cases"]))


def speed_table() -> str:
    """Latency and rebuild times by library size."""
    reports = latency_reports()
    head = ["what", *(f"{report['cases']:,} cases" for report in reports)]
    rows: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("server ready", lambda r: f"{r['http']['ready_s']} s"),
        ("`POST /v1/similar`, 1 client, p50 / p99", lambda r: _pair(r["http"]["1 client"])),
        ("`POST /v1/similar`, 16 clients", lambda r: f"{r['http']['16 clients']['requests_per_s']:.0f} requests/s"),
        (
            "search alone (filter, vectors, words, alignment, fusion), p50 / p99",
            lambda r: _pair(r["in_process"]["search_alone_ms"]),
        ),
        ("the same with a filter that 1 % pass", lambda r: _pair(r["in_process"]["filtered_ms"]["1/100"])),
        ("rebuild from nothing", lambda r: _built(r, "rebuild from nothing")),
        ("rebuild that reads every case, vectors cached", lambda r: _built(r, "rebuild with cached vectors")),
        ("rebuild, 1 % of the cases changed", lambda r: _built(r, "rebuild, 1 % of the cases changed")),
        ("rebuild, nothing changed", lambda r: _built(r, "rebuild, nothing changed")),
        ("memory of a rebuild that reads every case", lambda r: f"{r['build_rss_mib']:,} MiB"),
        ("memory of the searching process", lambda r: f"{r['in_process']['rss_mib']:,} MiB"),
    ]
    cells = [[name, *(cell(report) for report in reports)] for name, cell in rows]
    return markdown(head, [line for line in cells if set(line[1:]) != {"–"}])


def startup_table() -> str:
    """How long the first moments take."""
    report = load("startup")
    rows = [
        ["first start: 268 cases read, masked, indexed", f"{report['first_start_s']} s", ""],
        ["every later start until ready", *(f"{report['next_start_s'][which]} s" for which in ("median", "slowest"))],
        [
            "`similar-cases search …`, cold",
            *(f"{report['cold_question_s'][which]} s" for which in ("median", "slowest")),
        ],
    ]
    return markdown(["sample library", "median", f"slowest of {report['runs']}"], rows)


def where_time_goes_table() -> str:
    """What a search does with its milliseconds, by stage and library size."""
    reports = latency_reports()
    head = ["stage", *(f"{report['cases']:,} cases, p50 / p99" for report in reports)]
    stages = [report["in_process"]["stages_ms"] for report in reports]
    return markdown(head, [[name, *(_pair(one[name]) for one in stages)] for name in stages[0]])


def sample_table() -> str:
    """The sample library's questions, by language pair."""
    report = load("sample")
    (found,) = report["sets"]
    lines = [("all", found["questions"], found["means"])]
    shown_groups = ("kind", "language")
    lines += [(s["name"], s["questions"], s["means"]) for s in found["slices"] if s["group"] in shown_groups]
    shown = ("ndcg@10", "mrr@10", "recall@10", "hit@5")
    return markdown(
        ["questions", "n", *shown], [[name, str(n), *(f"{100 * m[key]:.1f}" for key in shown)] for name, n, m in lines]
    )


def relevance_table() -> str:
    """nDCG@10 of every arm on every labelled set."""
    return markdown(*ablation_rows(load("relevance")))


def options_table() -> str:
    """Optional stages beside the shipped ranking, in one run."""
    return markdown(*options_rows(load("relevance-options")))


def stages_table() -> str:
    """The rescoring model on questions that its weight was not fitted on."""
    return markdown(*reading_rows(load("stages")))


def rewriting_table() -> str:
    """Ways of rewriting unsure questions."""
    columns = ("questions", "unsure", "as asked", "proposed", "expanded", "shortened")
    rows = [[one["set"], *(str(one[name]) for name in columns)] for one in load("rewriting")["sets"]]
    return markdown(["set", *columns], rows)


def stage_costs_table() -> str:
    """Milliseconds to read candidates, cold and warm."""
    report = load("stages")
    random = report["random_cross_encoder"]
    rows = [
        [f"rescoring {report['top']} cases, none of them remembered", f"{report['cost']['first_ms']:,.0f}"],
        ["the same, all of them remembered", f"{report['cost']['again_ms']:,.0f}"],
        [f"a cross-encoder of the same size on {random['top']} cases", f"{random['again_ms']:,.0f}"],
    ]
    return markdown(["what", "ms a question"], rows)


def confidence_table() -> str:
    """Calibration and abstention on every labelled set."""
    return markdown(*confidence_rows(load("relevance")))


def matrix_table() -> str:
    """The sample library's questions by language of question and case."""
    return markdown(*matrix_rows(load("relevance"), "sample"))


def masking_table() -> str:
    """Recall and precision of each structured type, and of what words announce, on values the rules had not seen."""
    report = load("masking")
    announced = {f"{name}, held out": scores for name, scores in report["worded, held out"].items()}
    types = (report["types"] | announced).items()
    rows = [[n, f"{t['positives']:,}", f"{t['recall']:.3f}", f"{t['precision']:.3f}"] for n, t in types]
    return markdown(["type", "values", "recall", "precision"], rows)


def masking_costs_table() -> str:
    """What else was measured of masking."""
    report = load("masking")
    lost = max(found["loss"] for found in report["retrieval"].values())
    taken = max(found["share of characters"] for found in report["retrieval"].values())
    slow, dense = report["seconds per megabyte, made to be slow"], report["seconds per megabyte, nothing but values"]
    lookalikes = report["lookalikes"]
    rows = [["lookalikes taken", f"{lookalikes['hit']} of {lookalikes['samples']:,}"]]
    rows += [[f"recall of {name}", f"{value:.3f}"] for name, value in report["best effort recall"].items()]
    rows += [[name, f"{value:.2f}"] for name, value in report["speed"].items()]
    rows += [
        ["slowest of texts made to be slow, s/MB", f"{max(slow.values()):.1f}"],
        ["slowest of texts of nothing but values, s/MB", f"{max(dense.values()):.1f}"],
        [f"most nDCG@10 points lost on {len(report['retrieval'])} labelled sets", f"{lost:.2f}"],
        ["most characters taken of one of these sets", f"{100 * taken:.2f} %"],
    ]
    return markdown(["what", "measured"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "speed": speed_table,
    "startup": startup_table,
    "where-time-goes": where_time_goes_table,
    "sample": sample_table,
    "relevance": relevance_table,
    "confidence": confidence_table,
    "options": options_table,
    "stages": stages_table,
    "stage-costs": stage_costs_table,
    "rewriting": rewriting_table,
    "matrix": matrix_table,
    "masking": masking_table,
    "masking-costs": masking_costs_table,
    "cards": lambda: markdown(*model_tables.cards_table()),
    "ablations": lambda: markdown(*model_tables.ablations_table(load("builtin-model-ablations"))),
    "words": lambda: markdown(*word_tables.engines_table(load("words"))),
    "tokenise": lambda: markdown(*word_tables.tokenise_table(load("tokenise"))),
    "features": lambda: markdown(*ranking_tables.features_table()),
    "facts": lambda: markdown(*ranking_tables.facts_table()),
    "leave-one-out": lambda: markdown(
        *ranking_tables.leave_one_out_rows({"built-in": load("ranking"), "deep": load("ranking-deep")})
    ),
    "centring": lambda: markdown(*model_tables.centring_table(load("centring"))),
    "deep": lambda: markdown(*model_tables.deep_table(load("deep"))),
    "deep-start": lambda: markdown(*model_tables.deep_start_table(load("deep"))),
    "encoders": lambda: markdown(*model_tables.encoders_table(load("encoders"))),
}


def rendered(text: str) -> str:
    """The page with every table made anew."""
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found['name']]()}{found[3]}", text)


def main() -> None:
    """Rewrite the pages, or with --check exit 1 when one is out of step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = [page for page in PAGES if rendered(page.read_text(encoding="utf-8")) != page.read_text(encoding="utf-8")]
    for page in stale:
        if not arguments.check:
            page.write_text(rendered(page.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"{page.name}: {'out of step' if arguments.check else 'rewritten'}")
    sys.exit(1 if stale and arguments.check else 0)


def _pair(spread: Mapping[str, float]) -> str:
    return f"{spread['p50']:.1f} / {spread['p99']:.1f} ms"


def _built(report: Mapping[str, Any], name: str) -> str:
    seconds = report["built_s"].get(name)
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


if __name__ == "__main__":
    main()
