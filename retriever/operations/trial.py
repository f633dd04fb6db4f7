"""A library that is thrown away: labelled sets are measured in one; the user's own must not be filled with them."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retriever.config import Settings
from retriever.domain import Case, Progress
from retriever.embedding.alignment.aligner import load_compiled
from retriever.indexing.rebuild import rebuild
from retriever.store import open_store
from retriever.wiring.encoder import open_encoder
from retriever.wiring.service import Service, open_service

BATCH = 1_000


@contextmanager
def open_trial(settings: Settings, cases: Sequence[Case], *, progress: Progress | None = None) -> Iterator[Service]:
    """A service over these cases in a temporary folder; model and everything else as in the settings."""
    with tempfile.TemporaryDirectory(prefix="similar-cases-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        with open_store(own.database_path, mask=own.mask) as store:
            for start in range(0, len(cases), BATCH):
                store.cases.upsert(cases[start : start + BATCH])
            rebuild(store, open_encoder(own), own.index_dir, threads=own.threads, progress=progress)
        load_compiled()
        with open_service(own) as service:
            yield service
