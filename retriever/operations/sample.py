"""The sample library that comes with the package: into a library, and asked."""

from collections.abc import Callable, Mapping

from index.snapshots import Snapshots
from retriever.config import Settings
from retriever.domain import Progress, Query, SearchResult
from retriever.indexing.rebuild import rebuild
from retriever.ingest.report import IngestReport
from retriever.sample.library import load_sample_cases
from retriever.store import CaseFilter, Store
from retriever.wiring.encoder import open_encoder
from retriever.wiring.library import open_library
from retriever.wiring.service import open_service

SAMPLE_SYSTEM = "sample"
"""Where sample cases say that they come from."""
EXAMPLES = (
    "退款什么时候到账",
    "Parcel shows signed for, nobody at home got it and no pickup code came by text",
    "红烧肉怎么做才不腻",
)
"""A Chinese question with an English case, an English one with a Chinese case, and one that no case answers."""


def load_sample(store: Store, *, dry_run: bool = False) -> IngestReport:
    """Write those sample cases that the library does not have; a report like that of a file.

    What is there stays as it is: it may have been reviewed since, and dates move with the day of loading.
    """
    cases = load_sample_cases()
    missing = [case for case in cases if store.cases.find(case.id) is None]
    outcomes = store.cases.upsert(missing, dry_run=dry_run)
    actions = [outcome.action for outcome in outcomes]
    return IngestReport(
        read=len(cases),
        created=actions.count("created"),
        updated=actions.count("updated"),
        unchanged=len(cases) - len(missing) + actions.count("unchanged"),
        rejected=actions.count("refused"),
        named_by_content=0,
        rows=(),
        took=0.0,
        dry_run=dry_run,
        format="sample",
    )


def remove_sample(store: Store, *, dry_run: bool = False, progress: Progress | None = None) -> int:
    """Take every case of the sample out of the library again; how many. `case undelete` brings one back."""
    found = [stored.case.id for stored in store.cases.iter(CaseFilter(source_systems=(SAMPLE_SYSTEM,)))]
    for done, id in enumerate([] if dry_run else found, 1):
        store.cases.delete(id)
        if progress is not None:
            progress("remove", done, len(found))
    return len(found)


def prepare_sample(
    settings: Settings, *, loaded: Callable[[int], None] | None = None, progress: Progress | None = None
) -> Mapping[str, SearchResult]:
    """Fill a library that never held a case with the sample, build the index if there is none, ask three questions.

    The answers by question; none, and no model is loaded, when there is an index already. `loaded` is told how many
    cases came in.
    """
    if Snapshots(settings.index_dir).names():
        return {}
    with open_library(settings) as store:
        if store.cases.revision() == 0:
            report = load_sample(store)
            if loaded:
                loaded(report.created)
        rebuild(
            store,
            open_encoder(settings),
            settings.index_dir,
            threads=settings.threads,
            keep=settings.keep_snapshots,
            progress=progress,
        )
    with open_service(settings) as service:
        return {question: service.find_similar(Query(problem=question, limit=1)) for question in EXAMPLES}
