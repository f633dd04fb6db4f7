"""The composition root: the only place where store, encoder, index and search are wired together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from retriever.config import Settings
from retriever.domain import Case, Encoder, Query, SearchResult, StoredCase
from retriever.embedding.loading import load_encoder
from retriever.indexing import Indexing
from retriever.search.ranking import load_ranking
from retriever.search.searcher import Searcher
from retriever.store import Store, open_store
from retriever.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Service:
    """Everything one process needs; all methods may be called from several threads at once."""

    settings: Settings
    store: Store
    encoder: Encoder
    indexing: Indexing
    searcher: Searcher
    metrics: Metrics

    def find_similar(self, query: Query) -> SearchResult:
        """Answer one question."""
        result = self.searcher.find_similar(query)
        self._record(result)
        return result

    def find_similar_to(self, case_id: str, query: Query) -> SearchResult:
        """Cases like a stored one, itself excluded; `query` gives limit and filters. Raises CaseNotFound."""
        case = self.store.get_case(case_id).case
        excluded = (*query.filters.exclude_ids, case_id)
        return self.find_similar(
            replace(
                query,
                title=case.title,
                problem=case.problem,
                error_codes=case.error_codes,
                filters=replace(query.filters, exclude_ids=excluded),
            )
        )

    def put_case(self, case: Case, *, if_version: int | None = None) -> tuple[StoredCase, str]:
        """Create or replace a case, and what happened (created | updated | unchanged); the next search finds it."""
        outcome = self.store.upsert_cases([case], if_version=if_version)[0]
        self.indexing.catch_up()
        return self.store.get_case(case.id), outcome.action

    def put_cases(self, cases: Sequence[Case]) -> list[str]:
        """Create or replace many; what happened to each, in order. All are searchable on return."""
        outcomes = self.store.upsert_cases(cases)
        self.indexing.catch_up()
        return [outcome.action for outcome in outcomes]

    def delete_case(self, case_id: str, *, if_version: int | None = None) -> None:
        """Remove a case; no search returns it again. Raises CaseNotFound, VersionMismatch."""
        self.store.delete_case(case_id, if_version=if_version)
        self.indexing.catch_up()

    def close(self) -> None:
        """Close the files."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record(self, result: SearchResult) -> None:
        for stage, milliseconds in result.took_ms.items():
            self.metrics.stage_seconds.labels(stage).observe(milliseconds / 1000)
        if result.abstained:
            self.metrics.abstained.inc()


def open_service(settings: Settings) -> Service:
    """Open the library, load the model and the current snapshot, and catch up.

    Raises StoreDamaged, ModelUnavailable, ModelMismatch, SnapshotDamaged, each with the command that mends it.
    """
    store = open_store(settings.database_path)
    try:
        encoder = open_encoder(settings)
        indexing = Indexing(store, encoder, settings.index_dir)
        indexing.open()
    except BaseException:
        store.close()
        raise
    searcher = Searcher(encoder, store, load_ranking(encoder.name), indexing.view)
    return Service(settings, store, encoder, indexing, searcher, Metrics())


def open_encoder(settings: Settings) -> Encoder:
    """The model that the settings name. Raises ModelUnavailable."""
    return load_encoder(
        settings.model,
        backend=settings.backend,
        dims=settings.dims,
        threads=settings.threads,
        offline=not settings.allow_download,
        revision=settings.model_revision or None,
    )
