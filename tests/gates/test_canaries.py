"""Fifty personal values go in by every door and are found nowhere: not on disk, not in answers, logs or metrics."""

import io
import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from starlette.testclient import TestClient

from benchmarks.data.masking_samples import MAKERS, Sample, positives
from retriever.api.app import create_app
from retriever.case.format import case_from_dict
from retriever.config import Settings
from retriever.indexing.rebuild import rebuild
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.operations.export import export_cases
from retriever.store import LoggedQuery, open_store
from retriever.telemetry import configure_logging
from retriever.wiring.service import open_service
from tests.support.tiny_models import build_tiny_static

SEED = 23
CANARIES = 50


def canaries() -> list[Sample]:
    """Values of every structured type, each in its own sentence."""
    each = -(-CANARIES // len(MAKERS))
    return [sample for kind in MAKERS for sample in positives(kind, each, SEED)][:CANARIES]


def value_of(sample: Sample) -> str:
    """The value without the brackets that may stand around it."""
    return sample.text[sample.start : sample.end].strip("<>")


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """All that is logged, by us and by libraries, at the lowest level."""
    stream = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    configure_logging("debug")
    for handler in logging.root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def test_fifty_canaries_are_found_nowhere(tmp_path: Path, log_lines: io.StringIO) -> None:
    """Ingest, API writes, questions, feedback, refused requests, export, metrics, logs, index: no value anywhere.

    But in the rejected rows, which their owner asks for to repair them, and which nobody else may read.
    """
    samples = canaries()
    settings = Settings(data_dir=tmp_path / "lib", model=str(build_tiny_static(tmp_path / "model")), log_questions=True)
    outputs: list[str] = []

    outputs += _through_ingest(settings, tmp_path, samples)
    outputs += _through_the_api(settings, samples)
    seen = {
        str(path.relative_to(tmp_path)): path.read_bytes() for path in (tmp_path / "lib").rglob("*") if path.is_file()
    }
    seen |= {f"output {number}": text.encode() for number, text in enumerate(outputs)}
    seen["log"] = log_lines.getvalue().encode()

    leaks = [(place, value_of(s)) for place, data in seen.items() for s in samples if value_of(s).encode() in data]
    assert len(samples) == CANARIES
    assert any("library" in place for place in seen)
    assert any(place.startswith("lib/index/") for place in seen)
    assert b"request_failed" in seen["log"]
    assert leaks == []
    assert stat.S_IMODE((tmp_path / "rejects.jsonl").stat().st_mode) == 0o600


def _through_ingest(settings: Settings, folder: Path, samples: list[Sample]) -> list[str]:
    """A file of cases, one of refused rows with values where dates and names belong; then the index and an export."""
    rows = [
        {"id": f"c{n}", "title": s.text[:400], "problem": s.text, "solution": f"told {s.text}", "steps": [s.text],
         "tags": [s.text[:150]], "outcome": s.text, "source": {"system": "desk", "external_id": str(n)}}
        for n, s in enumerate(samples)
    ]  # fmt: skip
    broken = [{"id": f"b{n}", "problem": "p", "solution": "s", "resolved_at": s.text} for n, s in enumerate(samples)]
    broken += [{"id": f"d{n}", "problem": "p", "solution": "s", value_of(s): "x"} for n, s in enumerate(samples)]
    file = folder / "cases.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows + broken), encoding="utf-8")
    with open_service(settings) as service:
        report = ingest(file, service.store, IngestOptions(rejects_path=folder / "rejects.jsonl"))
        rebuild(service.store, service.encoder, settings.index_dir)
        exported = io.BytesIO()
        export_cases(service.store, exported)
    file.unlink()
    assert (report.created, report.rejected) == (len(samples), 2 * len(samples))
    return [json.dumps(report.to_dict(), ensure_ascii=False), exported.getvalue().decode()]


def _through_the_api(settings: Settings, samples: list[Sample]) -> list[str]:
    """Writes, questions, feedback, requests that are refused, a fault of the server, metrics."""
    outputs: list[str] = []
    with open_service(settings) as service:
        app = create_app(service)
        with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
            for number, sample in enumerate(samples):
                case = {"id": f"api{number}", "problem": sample.text, "solution": sample.text, "lessons": sample.text}
                wrong = {**case, "status": value_of(sample), "valid_until": sample.text}
                asked = client.post("/v1/similar", json={"problem": sample.text, "explain": True, "min_confidence": 0})
                outputs += [
                    client.put(f"/v1/cases/api{number}", json=case, headers={"If-None-Match": "*"}).text,
                    client.put(f"/v1/cases/wrong{number}", json=wrong, headers={"If-None-Match": "*"}).text,
                    client.post("/v1/similar", json={"problem": "p", value_of(sample): 1, "limit": sample.text}).text,
                    client.post("/v1/similar", json={"problem": "p", "filters": {"resolved_since": sample.text}}).text,
                    client.post(
                        "/v1/feedback", json={"query_id": sample.text, "case_id": "c1", "event": "solved"}
                    ).text,
                    asked.text,
                ]
                service.store.events.log_queries([LoggedQuery(f"q{number}", "2026-03-02T08:00:00Z", text=sample.text)])
            structlog.get_logger().error("request_failed", traceback="\n".join(sample.text for sample in samples))
            logging.getLogger("library").error("failed with %s", " ; ".join(sample.text for sample in samples))
            outputs.append(client.get("/metrics").text)
    return outputs


def test_fifty_canaries_of_an_unmasked_library_are_gone_after_masking_it(tmp_path: Path) -> None:
    """What came in before masking: live texts and older versions, in the file itself."""
    samples, path = canaries(), tmp_path / "library.sqlite3"
    with open_store(path, mask=False) as store:
        for solution in ("told {}", "told {} again"):
            store.cases.upsert(
                [
                    case_from_dict({"id": f"c{n}", "problem": s.text, "solution": solution.format(s.text)})
                    for n, s in enumerate(samples)
                ]
            )
    assert all(value_of(sample).encode() in path.read_bytes() for sample in samples)

    with open_store(path) as store:
        store.remask()

    assert [value_of(sample) for sample in samples if value_of(sample).encode() in path.read_bytes()] == []
