"""Fewer pieces from a trained Unigram vocabulary: the least likely ones go, single characters stay."""

import json


def prune_pieces(tokenizer: str, keep: int) -> str:
    """Return the tokenizer's JSON with at most `keep` pieces, in order of likelihood; the unknown piece stays first.

    A text whose long piece is gone is spelt with shorter ones, so nothing becomes unknown.
    """
    document = json.loads(tokenizer)
    first, *pieces = document["model"]["vocab"]
    singles = sum(len(piece) == 1 for piece, _ in pieces)
    if keep <= singles:
        raise ValueError(f"{keep} pieces cannot hold the {singles} single characters")
    longer = sorted((row for row in pieces if len(row[0]) > 1), key=lambda row: (-row[1], row[0]))
    kept = [row for row in pieces if len(row[0]) == 1] + longer[: keep - 1 - singles]
    document["model"]["vocab"] = [first, *sorted(kept, key=lambda row: (-row[1], row[0]))]
    # Six digits of a log-probability are far more than the segmentation can tell apart.
    document["model"]["vocab"] = [[piece, round(score, 4)] for piece, score in document["model"]["vocab"]]
    return json.dumps(document, ensure_ascii=False)
