"""nDCG@10 of a token table on retrieval sets in BEIR layout: exact search, dense alone."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retriever.training.model.bags import build_bags, pool_bags

CUT = 10


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """One set: `relevant[i]` maps positions in `documents` to grades for query i; `query_self[i]` is its own or -1."""

    name: str
    documents: list[str]
    queries: list[str]
    query_languages: list[str]
    relevant: list[dict[int, int]]
    query_self: list[int]


@dataclass(frozen=True, slots=True)
class Scores:
    """Mean nDCG@10 (0..1) over all queries, and by query language where the set names more than one."""

    overall: float
    by_language: dict[str, float]


def load_set(folder: Path) -> RetrievalSet:
    """Read corpus, queries and `qrels/test.tsv`; only queries with a relevant document count."""
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
    position = {row["_id"]: i for i, row in enumerate(rows)}
    grades: dict[str, dict[int, int]] = defaultdict(dict)
    for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        grades[query][position[document]] = int(grade)
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text("utf-8").splitlines()]
    asked = [row for row in asked if row["_id"] in grades]
    return RetrievalSet(
        name=folder.name,
        documents=[f"{row.get('title', '')}\n{row['text']}" for row in rows],
        queries=[row["text"] for row in asked],
        query_languages=[row.get("metadata", {}).get("lang", "") for row in asked],
        relevant=[grades[row["_id"]] for row in asked],
        query_self=[position.get(row["_id"], -1) for row in asked],
    )


def load_sets(folder: Path) -> list[RetrievalSet]:
    """Read every set below a folder, by name."""
    return [load_set(path.parent) for path in sorted(folder.glob("*/corpus.jsonl"))]


def evaluate_table(tokenizer: Tokenizer, table: NDArray[np.float32], found: RetrievalSet) -> Scores:
    """Rank every document for every query by cosine and average nDCG@10."""
    documents = pool_bags(table, build_bags(tokenizer, found.documents))
    queries = pool_bags(table, build_bags(tokenizer, found.queries))
    return score_vectors(queries, documents, found)


def score_vectors(queries: NDArray[np.float32], documents: NDArray[np.float32], found: RetrievalSet) -> Scores:
    """Average nDCG@10 of unit vectors: queries (queries, dims) against documents (documents, dims)."""
    gains = np.zeros(len(queries))
    for start in range(0, len(queries), 512):
        scores = queries[start : start + 512] @ documents.T
        for row in range(len(scores)):
            own = found.query_self[start + row]
            if own >= 0:
                scores[row, own] = -np.inf
            gains[start + row] = ndcg(rank_top(scores[row], CUT), found.relevant[start + row], own)
    languages = np.array(found.query_languages)
    names = sorted(set(found.query_languages))
    by_language = {name: float(gains[languages == name].mean()) for name in names} if len(names) > 1 else {}
    return Scores(float(gains.mean()), by_language)


def rank_top(scores: NDArray[np.float32], cut: int) -> NDArray[np.int64]:
    """Return positions of the `cut` best scores, best first, ties by position; never the ones at minus infinity."""
    reachable = np.flatnonzero(scores > -np.inf)
    if len(reachable) > cut:
        floor = np.partition(scores[reachable], -cut)[-cut]
        reachable = reachable[scores[reachable] >= floor]
    return reachable[np.argsort(-scores[reachable], kind="stable")][:cut]


def ndcg(ranked: NDArray[np.int64], relevant: dict[int, int], own: int = -1) -> float:
    """Normalised discounted gain of one ranking (gain = grade); a query's own position is no target."""
    discount = 1.0 / np.log2(np.arange(2, CUT + 2))
    gained = sum(relevant.get(int(document), 0) * discount[i] for i, document in enumerate(ranked))
    best = sorted((grade for document, grade in relevant.items() if document != own), reverse=True)[:CUT]
    ideal = sum(grade * discount[i] for i, grade in enumerate(best))
    return float(gained / ideal) if ideal else 0.0
