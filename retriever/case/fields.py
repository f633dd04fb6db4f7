"""The fields of a case by name: which there are, and which hold lists."""

from dataclasses import MISSING, fields

from retriever.domain import Case, Outcome, Source

SOURCE_FIELDS = tuple(item.name for item in fields(Source))
OUTCOME_FIELDS = tuple(item.name for item in fields(Outcome))
FIELDS = (
    *(item.name for item in fields(Case) if item.name not in ("source", "outcome")),
    *(f"source.{name}" for name in SOURCE_FIELDS),
    *(f"outcome.{name}" for name in OUTCOME_FIELDS),
)
"""Every field of a case, those of its source and outcome as `source.system`, `outcome.csat` …"""
LISTS = frozenset(item.name for item in fields(Case) if item.default is not MISSING and item.default == ())
"""Fields that hold several values."""
