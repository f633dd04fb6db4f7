"""How long a user waits at the beginning: the server with the sample library, and one cold question.

python -m benchmarks.speed.startup --out benchmarks/results/startup.json
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import command_line, conditions, write_result
from benchmarks.serving import running_server
from retriever.config import Settings

QUESTION = "退款什么时候到账"
RUNS = 7


def starts(data_dir: Path) -> list[float]:
    """Seconds from the command to readiness: the first start makes the library and its index, the others find them."""
    ready = []
    for _ in range(RUNS + 1):
        with running_server(Settings(data_dir=data_dir), "--sample") as (_, seconds):
            ready.append(seconds)
    return ready


def cold_question(data_dir: Path) -> float:
    """Seconds of one question on the command line, everything loaded for it alone."""
    environment = os.environ | {"SIMILAR_CASES_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "retriever.cli", "search", QUESTION, "--json"]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    took = time.perf_counter() - started
    assert json.loads(done.stdout)["matches"]
    return took


def main() -> None:
    """Measure, print, write."""
    arguments = command_line(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ready = starts(Path(folder))
        questions = [cold_question(Path(folder)) for _ in range(RUNS)]
    report: dict[str, Any] = {
        "machine": conditions(),
        "runs": RUNS,
        "first_start_s": round(ready[0], 2),
        "next_start_s": _spread(ready[1:]),
        "cold_question_s": _spread(questions),
    }
    print(json.dumps(report, indent=1))
    write_result(arguments.out, report)


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"median": round(float(np.median(seconds)), 2), "slowest": round(max(seconds), 2)}


if __name__ == "__main__":
    main()
