"""The whole training run: tokenizer → teacher vectors → fit → quantise → evaluate → package, each stage cached."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from tokenizers import Tokenizer

from retriever.evaluation.beir import beir_folders, load_beir
from retriever.training.model.bags import Bags, build_bags, load_bags
from retriever.training.model.batches import build_clusters, build_pool
from retriever.training.model.card import build_card
from retriever.training.model.config import DataConfig, TrainingConfig
from retriever.training.model.evaluate import TableScores, evaluate_table
from retriever.training.model.fit import FitData, fit_table
from retriever.training.model.package import QuantisedTable, balance_rows, digest_folder, quantise_table, write_model
from retriever.training.model.pairs import ParallelCorpus, load_corpus
from retriever.training.model.prune import prune_pieces
from retriever.training.model.questions import build_made_english
from retriever.training.model.stages import CachedStage, digest_files, open_stage
from retriever.training.model.start import build_start_table, rotate_to_leading
from retriever.training.model.teacher import build_teacher_vectors
from retriever.training.model.tokenizer import build_tokenizer, open_blank_tokenizer

START_TEXTS = 120_000


@dataclass(frozen=True, slots=True)
class Places:
    """Where a run reads and writes: pairs, teacher model, development sets, cache, model folder, log file."""

    pairs: Path
    teacher: Path
    sets: Path
    work: Path
    out: Path
    log: Path


class TrainingRun:
    """One run of all stages; every stage is a method that returns what the next ones need, from its cache if it can."""

    def __init__(self, config: TrainingConfig, places: Places, *, console: Console, threads: int) -> None:
        self._config = config
        self._places = places
        self._console = console
        self._seconds: dict[str, float] = {}
        self._threads = threads
        torch.set_num_threads(threads)

    def run(self) -> dict[str, object]:
        """Run every stage, write the model folder and the log, and return the log."""
        places = self._places
        pairs_key = digest_files(sorted(places.pairs.glob("*-en.tsv.xz")))
        teacher_key = digest_files(sorted(places.teacher.glob("*.safetensors")))
        corpus = load_corpus(places.pairs)
        tokenizer_stage, tokenizer = self._tokenizer(corpus, pairs_key)
        made = build_made_english(corpus, self._config.made)
        labelled = {
            "english": self._vectors("english", corpus.english, {"pairs": pairs_key, "teacher": teacher_key}),
            "made": self._vectors(
                "made", made, {"pairs": pairs_key, "teacher": teacher_key, "made": self._config.made}
            ),
        }
        bags = self._bags(corpus, made, tokenizer, {"tokenizer": tokenizer_stage.key, "made": labelled["made"][0].key})
        data_keys = {"bags": bags[0].key, "english": labelled["english"][0].key}
        table = self._fit(corpus, bags[1], [labelled["english"][1], labelled["made"][1]], data_keys)
        return self._ship(corpus, tokenizer, table, teacher_key)

    def _cached(self, stage: CachedStage, work: Callable[[], dict[str, object]]) -> None:
        """Do a stage's work unless its folder is finished; keep how long it took."""
        if not stage.is_done():
            self._console.print(f"{stage.name}: {stage.key}")
            begun = time.monotonic()
            figures = work()
            stage.finish({**figures, "seconds": round(time.monotonic() - begun, 1)})
        seconds = stage.figures()["seconds"]
        self._seconds[stage.name] = float(str(seconds))
        self._console.print(f"{stage.name}: done in {seconds} s")

    def _tokenizer(self, corpus: ParallelCorpus, pairs_key: str) -> tuple[CachedStage, Tokenizer]:
        stage = open_stage(self._places.work, "tokenizer", {"config": self._config.tokenizer, "pairs": pairs_key})
        path = stage.folder / "tokenizer.json"

        def work() -> dict[str, object]:
            tokenizer = build_tokenizer(corpus, self._config.tokenizer)
            tokenizer.save(str(path))
            return {"pieces": tokenizer.get_vocab_size()}

        self._cached(stage, work)
        pruned = prune_pieces(path.read_text("utf-8"), self._config.keep_pieces)
        key = {"tokenizer": stage.key, "keep": self._config.keep_pieces}
        tokenizer, blank = Tokenizer.from_str(pruned), open_blank_tokenizer()
        tokenizer.normalizer, tokenizer.pre_tokenizer = blank.normalizer, blank.pre_tokenizer
        return open_stage(self._places.work, "pruned", key), tokenizer

    def _vectors(self, name: str, texts: list[str], keys: dict[str, object]) -> tuple[CachedStage, NDArray[np.float16]]:
        stage = open_stage(self._places.work, f"teacher-{name}", {**keys, "config": self._config.teacher})
        path = stage.folder / "vectors.npy"

        def work() -> dict[str, object]:
            with Progress(console=self._console) as bar:
                task = bar.add_task(f"teacher: {name}", total=len(texts))
                build_teacher_vectors(
                    texts,
                    self._places.teacher,
                    path,
                    config=self._config.teacher,
                    progress=lambda done, _: bar.update(task, completed=done),
                )
            return {"texts": len(texts)}

        self._cached(stage, work)
        vectors: NDArray[np.float16] = np.load(path, mmap_mode="r")
        return stage, vectors

    def _bags(
        self, corpus: ParallelCorpus, made: list[str], tokenizer: Tokenizer, keys: dict[str, object]
    ) -> tuple[CachedStage, dict[str, Bags]]:
        """Tokenise English (pairs, then made) and every language."""
        stage = open_stage(self._places.work, "bags", keys)
        names = ["en", *corpus.languages]

        def work() -> dict[str, object]:
            build_bags(tokenizer, corpus.english + made).save(stage.folder / "en.npz")
            for language, pairs in corpus.languages.items():
                build_bags(tokenizer, pairs.texts).save(stage.folder / f"{language}.npz")
            return {"languages": len(names)}

        self._cached(stage, work)
        return stage, {name: load_bags(stage.folder / f"{name}.npz") for name in names}

    def _fit(
        self,
        corpus: ParallelCorpus,
        bags: dict[str, Bags],
        labelled: list[NDArray[np.float16]],
        keys: dict[str, str],
    ) -> NDArray[np.float32]:
        config = self._config
        ingredients = {**keys, "fit": config.fit, "data": config.data, "clusters": config.clusters, "dims": config.dims}
        stage = open_stage(self._places.work, "fit", ingredients)
        path = stage.folder / "table.npy"

        def work() -> dict[str, object]:
            vectors = np.concatenate([np.asarray(part) for part in labelled])
            data = build_fit_data(corpus, bags, vectors, config)
            parts = [(pool.bags, pool.english) for pool in [data.english_pool, *data.pools]]
            tokens = 1 + max(int(bag.ids.max()) for bag in bags.values() if len(bag.ids))
            start = build_start_table(parts, data.targets, max(tokens, config.keep_pieces), most=START_TEXTS)
            losses: list[float] = []
            with Progress(console=self._console) as bar:
                task = bar.add_task("fit", total=config.fit.steps)

                def report(step: int, loss: float) -> None:
                    losses.append(loss)
                    bar.update(task, completed=step, description=f"fit, loss {np.mean(losses[-200:]):.3f}")

                checkpoint = stage.folder / "checkpoint.safetensors"
                table = fit_table(start, data, config.fit, report, checkpoint=checkpoint)
            np.save(path, table)
            checkpoint.unlink(missing_ok=True)
            return {"steps": config.fit.steps, "first_loss": np.mean(losses[:200]), "last_loss": np.mean(losses[-200:])}

        self._cached(stage, work)
        table: NDArray[np.float32] = np.load(path)
        return table

    def _ship(
        self, corpus: ParallelCorpus, tokenizer: Tokenizer, table: NDArray[np.float32], teacher_key: str
    ) -> dict[str, object]:
        """Quantise, evaluate both tables on every development set, write the folder and the log."""
        begun = time.monotonic()
        table = table[: tokenizer.get_vocab_size()]
        table[0] = 0.0
        table = balance_rows(table, self._config.row_power)
        quantised = quantise_table(table)
        scores = self._evaluate(tokenizer, table, quantised)
        names = {"pytorch": "torch", "sentence_transformers": "sentence-transformers", "transformers": "transformers"}
        size = write_model(self._places.out, tokenizer, quantised, {key: version(name) for key, name in names.items()})
        self._seconds["quantise, evaluate, package"] = round(time.monotonic() - begun, 1)
        log: dict[str, object] = {
            "what": "built-in model: nDCG@10 x 100 on the development sets, dense alone, exact search, title + text",
            "config": asdict(self._config),
            "teacher_sha256": teacher_key,
            "model_sha256": digest_folder(self._places.out),
            "bytes": size,
            "pairs_by_source": corpus.count_pairs(),
            "pairs_by_language": {name: len(pairs.texts) for name, pairs in corpus.languages.items()},
            "seconds": self._seconds,
            "threads": self._threads,
            "scores": scores,
        }
        self._places.log.parent.mkdir(parents=True, exist_ok=True)
        self._places.log.write_text(json.dumps(log, indent=1, ensure_ascii=False) + "\n", "utf-8")
        card = build_card(log, Path(__file__).with_name("sources.toml"))
        (self._places.out / "README.md").write_text(card, "utf-8")
        return log

    def _evaluate(
        self, tokenizer: Tokenizer, table: NDArray[np.float32], quantised: QuantisedTable
    ) -> dict[str, dict[str, object]]:
        scores: dict[str, dict[str, object]] = {}
        shipped = quantised.to_float()
        for labelled in map(load_beir, beir_folders(self._places.sets)):
            exact, rounded = (evaluate_table(tokenizer, one, labelled) for one in (table, shipped))
            scores[labelled.name] = {
                "queries": len(labelled.questions),
                "documents": len(labelled.documents),
                "float32": _percent(exact),
                "int8": _percent(rounded),
                "by_language": {name: round(100 * value, 1) for name, value in rounded.by_language.items()},
            }
            self._console.print(f"{labelled.name}: float32 {_percent(exact)}, int8 {_percent(rounded)}")
        return scores


def _percent(scores: TableScores) -> float:
    return round(100 * scores.overall, 2)


def build_fit_data(
    corpus: ParallelCorpus, bags: dict[str, Bags], vectors: NDArray[np.float16], config: TrainingConfig
) -> FitData:
    """Rotate the targets, cluster the English texts, and lay out one weighted pool per language."""
    clusters = build_clusters(
        vectors,
        config.clusters.count,
        rounds=config.clusters.rounds,
        sample=config.clusters.sample,
        seed=config.clusters.seed,
    )
    targets = rotate_to_leading(vectors, config.dims)
    sources = _source_weights(corpus, config.data)
    is_gloss = corpus.dictionary_mask()
    known = len(corpus.english)
    own = _row_weights(corpus.english_source, sources, is_gloss, config.data.gloss_share)
    english = np.concatenate([own, np.full(len(vectors) - known, config.data.made_weight)])
    numbers = np.arange(len(vectors), dtype=np.int64)
    pools = [
        build_pool(
            language,
            bags[language],
            pairs.english.astype(np.int64),
            weights=_row_weights(pairs.sources, sources, is_gloss, config.data.gloss_share),
            clusters=clusters,
        )
        for language, pairs in corpus.languages.items()
    ]
    return FitData(
        english=bags["en"],
        targets=targets,
        english_pool=build_pool("en", bags["en"], numbers, weights=english, clusters=clusters),
        pools=pools,
    )


def _source_weights(corpus: ParallelCorpus, data: DataConfig) -> NDArray[np.float64]:
    return np.array([data.source_weights.get(name, data.default_weight) for name in corpus.sources])


def _row_weights(
    sources: NDArray[np.int16], weights: NDArray[np.float64], is_gloss: NDArray[np.bool_], share: float
) -> NDArray[np.float64]:
    """Weight per pair; glosses are scaled so that they hold `share` of the sentences' mass, at most their own."""
    rows = weights[sources]
    gloss = is_gloss[sources]
    sentences, glosses = rows[~gloss].sum(), rows[gloss].sum()
    if glosses > 0:
        rows = np.where(gloss, rows * min(1.0, share * sentences / ((1 - share) * glosses)), rows)
    return rows
