"""How good the suggestions on arrival are: `python -m benchmarks.quality.suggestions --out FILE`.

Leave one out over the sample library: each case is checked against the others. Near-duplicates are made of the cases
themselves (a sentence dropped, words and letters changed, by a seed); every other case of the library is none.
"""

import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.data.help_desk import make_rows
from benchmarks.measuring import command_line, conditions, write_result
from retriever.arrivals.check import Checked
from retriever.case.format import case_from_dict
from retriever.config import load_settings
from retriever.domain import Case, Status
from retriever.sample.library import load_sample_cases
from retriever.wiring.service import Service, open_service

DRAFTS = 3_000
BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))
_SENTENCES = re.compile(r"(?<=[.!?。！？])\s*")


def damaged(text: str, dice: random.Random) -> str:
    """The text as somebody else would have written it down: a sentence less, 3 % of the letters changed."""
    sentences = [part for part in _SENTENCES.split(text) if part]
    if len(sentences) > 2:
        del sentences[dice.randrange(len(sentences))]
    kept = " ".join(sentences)
    return "".join(dice.choice(kept) if sign.isalnum() and dice.random() < 0.03 else sign for sign in kept)


def measure(service: Service, cases: Sequence[Case]) -> dict[str, Any]:
    """All figures."""
    started = time.perf_counter()
    checks = [service.arrivals.check(case) for case in cases]
    seconds = time.perf_counter() - started
    dice = random.Random(11)
    copies = [
        replace(case, id=f"{case.id}-copy", problem=damaged(case.problem, dice), solution=damaged(case.solution, dice))
        for case in cases
    ]
    found = [
        any(
            duplicate.id == case.id and duplicate.offer == "merge"
            for duplicate in service.arrivals.check(copy).duplicates
        )
        for case, copy in zip(cases, copies, strict=True)
    ]
    return {
        "cases": len(cases),
        "ms_per_check": round(seconds / len(cases) * 1000, 2),
        "product": single([check.product for check in checks], [case.product for case in cases]),
        "category_first_step": single(
            [_first_step(check) for check in checks], [case.category.partition("/")[0] for case in cases]
        ),
        "category_path": paths(checks, cases),
        "tags": tags(checks, cases),
        "language": share(
            _base(check.language) == _base(case.language) for check, case in zip(checks, cases, strict=True)
        ),
        "duplicates": {
            "changed_copies_offered_to_merge": share(found),
            "others_offered_to_merge": share(any(d.offer == "merge" for d in check.duplicates) for check in checks),
            "others_offered_to_link": share(any(d.offer == "link" for d in check.duplicates) for check in checks),
        },
    }


def measure_drafts(service: Service, cases: Sequence[Case]) -> dict[str, Any]:
    """The same copies against the cases as drafts, which no search finds; then the time beside many drafts."""
    service.write_cases([replace(case, status=Status.DRAFT) for case in cases])
    dice = random.Random(11)
    found = []
    for case in cases:
        problem, solution = damaged(case.problem, dice), damaged(case.solution, dice)
        copy = replace(case, id=f"{case.id}-copy", problem=problem, solution=solution)
        duplicates = service.arrivals.check(copy).duplicates
        found.append(any(other.id == case.id and other.offer == "merge" for other in duplicates))
    service.write_cases(cases)
    rows = [{**row, "status": "draft"} for row in make_rows(DRAFTS, language=False) if row["solution"]]
    drafts = [case_from_dict(row) for row in rows]
    service.write_cases(drafts)
    asked = drafts[:300]
    service.arrivals.report(asked[0])  # reads the drafts
    started = time.process_time()
    for draft in asked:
        service.arrivals.report(draft)
    return {
        "changed_copies_offered_to_merge": share(found),
        "drafts": len(drafts),
        "cpu_ms_per_comparison": round((time.process_time() - started) / len(asked) * 1000, 2),
    }


def single(suggested: Sequence[Any], truth: Sequence[str]) -> dict[str, Any]:
    """Accuracy of one suggestion per case, over all and by confidence; majority: always the commonest value."""
    right = [bool(vote) and vote.value == value for vote, value in zip(suggested, truth, strict=True)]
    counted = Counter(truth)
    # A value that stands only once cannot be suggested by others.
    possible = [good for good, value in zip(right, truth, strict=True) if counted[value] > 1]
    bands = {}
    for low, high in BANDS:
        inside = [good for good, vote in zip(right, suggested, strict=True) if vote and low <= vote.confidence < high]
        bands[f"{low:.1f}-{min(high, 1.0):.1f}"] = {"cases": len(inside), "accuracy": share(inside)}
    return {
        "accuracy": share(right),
        "accuracy_where_another_case_has_it": share(possible),
        "majority": round(max(counted.values()) / len(truth), 3),
        "by_confidence": bands,
    }


def paths(checks: Sequence[Checked], cases: Sequence[Case]) -> dict[str, Any]:
    """How often the suggested path is the case's own or one above it, and how deep it is on average."""
    told = [(check.category.value, case.category) for check, case in zip(checks, cases, strict=True) if check.category]
    return {
        "on_the_path": share(f"{truth}/".startswith(f"{value}/") for value, truth in told),
        "exact": share(value == truth for value, truth in told),
        "mean_depth": round(sum(value.count("/") + 1 for value, _ in told) / len(told), 2),
    }


def tags(checks: Sequence[Checked], cases: Sequence[Case]) -> dict[str, float]:
    """Precision of the suggested tags, recall of the case's own."""
    hits = sum(
        len({vote.value for vote in check.tags} & set(case.tags)) for check, case in zip(checks, cases, strict=True)
    )
    suggested = sum(len(check.tags) for check in checks)
    own = sum(len(case.tags) for case in cases)
    return {"precision": round(hits / max(suggested, 1), 3), "recall": round(hits / own, 3),
            "suggested_per_case": round(suggested / len(cases), 2)}  # fmt: skip


def share(values: Any) -> float:  # noqa: ANN401  any iterable of truth values
    """The share of true ones, 0 for none at all."""
    kept = list(values)
    return round(sum(map(bool, kept)) / len(kept), 3) if kept else 0.0


def _first_step(check: Checked) -> Any:  # noqa: ANN401  a suggestion or None
    return replace(check.category, value=check.category.value.partition("/")[0]) if check.category else None


def _base(tag: str) -> str:
    return tag.split("-", maxsplit=1)[0]


def main() -> None:
    """Measure, print, and write the figures."""
    options = command_line(__doc__).parse_args()
    cases = load_sample_cases()
    with tempfile.TemporaryDirectory() as folder, open_service(load_settings(data_dir=Path(folder))) as service:
        service.write_cases(cases)
        results = {"machine": conditions(), "model": service.encoder.name, **measure(service, cases)}
        results["among_drafts"] = measure_drafts(service, cases)
    print(json.dumps(results, indent=1))
    write_result(options.out, results)


if __name__ == "__main__":
    main()
