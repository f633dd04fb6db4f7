"""The service behind the application: opened in the background, kept in step with other processes, closed last."""

import gc
import threading
import time
from collections.abc import Callable, Sequence
from traceback import format_exception

import structlog

from index.turns import alone
from retriever.api.query_log import QueryLog
from retriever.api.security.key_watch import KeyWatch
from retriever.api.security.keyring import KeyRing
from retriever.api.workers import Workers
from retriever.config import Settings
from retriever.domain import Query, SearchResult
from retriever.embedding.alignment.aligner import load_compiled
from retriever.errors import ModelMismatch, SimilarCasesError, Unavailable
from retriever.operations.upkeep import daily_round
from retriever.store import LoggedQuery
from retriever.telemetry import Metrics
from retriever.wiring.service import Service, with_current_model

log = structlog.get_logger()

ROUND_SECONDS = 3_600.0
SLOWEST_RETRY = 30.0
"""Seconds between two attempts to open a service that would not open, at most."""


class Runtime:
    """Holds the service once it is open, and says why it is not ready until then."""

    def __init__(self, source: Service | Callable[[], Service], settings: Settings) -> None:
        """`source` is an open service, which stays the caller's to close, or a function that opens one."""
        self.settings = settings
        self.workers = Workers(
            threads=settings.threads,
            queue_size=settings.queue_size,
            wait_seconds=settings.request_timeout,
        )
        # One at a time: two would only take the interpreter's lock from each other, and from the questions.
        self.arrivals = Workers(
            threads=1, queue_size=settings.queue_size, wait_seconds=settings.request_timeout, during=alone
        )
        self._open: Callable[[], Service] | None = None if isinstance(source, Service) else source
        self._service: Service | None = source if isinstance(source, Service) else None
        self._keys = KeyWatch(source.store) if isinstance(source, Service) else None
        self._metrics_before = Metrics()
        self._count_rejected()
        self._query_log = QueryLog(self._write_questions, metrics=lambda: self.metrics, texts=settings.log_questions)
        self._opening = "the library is being opened"
        self._following: dict[str, str] = {}  # by what is followed: one that works must not hide one that fails
        self._refusal = ""
        self._unloadable: tuple[str, float] = ("", 0.0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="similar-cases-follow", daemon=True)
        # Apart, because it takes minutes where nothing was compiled before: meanwhile the library must be followed.
        self._compiling = threading.Thread(target=_load_compiled, name="similar-cases-compile", daemon=True)

    @property
    def service(self) -> Service:
        """The open service. Raises Unavailable with the reason while there is none."""
        if self._service is None:
            raise Unavailable(f"not ready: {self._opening}")
        return self._service

    def find_service(self) -> Service | None:
        """The open service, None while there is none."""
        return self._service

    def find_keys(self) -> KeyRing | None:
        """The API keys, None while they cannot be relied on: before the library is open, and when it is gone."""
        return None if self._keys is None else self._keys.ring

    @property
    def metrics(self) -> Metrics:
        """The service's metrics; before it is open, some that count the requests until then."""
        return self._metrics_before if self._service is None else self._service.metrics

    def problems(self) -> list[str]:
        """Why this process should get no questions now; empty when it is ready. Looks at the disk."""
        if self._service is None:
            return [self._opening]
        keys = self._keys.trouble if self._keys is not None else ""
        found = [*self._service.indexing.problems(), *dict(self._following).values(), *([keys] if keys else [])]
        try:
            self._service.store.check_in_place()
        except Unavailable as error:
            found.append(str(error))
        return list(dict.fromkeys(found))

    def note_question(self, query: Query, result: SearchResult) -> None:
        """Have an answered question logged, if the settings want it; costs the answer some microseconds."""
        if self.settings.log_queries:
            self._query_log.note(query, result)

    def start(self) -> None:
        """Begin to open, to follow and to log, in threads of their own; returns at once."""
        if self._keys is not None:  # before the thread, which starts those of a library that it opens
            self._keys.start()
        self._thread.start()
        self._query_log.start()

    def stop(self) -> None:
        """End the threads and the work, log what was answered, close what was opened here. Blocks until all is done."""
        self._stop.set()
        self._thread.join()
        if self._keys is not None:
            self._keys.stop()
        self.workers.close()
        self.arrivals.close()
        self._query_log.close()
        if self._open is not None and self._service is not None:
            self._service.close()

    def _count_rejected(self) -> None:
        self.workers.count_rejected(self.metrics.rejected)
        self.arrivals.count_rejected(self.metrics.rejected)

    def _write_questions(self, questions: Sequence[LoggedQuery]) -> None:
        self.service.store.events.log_queries(questions)

    def _run(self) -> None:
        pause = self.settings.poll_seconds
        while self._open is not None and self._service is None and not self._stop.is_set():
            self._try_to_open(self._open)
            if self._service is None:
                self._stop.wait(pause)
                pause = min(pause * 2, SLOWEST_RETRY)
        next_round = time.monotonic()
        while not self._stop.wait(self.settings.poll_seconds):
            self._follow("library", self._poll)
            if time.monotonic() >= next_round:
                # Every hour, because a day may begin at any time, and one server of many may be down.
                self._follow("ageing", self._round)
                next_round = time.monotonic() + ROUND_SECONDS

    def _round(self) -> None:
        service = self.service
        daily_round(service.settings, service.store, service.lifecycle)

    def _try_to_open(self, open_service: Callable[[], Service]) -> None:
        try:
            service = open_service()
            # The first question loads what is loaded lazily; it should not be a customer's.
            service.searcher.find_similar(Query(problem="warm up", limit=1))
        except SimilarCasesError as error:
            self._note_opening(str(error), error)
        except Exception as error:
            # A thread that died of it would leave a server that never says why it is not ready.
            self._note_opening(f"the library could not be opened ({type(error).__name__}); the log says more", error)
        else:
            self.workers.resize(service.question_threads)
            self._keys = KeyWatch(service.store)
            self._keys.start()
            self._service = service
            self._count_rejected()
            log.info("ready", revision=service.indexing.view().revision)
            self._compiling.start()

    def _note_opening(self, reason: str, error: Exception) -> None:
        if reason != self._opening:
            log.error("not_ready", reason=reason, **_traceback(error))
        self._opening = reason

    def _follow(self, what: str, look: Callable[[], None]) -> None:
        try:
            look()
        except SimilarCasesError as error:
            self._note_following(what, str(error), error)
        except Exception as error:
            # The same: following must go on, and /readyz must tell.
            self._note_following(what, f"cannot follow the library ({type(error).__name__}); the log says more", error)
        else:
            self._following.pop(what, None)

    def _poll(self) -> None:
        self.service.arrivals.process_deliveries()
        try:
            self.service.indexing.poll()
        except ModelMismatch:
            manifest = self.service.indexing.current_manifest()
            name = "" if manifest is None else manifest.name
            refused, again = self._unloadable
            if name == refused and time.monotonic() < again:
                raise Unavailable(self._refusal) from None
            # Loading a model can take long: one that does not fit its snapshot is not tried at every look.
            self._unloadable = (name, time.monotonic() + SLOWEST_RETRY)
            try:
                self._change_model()
            except SimilarCasesError as error:
                self._refusal = str(error)
                raise
            self._unloadable = ("", 0.0)
            gc.unfreeze()  # the service before may be collected, this one stays
            gc.collect()
            gc.freeze()
        self._check_revision()

    def _check_revision(self) -> None:
        """An older library may have been put into the same file: what is served is not what is stored then."""
        view = self.service.indexing.view()
        if self.service.store.cases.revision() < view.revision:
            raise Unavailable("the library is older than what is served: restart the server to serve that one.")

    def _change_model(self) -> None:
        """Load the model of the new snapshot beside the present one; then one assignment changes both."""
        before = self.service
        after = with_current_model(before)
        after.searcher.find_similar(Query(problem="warm up", limit=1))
        self.workers.resize(after.question_threads)
        before.indexing.hand_over(after.indexing)
        self._service = after
        after.indexing.catch_up()  # what was written while the model was loading
        before.retire()
        log.info("model_changed", before=before.encoder.name, model=after.encoder.name)

    def _note_following(self, what: str, reason: str, error: Exception) -> None:
        if reason != self._following.get(what):
            log.error("not_following", reason=reason, **_traceback(error))
        self._following[what] = reason


def _load_compiled() -> None:
    """The first questions do without, and so can all others."""
    try:
        load_compiled()
    except Exception as error:
        log.warning("compiled_loops_not_loaded", detail="questions take longer", **_traceback(error))
    # Library, model and modules are there to stay: a collection that looks at them holds up every question for 50 ms.
    gc.freeze()


def _traceback(error: Exception) -> dict[str, str]:
    """For the log: nothing for an error that says all itself. As text, so that no logger adds the values of locals."""
    return {} if isinstance(error, SimilarCasesError) else {"traceback": "".join(format_exception(error))}
