"""One mapping per help desk: its records, with its own field names, to cases; which are skipped, and why."""
