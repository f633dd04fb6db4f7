"""Measure masking: recall and precision per type, speed, texts made to be slow, and what it costs retrieval.

    python -m benchmarks.quality.masking --data DIR --out benchmarks/results/masking.json

Recall: a value counts when every character of it is masked under a right placeholder. Precision: of all passages masked
under a type's placeholders, in its own samples and in the lookalikes, the share that touches a value of that type.
The samples are made by the authors of the rules: they show that the rules do what they say, not that people write so.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.data import masking_lookalikes, masking_names, masking_samples, masking_worded
from benchmarks.data.masking_samples import Sample
from benchmarks.measuring import command_line, conditions, write_result
from retriever.config import Settings, load_settings
from retriever.evaluation.beir import beir_folders, load_beir
from retriever.evaluation.cases import documents_as_cases
from retriever.evaluation.labelled import LabelledSet
from retriever.evaluation.metrics import measure
from retriever.masking import MASKING_VERSION, KnownEntities, mask_case, mask_text
from retriever.masking.placeholders import without_placeholders
from retriever.sample.library import load_sample_cases, load_sample_set
from retriever.search.ranking import load_ranking, rank_scores
from retriever.training.ranking.questions import ask

SEED = 5
POSITIVES = 1_000
LOOKALIKES = 250  # of each kind
MEGABYTE = 1_000_000
SLOW = (
    "a",
    "1",
    " ",
    "\n",
    "@",
    "a@",
    "a@b.",
    ":",
    "::",
    "aa:",
    "1.",
    "1-",
    "1 2 ",
    "(",
    "\u200b",
    "\ue000",
    "eyJ",
    "eyJaaaaaaaa.",
    "-----BEGIN PRIVATE KEY-----",
    "password=",
    "password is ",
    "http://",
    "http://a/b?c=",
    "+1 ",
    "+49 3",
    "DE89",
    "DE89 3704 ",
    "4111 ",
    "110101199003071",
    "京A",
    "张",
    "路1",
    "一三八",
    "[EMAIL_1]",
    "Dear ",
    "Mr. A ",
    "12 Abcd ",
    "12 rue de la ",
    "Abcd Efgh ",
    "regards\n",
    "tel no no ",
    "收货地址：",
    "東京都渋谷区1-",
    "김철수 ",
    "A",
    "Ab1",
    "aa:bb:",
    "1.2.3.",
    "license plate A1 ",
)
"""Pieces that, repeated to a megabyte, make careless patterns run for ever."""
DENSE = (
    "13812345678 ",
    "45.6.7.8 ",
    "a@b.com ",
    "DE89 3704 0044 0532 0130 00 ",
    "4111 1111 1111 1111 ",
    "密码：ab12 ",
    "王先生",
    "京A12345",
    "Mr. Abc ",
    "+49 30 1234567 ",
    "北京路1号，",
    "https://a.b/?c=d ",
)
"""The same with nothing but personal values: slow because each has to be taken out."""


@dataclass(frozen=True, slots=True)
class MaskedSample:
    """Passages masked in one sample: kind, start, end."""

    sample: Sample
    passages: tuple[tuple[str, int, int], ...]


def find(samples: Iterable[Sample]) -> list[MaskedSample]:
    """What masking takes of each sample."""
    return [MaskedSample(sample, _passages(sample.text)) for sample in samples]


def _passages(text: str, known: KnownEntities | None = None) -> tuple[tuple[str, int, int], ...]:
    spans = mask_text(text, known or KnownEntities()).spans
    return tuple((span.placeholder[1:-1].rpartition("_")[0], span.start, span.end) for span in spans)


def is_found(found: MaskedSample, kinds: Sequence[str]) -> bool:
    """Is every character of the sample's value masked as one of these kinds? Its brackets and spaces need not be."""
    sample = found.sample
    covered = {place for kind, start, end in found.passages if kind in kinds for place in range(start, end)}
    return all(place in covered for place in range(sample.start, sample.end) if sample.text[place] not in " <>")


def score(kind: str, own: Sequence[MaskedSample], others: Sequence[MaskedSample]) -> dict[str, Any]:
    """Recall and precision of one type; `others` hold no value of any type."""
    makers = masking_samples.MAKERS if kind in masking_samples.MAKERS else masking_worded.MAKERS
    kinds = makers[kind][0]
    right = wrong = 0
    for found in (*own, *others):
        for name, start, end in found.passages:
            touches = bool(found.sample.kind) and start < found.sample.end and end > found.sample.start
            right += name in kinds and touches
            wrong += name in kinds and not touches
    hits = sum(is_found(found, kinds) for found in own)
    return {
        "positives": len(own),
        "recall": round(hits / len(own), 4),
        "precision": round(right / (right + wrong), 4) if right + wrong else 0.0,
    }


def structured(positives: int, lookalikes: int, seed: int = SEED) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scores of each structured type, and how many lookalikes of each kind were hit."""
    negatives = {
        kind: find(masking_lookalikes.lookalikes(kind, lookalikes, seed)) for kind in masking_lookalikes.MAKERS
    }
    everything = [found for group in negatives.values() for found in group]
    scores = {
        kind: score(kind, find(masking_samples.positives(kind, positives, seed)), everything)
        for kind in masking_samples.MAKERS
    }
    hit = {kind: sum(bool(found.passages) for found in group) for kind, group in negatives.items()}
    return scores, {"samples": len(everything), "hit": sum(hit.values()), "by kind": hit}


def worded(count: int, lookalikes: int, seed: int = SEED, *, held_out: bool = True) -> dict[str, Any]:
    """Scores of what words announce, on the half that the rules have not seen unless told otherwise."""
    others = [
        found
        for kind in masking_lookalikes.MAKERS
        for found in find(masking_lookalikes.lookalikes(kind, lookalikes, seed))
    ]
    return {
        kind: score(kind, find(masking_worded.worded(kind, count, seed, held_out=held_out)), others)
        for kind in masking_worded.MAKERS
    }


def unstructured(count: int, seed: int = SEED) -> dict[str, float]:
    """Recall of names and addresses, and of names that the record gives."""
    known = [
        MaskedSample(sample, _passages(sample.text, KnownEntities(names=(name,))))
        for name, sample in masking_names.known_names(count, seed)
    ]
    groups = {
        "names": (find(masking_names.names(count, seed)), ("PERSON",)),
        "addresses": (find(masking_names.addresses(count, seed)), ("ADDRESS",)),
        "known names": (known, ("PERSON",)),
    }
    return {name: round(sum(is_found(f, kinds) for f in own) / len(own), 4) for name, (own, kinds) in groups.items()}


def seconds_for(piece: str) -> float:
    """Seconds of processor time for a megabyte (UTF-8) of one piece repeated."""
    text = piece * (MEGABYTE // len(piece.encode()))
    begin = time.process_time()
    mask_text(text)
    return round(time.process_time() - begin, 2)


def speed() -> dict[str, float]:
    """Milliseconds of processor time per KiB over the sample library and over the positives, and per case."""
    cases = load_sample_cases()
    begin = time.process_time()
    for case in cases:
        mask_case(case)
    per_case = (time.process_time() - begin) / len(cases) * 1000
    library = [f"{case.problem}\n{case.solution}\n{case.diagnosis}" for case in cases]
    mixed = [s.text for kind in masking_samples.MAKERS for s in masking_samples.positives(kind, 200, SEED)]
    return {
        "sample library, ms/KiB": _per_kib(library),
        "texts full of values, ms/KiB": _per_kib(["\n".join(mixed[i : i + 10]) for i in range(0, len(mixed), 10)]),
        "ms per case": round(per_case, 3),
    }


def _per_kib(texts: Sequence[str]) -> float:
    begin = time.process_time()
    for text in texts:
        mask_text(text)
    took = time.process_time() - begin
    return round(took * 1000 / (sum(len(text.encode()) for text in texts) / 1024), 3)


def masked_set(labelled: LabelledSet) -> tuple[LabelledSet, dict[str, Any]]:
    """The set as a masked library and masked questions would be, and how much of it was taken."""
    characters = taken = spans = 0

    def mask(text: str) -> str:
        nonlocal characters, taken, spans
        masked = mask_text(text)
        characters += len(text)
        taken += sum(span.end - span.start for span in masked.spans)
        spans += len(masked.spans)
        return without_placeholders(masked.text)

    documents = []
    for document in labelled.documents:
        worded = document.metadata.get("matched_text")
        extra = {} if worded is None else {"matched_text": mask(str(worded))}
        documents.append(replace(document, title=mask(document.title), text=mask(document.text), metadata=extra))
    questions = tuple(replace(question, text=mask(question.text)) for question in labelled.questions)
    changed = replace(labelled, documents=tuple(documents), questions=questions)
    return changed, {"passages": spans, "share of characters": round(taken / max(1, characters), 6)}


def retrieval(labelled: LabelledSet, settings: Settings) -> dict[str, Any]:
    """nDCG@10 (0 to 100) of the shipped order, with and without masking."""
    masked, share = masked_set(labelled)
    plain = _ndcg(labelled, settings.model_copy(update={"mask": False}))
    after = _ndcg(masked, settings)
    return {"plain": plain, "masked": after, "loss": round(plain - after, 2), **share}


def _ndcg(labelled: LabelledSet, settings: Settings) -> float:
    renamed, cases = documents_as_cases(labelled)
    ranking = load_ranking("builtin")
    run = {
        one.question.id: dict(zip(one.ids, rank_scores(ranking, one.scores).tolist(), strict=True))
        for one in ask(renamed, cases, settings)
        if one.kind == "inside"
    }
    return round(100 * measure({q: renamed.qrels[q] for q in run}, run).means["ndcg@10"], 2)


def main() -> None:
    """Parse arguments, measure, print, write."""
    parser = command_line(__doc__)
    parser.add_argument("--data", type=Path, help="folder of BEIR folders; without it retrieval is not measured")
    parser.add_argument("--note", default="", help="what else ran on the machine")
    arguments = parser.parse_args()
    scores, lookalikes = structured(POSITIVES, LOOKALIKES)
    result: dict[str, Any] = {
        "machine": conditions(),
        "note": arguments.note,
        "seed": SEED,
        "masking_version": MASKING_VERSION,
        "libraries": {name: version(name) for name in ("phonenumbers", "python-stdnum")},
        "types": scores,
        "worded, held out": worded(POSITIVES, LOOKALIKES),
        "worded, seen": worded(POSITIVES, LOOKALIKES, held_out=False),
        "lookalikes": lookalikes,
        "best effort recall": unstructured(POSITIVES),
        "speed": speed(),
        "seconds per megabyte, made to be slow": {piece: seconds_for(piece) for piece in SLOW},
        "seconds per megabyte, nothing but values": {piece: seconds_for(piece) for piece in DENSE},
    }
    if arguments.data:
        settings = load_settings()
        sets = [*map(load_beir, beir_folders(arguments.data)), load_sample_set()[0]]
        result["retrieval"] = {labelled.name: retrieval(labelled, settings) for labelled in sets}
    _print(result)
    write_result(arguments.out, result)


def _print(result: dict[str, Any]) -> None:
    console, table = Console(), Table("type", "positives", "recall", "precision")
    for kind, line in (result["types"] | result["worded, held out"]).items():
        table.add_row(kind, *(str(value) for value in line.values()))
    console.print(table)
    for name in ("lookalikes", "best effort recall", "speed", "retrieval"):
        console.print(name, result.get(name))
    for name in ("seconds per megabyte, made to be slow", "seconds per megabyte, nothing but values"):
        worst = sorted(result[name].items(), key=lambda item: -item[1])[:5]
        console.print(name, worst)


if __name__ == "__main__":
    main()
