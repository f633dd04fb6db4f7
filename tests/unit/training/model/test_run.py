"""The whole training run on a handful of pairs: every stage, its cache, and a model that loads."""

import dataclasses
import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from retriever.embedding.loading import load_encoder
from retriever.training.model.config import TrainingConfig, load_config
from retriever.training.model.run import Places, TrainingRun
from tests.support.tiny_models import TOPICS, TROUBLES, build_tiny_transformer

CONFIG_FILE = Path(__file__).parents[4] / "retriever" / "training" / "model" / "config.toml"
MARKS = ("tokenizer", "teacher-english", "teacher-made", "bags", "fit")


def small_config() -> TrainingConfig:
    """The shipped settings, cut down to seconds."""
    shipped = load_config(CONFIG_FILE)
    return dataclasses.replace(
        shipped,
        dims=16,
        keep_pieces=240,
        tokenizer=dataclasses.replace(shipped.tokenizer, pieces=300, rare_character=1),
        made=dataclasses.replace(
            shipped.made, questions=20, passages=6, sources=("adyen-web",), passage_sources=("adyen-web",)
        ),
        teacher=dataclasses.replace(shipped.teacher, tokens=30),
        clusters=dataclasses.replace(shipped.clusters, count=4, rounds=2, sample=100),
        fit=dataclasses.replace(shipped.fit, steps=60, batch=32, group=2, pair_group=2, learning_rate=0.02),
    )


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Pairs in two languages, a random teacher, and one development set."""
    root = tmp_path_factory.mktemp("run")
    for folder in ("pairs", "sets/gnomehelp-desc-xling/qrels", "work", "out"):
        (root / folder).mkdir(parents=True)
    english = [f"{topic} {trouble}" for topic in TOPICS["en"] for trouble in TROUBLES["en"]]
    others = {
        "de": [f"{topic} {trouble}" for topic in TOPICS["de"] for trouble in TROUBLES["de"]],
        "zh": [topic + trouble for topic in TOPICS["zh"] for trouble in TROUBLES["zh"]],
    }
    for language, texts in others.items():
        rows = [f"{text}\t{source}\tadyen-web\n" for text, source in zip(texts, english, strict=True)]
        with lzma.open(root / "pairs" / f"{language}-en.tsv.xz", "wt", encoding="utf-8") as out:
            out.writelines(rows)
    found = root / "sets" / "gnomehelp-desc-xling"
    _write_lines(
        found / "corpus.jsonl", [{"_id": f"d{i}", "title": "", "text": text} for i, text in enumerate(english)]
    )
    queries = [
        {"_id": f"{language}{i}", "text": text, "metadata": {"lang": language}}
        for language, texts in others.items()
        for i, text in enumerate(texts)
    ]
    _write_lines(found / "queries.jsonl", queries)
    grades = "".join(f"{query['_id']}\td{str(query['_id'])[2:]}\t1\n" for query in queries)
    (found / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + grades, encoding="utf-8")
    teacher = build_tiny_transformer(root / "teacher")
    return Places(
        pairs=root / "pairs",
        teacher=teacher,
        sets=root / "sets",
        work=root / "work",
        out=root / "out" / "model",
        log=root / "out" / "log.json",
    )


def _write_lines(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _run(places: Places, config: TrainingConfig | None = None) -> dict[str, object]:
    return TrainingRun(config or small_config(), places, console=Console(quiet=True), threads=1).run()


def _marks(places: Places) -> dict[str, int]:
    """When each finished stage was finished, by the name of its folder."""
    return {path.parent.name: path.stat().st_mtime_ns for path in places.work.glob("*/stage.json")}


def test_the_run_from_pairs_to_a_model_that_loads(places: Places) -> None:
    """All stages in order: the folder loads, finds translations better than chance, and card and log tell the run."""
    log = _run(places)

    encoder = load_encoder(str(places.out))
    assert encoder.dim == 16
    assert log["scores"]["gnomehelp-desc-xling"]["int8"] > 50  # type: ignore[index]  # by chance about 13
    assert json.loads(places.log.read_text(encoding="utf-8"))["model_sha256"] == log["model_sha256"]
    assert "| adyen-web |" in (places.out / "README.md").read_text(encoding="utf-8")
    assert sorted(name.rsplit("-", 1)[0] for name in _marks(places)) == sorted(MARKS)


def test_a_second_run_does_no_stage_again(places: Places) -> None:
    """Finished stages are taken from the cache, and the same settings give the same bytes."""
    first = _run(places)
    marks = _marks(places)

    second = _run(places)

    assert _marks(places) == marks
    assert second["model_sha256"] == first["model_sha256"]


def test_a_stopped_run_goes_on_where_it_was(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed during the fit, the next run keeps the stages before it and ends at the model of a run in one go."""
    whole = _run(places)
    marks = _marks(places)
    fit = next(name for name in marks if name.startswith("fit-"))
    for path in (places.work / fit).iterdir():
        path.unlink()

    with monkeypatch.context() as patch:
        patch.setattr("retriever.training.model.fit.pair_loss", _stop)
        with pytest.raises(KeyboardInterrupt):
            _run(places)
    resumed = _run(places)

    after = _marks(places)
    assert {name: mark for name, mark in after.items() if name != fit} == {
        name: mark for name, mark in marks.items() if name != fit
    }
    assert after[fit] > marks[fit]
    assert resumed["model_sha256"] == whole["model_sha256"]


def test_other_settings_repeat_only_what_they_touch(places: Places) -> None:
    """A longer fit makes the fit again and nothing before it."""
    _run(places)
    before = set(_marks(places))
    config = small_config()

    _run(places, dataclasses.replace(config, fit=dataclasses.replace(config.fit, steps=61)))

    assert [name.rsplit("-", 1)[0] for name in set(_marks(places)) - before] == ["fit"]


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
