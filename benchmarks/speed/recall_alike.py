"""Are the nearest found where cases are hard to tell apart? `python -m benchmarks.speed.recall_alike`.

Recall@10 counts ties as equal: of cases with the same score any may come. Latency is of the searching
thread's processor, as a ratio to the ordinary library of the same size and run.
"""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data.alike import LIBRARIES
from benchmarks.measuring import command_line, conditions, percentiles, timed
from benchmarks.speed.recall import write
from index.types import FloatMatrix
from index.vectors.dense import DenseIndex, build_dense
from retriever.embedding.loading import load_builtin
from retriever.indexing.selfcheck import find_fault

ASKED = 100
"""What a search asks of the vector arm; recall@10 is taken from the same hits."""
_PAGE = 1_024
_ROUNDING = 1e-5


def measure(name: str, cases: int, questions: int, seed: int) -> dict[str, Any]:
    """One library: recall, latency, and whether a rebuild would take its index."""
    texts, asked = LIBRARIES[name](cases, questions, seed)
    encoder = load_builtin()
    vectors = np.concatenate([encoder.encode_cases(texts[at : at + _PAGE]) for at in range(0, cases, _PAGE)])
    index = build_dense(vectors, np.arange(cases))
    wanted = encoder.encode_query(asked)
    fault = find_fault(index, lambda _done, _of: None)
    for question in wanted[:20]:
        index.search(question, ASKED)
    spent = timed(index.search(question, ASKED) for question in wanted).cpu
    return {
        "cases": cases,
        "kind": index.kind.name,
        "library": name,
        "different": index.different,
        "recall@10": round(recall(index, wanted), 4),
        "self_check": "passed" if fault is None else fault.what,
        "cpu": percentiles(spent, 50, 99, name="p{}_ms"),
    }


def recall(index: DenseIndex, questions: FloatMatrix) -> float:
    """Share of the ten best scores that are reached."""
    found = 0
    for question in questions:
        tenth = np.partition(index.vectors @ question, -10)[-10]
        found += min(int(np.count_nonzero(index.search(question, ASKED).scores[:10] >= tenth - _ROUNDING)), 10)
    return found / (10 * len(questions))


def main() -> None:
    """Measure every library, the ordinary one first."""
    parser = command_line(__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    machine = conditions("faiss-cpu", "numpy")
    rows: list[dict[str, Any]] = []
    for name in LIBRARIES:
        row = measure(name, wanted.cases, wanted.questions, wanted.seed)
        first = (rows[0] if rows else row)["cpu"]
        row["to_ordinary"] = {key: round(value / first[key], 2) for key, value in row["cpu"].items()}
        rows.append(row | {"seed": wanted.seed, "machine": machine})
        print({key: value for key, value in row.items() if key not in ("seed", "machine")}, flush=True)
    if wanted.out:
        write(rows, Path(wanted.out))


if __name__ == "__main__":
    main()
