"""How good the suggestions on arrival are: `python -m benchmarks.quality.suggestions --out FILE`.

Leave one out over the sample library: each case is checked against the others. Near-duplicates are made of the cases
themselves (a sentence dropped, words and letters changed, by a seed); every other case of the library is none.
"""

import json
import random
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.data.help_desk import make_rows
from benchmarks.measuring import command_line, conditions, write_result
from retriever.arrivals.check import Suggestion, places_of_case
from retriever.case.format import case_from_dict
from retriever.config import load_settings
from retriever.domain import Case, Status
from retriever.sample.library import load_sample_cases
from retriever.wiring.service import Service, open_service

DRAFTS = 3_000
BANDS = (0.0, 0.5, 0.7, 0.9)
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
    pairs = [(places_of_case(case, service.arrivals.neighbours(case)), case) for case in cases]
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
        "product": banded(
            [(vote, vote.value == case.product) for place, case in pairs for vote in told(place.product)]
        ),
        "category": banded([(vote, on_the_path(vote, case)) for place, case in pairs for vote in told(place.category)]),
        "tags": banded([(vote, vote.value in case.tags) for place, case in pairs for vote in place.tags]),
        "told": {
            "product": share(check.product for check in checks),
            "category": share(check.category for check in checks),
            "tags": share(check.tags for check in checks),
        },
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


def banded(votes: Sequence[tuple[Suggestion, bool]]) -> dict[str, Any]:
    """How many suggestions were right, over all and from each confidence on up to the next."""
    bands = {}
    for low, high in pairwise((*BANDS, 1.01)):
        inside = [right for vote, right in votes if low <= vote.confidence < high]
        bands[f"{low:.1f}"] = {"suggestions": len(inside), "accuracy": share(inside)}
    return {"suggestions": len(votes), "accuracy": share(right for _, right in votes), "from_confidence": bands}


def told(vote: Suggestion | None) -> Sequence[Suggestion]:
    """The suggestion, if there is one."""
    return () if vote is None else (vote,)


def on_the_path(vote: Suggestion, case: Case) -> bool:
    """Is the suggested category the case's own or one above it?"""
    return f"{case.category}/".startswith(f"{vote.value}/")


def share(values: Any) -> float:  # noqa: ANN401  any iterable of truth values
    """The share of true ones, 0 for none at all."""
    kept = list(values)
    return round(sum(map(bool, kept)) / len(kept), 3) if kept else 0.0


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
