"""What the audit log says of cases that were written."""

from collections.abc import Sequence

from retriever.domain import Case
from retriever.store.audit import Deed
from retriever.store.cases import Upserted


def deeds_of(cases: Sequence[Case], outcomes: Sequence[Upserted]) -> list[Deed]:
    """What the audit log says of an upsert: one entry for each case that changed."""
    actions = {"created": "case.create", "updated": "case.update"}
    return [
        Deed(
            actions[outcome.action],
            outcome.id,
            outcome.version,
            {"revision": outcome.revision, "status": case.status.value},
        )
        for case, outcome in zip(cases, outcomes, strict=True)
        if outcome.action in actions
    ]
