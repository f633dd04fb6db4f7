"""Who may call each route, in one table: a role and those above it, or one of the special cases.

A route that is missing here cannot be added to the application.
"""

import sys
from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias

from retriever.domain import Role


class SpecialAccess(Enum):
    """Routes that ask for something else than a role."""

    PUBLIC = "public"
    """Anybody: says nothing of the library but whether it is ready."""
    SIGNED = "signed"
    """The route checks a signature over the body itself; there is no key and no actor."""
    MONITORING = "monitoring"
    """Any key, or anybody when the setting `open_metrics` says so."""


Permission: TypeAlias = Role | SpecialAccess

_BEGIN = "<!-- roles: written by `python -m retriever.api.security.permissions` from the page on its standard input -->"
_END = "<!-- end -->"

PERMISSIONS: Mapping[str, Permission] = {
    "getHealth": SpecialAccess.PUBLIC,
    "getReady": SpecialAccess.PUBLIC,
    "getVersion": SpecialAccess.MONITORING,
    "getMetrics": SpecialAccess.MONITORING,
    "findSimilar": Role.VIEWER,
    "findSimilarBatch": Role.VIEWER,
    "findSimilarTo": Role.VIEWER,
    "giveFeedback": Role.VIEWER,
    "listCases": Role.VIEWER,
    "getCase": Role.VIEWER,
    "listVersions": Role.VIEWER,
    "checkCase": Role.CONTRIBUTOR,
    "createCase": Role.CONTRIBUTOR,
    "receiveWebhook": SpecialAccess.SIGNED,
    "putCase": Role.CONTRIBUTOR,
    "putCases": Role.KNOWLEDGE_MANAGER,
    "deleteCase": Role.KNOWLEDGE_MANAGER,
    "listDeletedCases": Role.KNOWLEDGE_MANAGER,
    "undeleteCase": Role.KNOWLEDGE_MANAGER,
    "listReviews": Role.CONTRIBUTOR,
    "listDueReviews": Role.CONTRIBUTOR,
    "getReview": Role.CONTRIBUTOR,
    "submitCase": Role.CONTRIBUTOR,
    "withdrawCase": Role.CONTRIBUTOR,
    "approveCase": Role.REVIEWER,
    "rejectCase": Role.REVIEWER,
    "reviseCase": Role.CONTRIBUTOR,
    "discardRevision": Role.CONTRIBUTOR,
    "confirmCase": Role.REVIEWER,
    "retireCase": Role.KNOWLEDGE_MANAGER,
    "retireProduct": Role.KNOWLEDGE_MANAGER,
    "reinstateCase": Role.KNOWLEDGE_MANAGER,
    "mergeCases": Role.KNOWLEDGE_MANAGER,
    "unmergeCase": Role.KNOWLEDGE_MANAGER,
    "linkCase": Role.CONTRIBUTOR,
    "unlinkCase": Role.CONTRIBUTOR,
    "restoreVersion": Role.CONTRIBUTOR,
    "diffVersions": Role.VIEWER,
    "listSteps": Role.CONTRIBUTOR,
}
"""By operation id, the name of a route in OpenAPI. `/openapi.json` itself is no operation: anybody may read it."""


def permission_of(operation_id: str | None) -> Permission:
    """Who may call a route. Raises LookupError for one that is not in the table: a new route must be decided on."""
    if operation_id is None or operation_id not in PERMISSIONS:
        raise LookupError(f"route {operation_id} declares no permission: add it to PERMISSIONS in {__name__}")
    return PERMISSIONS[operation_id]


def roles_table() -> str:
    """The table of docs/security.md: which role may call which route."""
    lines = [f"| Operation | {' | '.join(role.label for role in Role)} |", "|---" * (len(Role) + 1) + "|"]
    for operation, permission in PERMISSIONS.items():
        cells = [_cell(permission, role) for role in Role]
        lines.append(f"| `{operation}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(permission: Permission, role: Role) -> str:
    if isinstance(permission, SpecialAccess):
        return permission.value
    return "yes" if role >= permission else ""


def with_table(page: str) -> str:
    """The text of docs/security.md with the table as it is now."""
    before, mark, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return f"{before}{mark}\n\n{roles_table()}\n{end}{after}"


if __name__ == "__main__":
    sys.stdout.write(with_table(sys.stdin.read()))
