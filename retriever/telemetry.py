"""Metrics (prometheus-client) and structured logs (structlog); neither ever holds case or question text."""

import logging
import sys

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import EventDict

from retriever.masking import mask_text

REQUEST_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The service's metrics on a registry of their own, so that tests and workers never share counters."""

    def __init__(self) -> None:
        """Register every metric once."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "similar_cases_requests_total",
            "HTTP requests by route template, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "similar_cases_request_seconds",
            "Time to answer, by route template.",
            ("route",),
            buckets=REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "similar_cases_search_stage_seconds",
            "Time of each stage of a search.",
            ("stage",),
            buckets=(0.0001, 0.0002, 0.0005, *REQUEST_BUCKETS),
            registry=self.registry,
        )
        self.abstained = Counter(
            "similar_cases_abstained_total", "Questions answered with no match.", registry=self.registry
        )
        self.rejected = Counter(
            "similar_cases_overloaded_total",
            "Requests refused because the queue was full.",
            registry=self.registry,
        )
        self.queries_logged = Counter(
            "similar_cases_queries_logged_total", "Answered questions written to the library.", registry=self.registry
        )
        self.queries_dropped = Counter(
            "similar_cases_queries_dropped_total",
            "Answered questions not logged: the queue was full, or writing failed.",
            ("reason",),
            registry=self.registry,
        )
        self.cases = self._gauge("similar_cases_cases", "Cases searchable now.")
        self.delta = self._gauge("similar_cases_delta_changes", "Changes held over the snapshot.")
        self.revision = self._gauge("similar_cases_revision", "Store revision this process serves.")

    def _gauge(self, name: str, said: str) -> Gauge:
        """Of several processes the one counts that was asked last: it has just set the value."""
        return Gauge(name, said, registry=self.registry, multiprocess_mode="mostrecent")


_KEPT = frozenset(("event", "level", "timestamp", "request_id", "snapshot", "route", "method", "fingerprint"))


def mask_values(_: object, __: str, entry: EventDict) -> EventDict:
    """A structlog processor: personal values in whatever a line says, the traceback too, become placeholders."""
    for name, value in entry.items():
        if name not in _KEPT and isinstance(value, str):
            entry[name] = mask_text(value).text
    return entry


def _mask_message(_: object, __: str, entry: EventDict) -> EventDict:
    """Other libraries put everything into their message."""
    entry["event"] = mask_text(str(entry["event"])).text
    return mask_values(None, "", entry)


def configure_logging(level: str = "info") -> None:
    """JSON lines on stderr from structlog and from the standard library alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, mask_values, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _mask_message,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # It tries one build after the other and tells each that is not there as if something were missing.
    logging.getLogger("faiss.loader").setLevel(logging.WARNING)
