"""`python -m retriever.cli`, the same as the command."""

from retriever.cli import main

if __name__ == "__main__":
    main()
