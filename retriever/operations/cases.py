"""Single cases as an operator keeps them: list, put, delete, compare two versions."""

from retriever.domain import Case, Status, StoredCase
from retriever.errors import CaseNotFound, InvalidInput, VersionMismatch
from retriever.lifecycle.history import FieldChange, diff_cases
from retriever.store import CaseFilter, Store


def list_cases(store: Store, *, status: Status | None = None, limit: int = 50) -> list[StoredCase]:
    """Cases in a state, or all, last updated first."""
    return store.cases.page(CaseFilter(statuses=(status,)) if status else CaseFilter(), limit=limit)


def put_case(store: Store, case: Case, *, if_version: int | None = None, dry_run: bool = False) -> str:
    """Create or replace a case; what happened to it. Raises InvalidInput when it is refused, VersionMismatch."""
    (outcome,) = store.cases.upsert([case], if_version=if_version, dry_run=dry_run)
    if outcome.action == "refused":
        raise InvalidInput(f"{case.id}: {outcome.reason}")
    return outcome.action


def delete_case(store: Store, id: str, *, if_version: int | None = None, dry_run: bool = False) -> None:
    """Take a case out of the library; its versions are kept. Raises CaseNotFound, VersionMismatch."""
    stored = store.cases.get(id)
    if if_version is not None and stored.version != if_version:
        raise VersionMismatch(f"{id} is at version {stored.version}, not {if_version}; look at it again first.")
    if not dry_run:
        store.cases.delete(id, if_version=stored.version)


def compare_versions(store: Store, id: str, older: int, newer: int) -> tuple[FieldChange, ...]:
    """What differs between two versions of a case. Raises CaseNotFound."""
    texts = {version.version: version.case for version in store.cases.versions(id)}
    for number in (older, newer):
        if number not in texts:
            raise CaseNotFound(f"case {id} has no version {number}; `similar-cases case versions {id}` lists them.")
    return diff_cases(texts[older], texts[newer])
