"""The optional stages of the ranking as the settings want them; none by default."""

from retriever.config import Settings
from retriever.domain import Encoder
from retriever.embedding.cards import find_card
from retriever.embedding.loading import load_encoder, split_revision
from retriever.errors import InvalidSettings, ModelUnavailable
from retriever.search.reading import RERANK_WEIGHT, RESCORE_WEIGHT, ReadingStage, Reranker, Rescorer
from retriever.search.rewriting import Rewriting
from retriever.search.stages import RankingStage


def open_stages(settings: Settings, encoder: Encoder) -> tuple[RankingStage, ...]:
    """Rewriting first, since it finds candidates; the slowest model last, since it reads the fewest.

    Raises ModelUnavailable, which names the setting, and InvalidSettings for a model that the index is made of already.
    """
    stages: list[RankingStage] = []
    if settings.rewrite_below:
        stages.append(Rewriting(settings.rewrite_below))
    if settings.rescore_model:
        stages.append(_rescoring(settings, encoder))
    if settings.rerank_model:
        stages.append(_reranking(settings))
    return tuple(stages)


def _rescoring(settings: Settings, encoder: Encoder) -> RankingStage:
    name = settings.rescore_model
    try:
        second = load_encoder(
            name, backend=settings.backend, threads=settings.threads, offline=not settings.allow_download
        )
    except ModelUnavailable as error:
        raise ModelUnavailable(f"setting rescore_model: {error}") from error
    if second.fingerprint == encoder.fingerprint:
        raise InvalidSettings(
            f"setting rescore_model: {name!r} is the model that the index is made of, so it has nothing to add; "
            "name another one, or leave it empty."
        )
    return ReadingStage(
        "rescore",
        Rescorer(second),
        RESCORE_WEIGHT,
        top=settings.rescore_top,
        budget_ms=settings.stage_budget_ms,
        languages=_languages(settings.rescore_languages, name),
    )


def _reranking(settings: Settings) -> RankingStage:
    from retriever.embedding.transformer.cross_encoder import load_cross_encoder  # noqa: PLC0415  nobody else needs it

    name = settings.rerank_model
    try:
        model = load_cross_encoder(name, threads=settings.threads, offline=not settings.allow_download)
    except ModelUnavailable as error:
        raise ModelUnavailable(f"setting rerank_model: {error}") from error
    return ReadingStage(
        "rerank",
        Reranker(model),
        RERANK_WEIGHT,
        top=settings.rerank_top,
        budget_ms=settings.stage_budget_ms,
        languages=_languages(settings.rerank_languages, name),
    )


def _languages(wanted: str, model: str) -> frozenset[str]:
    """What the setting says, else what the model's card says; empty for all."""
    card = find_card(split_revision(model)[0])
    return frozenset(wanted.split(",") if wanted else card.languages if card else ())
