"""Processes that the crash tests kill: `python -m tests.support.store_writer fill|count <library> <number>`."""

import random
import sys
from pathlib import Path

from retriever.domain import Case
from retriever.errors import VersionMismatch
from retriever.store import IngestProgress, open_store

FILE = "the-file"
COUNTER = "counter"


def fill(path: Path, seed: int) -> None:
    """Read an endless file in: line n becomes case c-n. Prints the number of lines after each acknowledged batch."""
    choose = random.Random(seed)
    with open_store(path) as store:
        progress = store.ingests.find(FILE)
        line = progress.line if progress else 0
        while True:
            size = choose.choice((1, 3, 200))
            batch = [
                Case(id=f"c-{number}", problem=f"{number} " * 100, solution="s") for number in range(line, line + size)
            ]
            # An update in the same breath as the new cases.
            batch.append(Case(id=COUNTER, problem=str(line + size), solution="s"))
            store.cases.upsert(batch, progress=IngestProgress(FILE, line + size))
            line += size
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def count(path: Path, times: int) -> None:
    """Add one to the number in a case, `times` times, against everybody who does the same."""
    with open_store(path) as store:
        for _ in range(times):
            while True:
                stored = store.cases.get(COUNTER)
                case = Case(id=COUNTER, problem=str(int(stored.case.problem) + 1), solution="s")
                try:
                    store.cases.upsert([case], if_version=stored.version)
                    break
                except VersionMismatch:  # somebody was faster: read again
                    continue


if __name__ == "__main__":
    {"fill": fill, "count": count}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
