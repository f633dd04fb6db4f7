"""What transformer models need beside this program, and what to say when it is not there."""

from importlib.util import find_spec

from retriever.errors import ModelUnavailable

PACKAGES = ("torch", "transformers", "sentence_transformers")
"""A small installation leaves them out: the built-in model and other static ones need none of them."""


def check_installed() -> None:
    """Raises ModelUnavailable when a package is missing, with the command that installs them all."""
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise ModelUnavailable(
            f"transformer models need {', '.join(missing)}: pip install 'similar-cases[transformers]'."
        )
