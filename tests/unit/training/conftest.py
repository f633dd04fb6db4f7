"""Labelled sets to fit on."""

from tests.support.labelled_sets import write_set

__all__ = ["write_set"]
