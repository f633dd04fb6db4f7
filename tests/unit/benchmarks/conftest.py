"""What the tests of benchmarks share."""

from tests.support.labelled_sets import write_set

__all__ = ["write_set"]
