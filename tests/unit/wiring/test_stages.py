"""Stages as the settings name them: none by default, and errors that say which setting to mend."""

from pathlib import Path

import pytest

from retriever.config import Settings, load_settings
from retriever.domain import Query
from retriever.embedding.loading import load_encoder
from retriever.errors import InvalidSettings, ModelUnavailable
from retriever.operations.trial import open_trial
from retriever.search.reading import ReadingStage
from retriever.wiring.stages import open_stages
from tests.support.builders import WordEncoder, make_case
from tests.support.tiny_models import build_tiny_cross_encoder, build_tiny_static, build_tiny_transformer


def test_there_are_none_by_default() -> None:
    """Nobody pays for what they did not ask for."""
    assert open_stages(Settings(), WordEncoder()) == ()


def test_they_run_in_this_order(tmp_path: Path) -> None:
    """What finds candidates first, what reads the fewest last."""
    settings = Settings(
        rewrite_below=0.4,
        rescore_model=str(build_tiny_static(tmp_path / "static")),
        rerank_model=str(build_tiny_cross_encoder(tmp_path / "cross")),
        rerank_languages="en,zh",
    )

    stages = open_stages(settings, WordEncoder())

    assert [stage.name for stage in stages] == ["rewrite", "rescore", "rerank"]
    assert isinstance(stages[2], ReadingStage)
    assert stages[2].languages == {"en", "zh"}


def test_languages_come_from_the_card(tmp_path: Path) -> None:
    """A model that is known to read English only is not asked about other languages, unless the setting says so."""
    model = str(build_tiny_transformer(tmp_path / "all-MiniLM-L6-v2"))

    (by_card,) = open_stages(Settings(rescore_model=model, backend="torch-fp32"), WordEncoder())
    (by_setting,) = open_stages(
        Settings(rescore_model=model, backend="torch-fp32", rescore_languages="de"), WordEncoder()
    )

    assert isinstance(by_card, ReadingStage)
    assert isinstance(by_setting, ReadingStage)
    assert (by_card.languages, by_setting.languages) == (frozenset({"en"}), frozenset({"de"}))
    assert by_card.identity != by_setting.identity


@pytest.mark.parametrize("setting", ["rescore_model", "rerank_model"])
def test_a_missing_model_names_its_setting(setting: str) -> None:
    """At the start, with the command that fetches the model."""
    with pytest.raises(ModelUnavailable, match=rf"setting {setting}: .*similar-cases model download nobody/nothing"):
        open_stages(Settings(**{setting: "nobody/nothing"}), WordEncoder())  # type: ignore[arg-type]


def test_the_same_model_twice_is_refused(tmp_path: Path) -> None:
    """Rescoring with the model of the index cannot add anything."""
    model = str(build_tiny_static(tmp_path / "static"))

    with pytest.raises(InvalidSettings, match="rescore_model"):
        open_stages(Settings(rescore_model=model), load_encoder(model))


def test_languages_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that cannot be one is refused with the setting's name."""
    monkeypatch.setenv("SIMILAR_CASES_RESCORE_LANGUAGES", "English")

    with pytest.raises(InvalidSettings, match="rescore_languages"):
        load_settings()


def test_a_reranked_answer(tmp_path: Path) -> None:
    """Through the whole service: the stage has read every match and its time is named; confidence falls with rank."""
    model = str(build_tiny_cross_encoder(tmp_path / "cross"))
    cases = [make_case(f"c{number}", f"the printer does not work {number}") for number in range(4)]

    with open_trial(Settings(rerank_model=model, stage_budget_ms=60_000), cases) as service:
        result = service.find_similar(Query("the printer does not work", min_confidence=0.0))

    sure = [match.confidence for match in result.matches]
    assert len(sure) == 4
    assert sure == sorted(sure, reverse=True)
    assert all(0 <= match.score.stages["rerank"] <= 1 for match in result.matches)
    assert result.took_ms["rerank"] > 0


def test_a_slow_model_is_left_out_with_a_warning(tmp_path: Path) -> None:
    """The answer comes as it was, and says what is missing."""
    model = str(build_tiny_cross_encoder(tmp_path / "cross"))
    cases = [make_case(f"c{number}", f"the printer does not work {number}") for number in range(4)]

    with open_trial(Settings(rerank_model=model, stage_budget_ms=0.001), cases) as service:
        result = service.find_similar(Query("the printer does not work", min_confidence=0.0))

    assert len(result.matches) == 4
    assert [warning.split(":")[0] for warning in result.warnings] == ["rerank was left out"]
    assert all(match.score.stages == {} for match in result.matches)
