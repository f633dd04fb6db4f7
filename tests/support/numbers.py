"""Numbers that parsers of JSON like to change."""

LONG_INTEGERS = (2**53 + 1, 2**63, 2**64 - 1, 2**64, 20250301000012345678, 12345678901234567890123, 10**40 + 7)
"""Which floats cannot hold; help desks count in some."""
NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "-1E+0400", "1" + "0" * 400 + ".5")
"""What some programs write, and what would be read as infinite."""
