"""Which embedding models there are, which of them are on this machine, and what is known about one."""

from dataclasses import dataclass

from retriever.config import Settings
from retriever.embedding.cards import CARDS, ModelCard, find_card
from retriever.embedding.folder import ModelFolder
from retriever.embedding.loading import find_model_folder
from retriever.errors import ModelUnavailable


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model by name: `card` is what is known about it, if anything; `is_here`: its files are on this machine."""

    name: str
    in_use: bool
    is_here: bool
    card: ModelCard | None


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """One model from its card and from its files; without files `advice` says how to get them."""

    name: str
    in_use: bool
    card: ModelCard | None
    folder: ModelFolder | None
    advice: str = ""
    mib_on_disk: float = 0.0


def list_models(settings: Settings) -> list[KnownModel]:
    """Models worth choosing; the one in use comes first where it has no card."""
    cards = [KnownModel(card.hub_id, card.hub_id == settings.model, _is_here(card.hub_id), card) for card in CARDS]
    if any(model.in_use for model in cards):
        return cards
    return [KnownModel(settings.model, True, _is_here(settings.model), None), *cards]


def describe_model(name: str, settings: Settings) -> ModelDescription:
    """What is known about a model. Raises ModelUnavailable for one without card and files."""
    card, in_use = find_card(name), name == settings.model
    try:
        folder = find_model_folder(name)
    except ModelUnavailable as error:
        if card is None:
            raise
        return ModelDescription(name, in_use, card, None, advice=str(error))
    return ModelDescription(name, in_use, card, folder, mib_on_disk=mib_on_disk(name, settings))


def mib_on_disk(name: str, settings: Settings) -> float:
    """Size of a model's files. Raises ModelUnavailable."""
    revision = settings.model_revision if name == settings.model else ""
    found = find_model_folder(name, revision=revision or None).path
    files = [found] if found.is_file() else found.rglob("*")
    return round(sum(path.stat().st_size for path in files if path.is_file()) / 2**20, 1)


def _is_here(name: str) -> bool:
    try:
        find_model_folder(name)
    except ModelUnavailable:
        return False
    return True
