"""Do two checkouts of this program give the same answers, byte for byte?

`python -m benchmarks.quality.same_answers --before DIR [--after DIR]`: the first checkout makes a library of its sample
cases; each then rebuilds the index of its own copy, serves it, and is asked every sample question with explanations.
Only what no two runs share (query ids, times) is left out. Exits 1 when an answer differs, naming it.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from http.client import OK, HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.serving import running_server
from retriever.config import Settings
from retriever.sample.library import load_sample_questions

HERE = Path(__file__).resolve().parents[2]
SHOWN = 5
"""Differing questions that are printed."""
RUN_OWN = ("query_id", "took_ms", "snapshot")


def make_library(checkout: Path, folder: Path) -> None:
    """A library of the checkout's sample cases, without an index."""
    run(checkout, folder, "ingest", "--sample")


def run(checkout: Path, folder: Path, *command: str) -> None:
    """One command of that checkout over the library in `folder`."""
    argv = [sys.executable, "-m", "retriever.cli", "--data-dir", str(folder), *command]
    subprocess.run(argv, cwd=checkout, env=os.environ | variables(checkout), check=True, stdout=subprocess.DEVNULL)


def variables(checkout: Path) -> dict[str, str]:
    """Where the program's code is taken from; nothing is logged, so that a question leaves no trace in later ones."""
    return {
        "PYTHONPATH": str(checkout),
        "SIMILAR_CASES_LOG_QUERIES": "false",
        "SIMILAR_CASES_RATE_LIMIT": "0",
    }


def answers_of(checkout: Path, folder: Path) -> dict[str, bytes]:
    """The answer to every sample question by its id, as canonical JSON."""
    run(checkout, folder, "index", "rebuild", "--full")
    found: dict[str, bytes] = {}
    asked = load_sample_questions()
    with (
        running_server(Settings(data_dir=folder), checkout=checkout, more=variables(checkout)) as (port, _),
        closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection,
    ):
        # The last answers count: until a server has its compiled loops, plain ones sum up in another order.
        for question in 2 * (*asked.questions, *asked.out_of_scope):
            body = json.dumps({"problem": question.text, "limit": 10, "explain": True})
            connection.request("POST", "/v1/similar", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status != OK:
                raise SystemExit(f"question {question.id}: status {answer.status}")
            found[question.id] = canonical(json.load(answer))
    return found


def canonical(answer: dict[str, Any]) -> bytes:
    """The answer without what belongs to one run alone."""
    kept = {name: value for name, value in answer.items() if name not in RUN_OWN}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()


def digest(answers: dict[str, bytes]) -> str:
    """One hash of all answers."""
    whole = hashlib.sha256()
    for id, answer in sorted(answers.items()):
        whole.update(id.encode() + b"\0" + answer + b"\n")
    return whole.hexdigest()


def main() -> None:
    """Ask both, compare, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--after", type=Path, default=HERE)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder) / "before", Path(folder) / "after"
        make_library(arguments.before.resolve(), one)
        shutil.copytree(one, other)
        before = answers_of(arguments.before.resolve(), one)
        after = answers_of(arguments.after.resolve(), other)
    differing = [id for id in before if before[id] != after.get(id)]
    for id in differing[:SHOWN]:
        print(f"{id}\n  before {before[id].decode()[:600]}\n  after  {after.get(id, b'').decode()[:600]}")
    print(f"before {digest(before)}\nafter  {digest(after)}")
    print(f"{len(before)} questions, {len(differing)} differ")
    sys.exit(1 if differing or len(before) != len(after) else 0)


if __name__ == "__main__":
    main()
