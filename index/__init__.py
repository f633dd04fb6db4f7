"""Vectors, words and facets by int64 key; knows nothing of cases and imports nothing of `retriever`."""
