"""When a case is no longer valid: the one rule, asked before publishing, by the daily round, and beside matches."""

from datetime import date

from retriever.domain import Case

EXPIRED_SQL = "valid_until <> '' AND valid_until < :today"
"""The same rule over a column that holds `valid_until` and a parameter `:today`, like 2026-03-31."""


def is_expired(case: Case, today: date) -> bool:
    """Does `valid_until` lie before today? On that day itself the case is still valid."""
    return bool(case.valid_until) and case.valid_until[:10] < today.isoformat()
