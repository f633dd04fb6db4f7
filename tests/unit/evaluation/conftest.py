"""What the tests of evaluation share."""

from tests.support.labelled_sets import write_set

__all__ = ["write_set"]
