#!/usr/bin/env python3
"""Rebuild the index offline, beside a running server if there is one: the same as `similar-cases index rebuild`."""

import sys

from retriever.cli import main

if __name__ == "__main__":
    main(["index", "rebuild", *sys.argv[1:]])
