"""How often the language of a text is told right: `python -m benchmarks.quality.language --data DIR --out FILE`.

DIR holds title.tsv, sentence.tsv and paragraph.tsv: language, source, text a line (benchmarks/data/language_sets.py
makes them of interfaces and declarations of human rights that no fit has seen). `--rivals` measures other detectors
where they are installed; each may name only the languages that the built-in model serves. Unsure counts as wrong,
except for names of products. These, and short titles of support, lie in benchmarks/data/short/: half of each list was
looked at when the numbers of `retriever/case/language.py` were chosen (`tuned`), half was not (`held-out`).
"""

import importlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.measuring import command_line, conditions, write_result
from retriever.case import language
from retriever.case.language import detect_language
from retriever.case.language_tags import UNSURE, base_language, normalise_language

KINDS = ("title", "sentence", "paragraph")
SHORT = Path(__file__).parents[1] / "data" / "short"
OWN, HALVES = ("name", "short"), ("tuned", "held-out")
Row: TypeAlias = tuple[str, str]
"""Language and text."""
Detector: TypeAlias = Callable[[str], str]
Texts: TypeAlias = Mapping[str, Sequence[Row]]
"""By kind."""
_WORST = 8


def rows_of(path: Path, source: str = "") -> list[Row]:
    """The texts of a file and their languages, of one source or of all."""
    lines = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [(tag, text) for tag, known, text in lines if source in ("", known)]


def measured(detect: Detector, rows: Sequence[Row], *, scripts: bool = True) -> dict[str, Any]:
    """Shares of all texts, the mean over the languages, the weakest, time each; without `scripts` Chinese is one."""
    same: Detector = str if scripts else base_language
    started = time.process_time()
    told = [detect(text) for _, text in rows]
    seconds = time.process_time() - started
    asked, right, confused = Counter[str](), Counter[str](), Counter[str]()
    for (tag, _), answer in zip(rows, told, strict=True):
        asked[tag] += 1
        right[tag] += same(answer) == same(tag)
        if answer != UNSURE and same(answer) != same(tag):
            confused[f"{tag} → {answer}"] += 1
    share = {tag: right[tag] / number for tag, number in asked.items()}
    sure = len(rows) - told.count(UNSURE)
    return {
        "texts": len(rows),
        "right": round(sum(right.values()) / len(rows), 4),
        "mean_of_languages": round(sum(share.values()) / len(share), 4),
        "unsure": round(1 - sure / len(rows), 4),
        "right_of_told": round(sum(number for tag, number in right.items() if tag != UNSURE) / max(sure, 1), 4),
        "weakest": {name: round(share[name], 3) for name in sorted(share, key=lambda name: share[name])[:_WORST]},
        "confused": dict(confused.most_common(_WORST)),
        "us_per_text": round(seconds / len(rows) * 1e6),
    }


def measured_own(detect: Detector) -> dict[str, Any]:
    """Figures for each half of our own short texts; `wrong_in_no_main`: told a language that few texts are in."""
    results: dict[str, Any] = {}
    for kind, half in product(OWN, HALVES):
        rows = rows_of(SHORT / f"{kind}.tsv", half)
        wrong = [told for tag, text in rows if (told := detect(text)) not in (tag, UNSURE)]
        rare = sum(told not in language.MAIN for told in wrong)
        results[f"{kind}, {half}"] = measured(detect, rows) | {"wrong_in_no_main": rare}
    return results


def rival(name: str, served: Sequence[str]) -> Detector:
    """A detector of another project by the name of its module. Raises ImportError when it is not here."""
    module = importlib.import_module(name)
    if name == "py3langid":
        module.set_languages(sorted(served))
        return lambda text: str(module.classify(text)[0])
    if name == "lingua":
        builder = module.LanguageDetectorBuilder
        wanted = [one for one in module.Language.all() if normalise_language(one.iso_code_639_1.name) in served]
        detector = builder.from_languages(*wanted).with_preloaded_language_models().build()
        return lambda text: _named(detector.detect_language_of(text))
    raise SystemExit(f"there is no rule for {name}")


def resident() -> float:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * 4096 / 1e6, 1)


def figures(make: Callable[[], Detector], texts: Texts, *, scripts: bool = True) -> dict[str, Any]:
    """A detector on every kind of text; what it takes to load and keep."""
    before, started = resident(), time.perf_counter()
    detect = make()
    detect("the printer does not print")
    loaded = round(time.perf_counter() - started, 3)
    results = {kind: measured(detect, rows, scripts=scripts) for kind, rows in texts.items()}
    return {"seconds_to_load": loaded, "megabytes": round(resident() - before, 1), **results}


def main() -> None:
    """Measure, print, and write the figures."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rivals", nargs="*", default=[], help="modules of other detectors")
    parser.add_argument("--rival-texts", type=int, default=4, help="rivals are asked every so manieth text")
    options = parser.parse_args()
    texts = {kind: rows_of(options.data / f"{kind}.tsv") for kind in KINDS}
    fewer = {kind: rows[:: options.rival_texts] for kind, rows in texts.items()}
    served = sorted({tag for rows in texts.values() for tag, _ in rows})
    bases = sorted(set(map(base_language, served)))
    results: dict[str, Any] = {"machine": conditions(), "languages": served}
    results["ours"] = figures(lambda: detect_language, texts)
    results["own_short_texts"] = measured_own(detect_language)
    results["rivals"] = {name: figures(partial(rival, name, bases), fewer, scripts=False) for name in options.rivals}
    for threshold in ("SURE", "SURE_OF_FEW", "SURE_OF_A_NAME", "SURE_OF_A_MAIN_NAME"):
        setattr(language, threshold, 0.0)
    results["ours_never_unsure"] = figures(lambda: detect_language, texts)
    print({kind: results["ours"][kind]["right"] for kind in KINDS})
    print({kind: found["right"] for kind, found in results["own_short_texts"].items()})
    write_result(options.out, results)


def _named(found: Any) -> str:  # noqa: ANN401  a type of an optional module
    return normalise_language(found.iso_code_639_1.name) if found else UNSURE


if __name__ == "__main__":
    main()
