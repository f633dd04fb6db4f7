"""similar-cases: a case library that answers "has a problem like this been solved before, and how?"."""

__version__ = "0.1.0"
