"""An ingest in a process of its own, to be killed: `python -m tests.support.ingest_writer FILE DATABASE REJECTS`."""

import signal
import sys
from pathlib import Path

from retriever.ingest.pipeline import IngestOptions, IngestStep, ingest
from retriever.store import open_store

BATCH = 20


def main() -> None:
    """Take the file in, saying how many rows are committed after each batch."""
    # Whoever started the tests in the background may have left Ctrl-C ignored for all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    file, database, rejects = map(Path, sys.argv[1:4])

    def say(step: IngestStep) -> None:
        sys.stdout.write(f"{step.read}\n")
        sys.stdout.flush()

    with open_store(database) as store:
        ingest(file, store, IngestOptions(batch=BATCH, rejects_path=rejects), progress=say)


if __name__ == "__main__":
    main()
