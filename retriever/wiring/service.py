"""The composition root: the only place where store, encoder, index and search are wired together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from retriever.arrivals.drafts import RecentDrafts
from retriever.case.access import admitted, check_readable
from retriever.config import Settings
from retriever.domain import OPERATOR, Actor, Case, Encoder, Query, Role, SearchResult, StoredCase
from retriever.embedding.batching import BatchingEncoder, open_for_serving
from retriever.errors import ModelMismatch
from retriever.indexing.live import Indexing
from retriever.lifecycle import Lifecycle
from retriever.search.calibration import calibrated, load_calibration
from retriever.search.naming import find_named
from retriever.search.ranking import load_ranking
from retriever.search.searcher import Searcher
from retriever.search.stages import RankingStage
from retriever.store import Store, Upserted
from retriever.telemetry import Metrics
from retriever.wiring.arrivals import Arrivals
from retriever.wiring.encoder import open_encoder
from retriever.wiring.library import open_library
from retriever.wiring.lifecycle import channels_of, lifecycle_of
from retriever.wiring.questions import question_reader
from retriever.wiring.stages import open_stages

QUESTIONS_AT_ONCE = 8
"""Questions in hand when a slow model answers in batches: more would only make the first of a batch wait."""


@dataclass(frozen=True, slots=True)
class Service:
    """Everything one process needs; all methods may be called from several threads at once."""

    settings: Settings
    store: Store
    encoder: Encoder
    indexing: Indexing
    searcher: Searcher
    metrics: Metrics
    arrivals: Arrivals = field(init=False)
    """What is told of cases that come in, and webhooks on their way."""

    def __post_init__(self) -> None:
        """Arrivals are compared by this service's own search."""
        searcher = replace(self.searcher, reader=None)  # cases are compared as they are
        arrivals = Arrivals(self.settings, self.store, self.indexing, searcher, RecentDrafts(self.store.cases))
        object.__setattr__(self, "arrivals", arrivals)

    @property
    def lifecycle(self) -> Lifecycle:
        """All that can happen to a case; each step is found by the next search."""
        return lifecycle_of(self.settings, self.store, self.indexing.catch_up)

    def find_similar(self, query: Query) -> SearchResult:
        """Answer one question; it is read like a ticket first, and personal values in it are masked as in the cases."""
        return self._answer(self.searcher, query)

    def find_similar_to(self, case_id: str, query: Query, *, actor: Actor = OPERATOR) -> SearchResult:
        """Cases like a stored one that the actor may see, itself excluded; `query` gives limit and filters.

        Raises CaseNotFound.
        """
        case = self.find_case(case_id, actor=actor).case
        excluded = (*query.filters.exclude_ids, case.id)
        return self._answer(
            replace(self.searcher, reader=None),  # a case was cleaned and masked when it came in
            replace(
                query,
                title=case.title,
                problem=case.problem,
                error_codes=case.error_codes,
                filters=replace(query.filters, exclude_ids=excluded),
            ),
        )

    def get_case(self, case_id: str, *, actor: Actor = OPERATOR) -> StoredCase:
        """The case, if it exists for the actor. Raises CaseNotFound."""
        stored = self.store.cases.get(case_id)
        check_readable(actor, stored.case)
        return stored

    def find_case(self, name: str, *, actor: Actor = OPERATOR) -> StoredCase:
        """The case with this id, or that its own system calls so, if it exists for the actor.

        Raises CaseNotFound, with the ids that may have been meant.
        """
        return find_named(self.store.cases, name, actor)

    def put_case(self, case: Case, *, if_version: int | None = None, actor: Actor = OPERATOR) -> tuple[StoredCase, str]:
        """Create or replace a case, and what happened (created | updated | unchanged); the next search finds it.

        `actor` decides what may be written; see `retriever.case.access.admitted`. Below knowledge manager a new case is
        a draft, and a change of a live one is `proposed`: the live case stays until two people approve.

        Raises Forbidden, CaseNotFound, Conflict.
        """
        if actor.role < Role.KNOWLEDGE_MANAGER:
            written = self.lifecycle.writing.write(case, actor, if_version=if_version)
            return written.state.stored, written.action
        outcome = self._write([case], actor, if_version=if_version)[0]
        return self.store.cases.get(case.id), outcome.action

    def write_cases(self, cases: Sequence[Case], *, actor: Actor = OPERATOR) -> list[Upserted]:
        """Create or replace many; what became of each, in order, with the reason where one is refused.

        All are searchable on return.
        """
        if actor.role < Role.KNOWLEDGE_MANAGER:
            return self.lifecycle.writing.write_many(cases, actor)
        return self._write(cases, actor)

    def delete_case(self, case_id: str, *, if_version: int | None = None, actor: Actor = OPERATOR) -> None:
        """Remove a case; no search returns it again. Raises CaseNotFound, VersionMismatch."""
        self.store.cases.delete(case_id, if_version=if_version, actor=actor)
        self.indexing.catch_up()

    @property
    def question_threads(self) -> int:
        """How many questions are worth having in hand at once: threads that wait for a batch cost no processor."""
        threads = self.settings.threads
        return max(threads, QUESTIONS_AT_ONCE) if isinstance(self.encoder, BatchingEncoder) else threads

    def retire(self) -> None:
        """Another service took over the same store: finish the questions in hand, leave the files open."""
        if isinstance(self.encoder, BatchingEncoder):
            self.encoder.retire()

    def close(self) -> None:
        """End the model's thread and close the files."""
        if isinstance(self.encoder, BatchingEncoder):
            self.encoder.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, cases: Sequence[Case], actor: Actor, *, if_version: int | None = None) -> list[Upserted]:
        """Write without reviews, as knowledge managers and above may."""
        admit = None if actor == OPERATOR else partial(admitted, actor)
        outcomes = self.store.cases.upsert(cases, if_version=if_version, actor=actor, admit=admit)
        self.indexing.catch_up()
        return outcomes

    def _answer(self, searcher: Searcher, query: Query) -> SearchResult:
        result = searcher.find_similar(query)
        self._record(result)
        return result

    def _record(self, result: SearchResult) -> None:
        for stage, milliseconds in result.took_ms.items():
            self.metrics.stage_seconds.labels(stage).observe(milliseconds / 1000)
        if result.abstained:
            self.metrics.abstained.inc()


def open_service(settings: Settings) -> Service:
    """Open the library, load the model and the current snapshot, and catch up.

    Raises StoreDamaged, ModelUnavailable, ModelMismatch, SnapshotDamaged and, for a calibration that cannot be read,
    InvalidSettings, each with the command that mends it.
    """
    channels_of(settings)  # reminders that cannot be sent should not wait for their day to say so
    store = open_library(settings)
    try:
        encoder, indexing = _open_index(settings, store)
        searcher = _searcher(settings, store, encoder, indexing, open_stages(settings, encoder))
    except BaseException:
        store.close()
        raise
    return Service(settings, store, encoder, indexing, searcher, Metrics())


def with_current_model(service: Service) -> Service:
    """The same library served by the model that built the current snapshot, ready to take over from `service`.

    Nothing is downloaded. Raises ModelMismatch when the difference is not the model, or its files are not those that
    built the snapshot; ModelUnavailable when they are not here.
    """
    manifest = service.indexing.current_manifest()
    if manifest is None or manifest.labels["fingerprint"] == service.encoder.fingerprint:
        raise ModelMismatch(
            "the snapshot was built by another version of this program; run `similar-cases index rebuild`."
        )
    name = manifest.labels["model"]
    revision = service.settings.model_revision if name == service.settings.model else ""
    changed = {"model": name, "model_revision": revision, "dims": manifest.dim, "allow_download": False}
    settings = service.settings.model_copy(update=changed)
    encoder, indexing = _open_index(settings, service.store)
    searcher = _searcher(settings, service.store, encoder, indexing, service.searcher.stages)
    return replace(service, settings=settings, encoder=encoder, indexing=indexing, searcher=searcher)


def _searcher(
    settings: Settings, store: Store, encoder: Encoder, indexing: Indexing, stages: Sequence[RankingStage]
) -> Searcher:
    """The ranking as shipped for the model, with the library's own calibration where it has one, and the stages."""
    shipped = load_ranking(encoder.name)
    reader = question_reader(mask=settings.mask, known=store.masking.known)
    searcher = Searcher(encoder, store.cases, shipped, indexing.view, stages, reader)
    own = load_calibration(settings.calibration_path, searcher.identity, shipped)
    return replace(searcher, ranking=calibrated(shipped, own))


def _open_index(settings: Settings, store: Store) -> tuple[Encoder, Indexing]:
    """The model, behind a queue if it is slow, and the index over the current snapshot, caught up."""
    encoder = open_for_serving(open_encoder(settings), queue_size=settings.queue_size, timeout=settings.request_timeout)
    try:
        indexing = Indexing(store, encoder, settings.index_dir)
        indexing.open()
    except BaseException:
        if isinstance(encoder, BatchingEncoder):
            encoder.close()
        raise
    return encoder, indexing
