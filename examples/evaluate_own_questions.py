"""How good are the answers to your own questions? Judge some, ask the library, print the measures.

    python examples/evaluate_own_questions.py questions.jsonl [--data-dir FOLDER]

Each line: {"id": "q1", "text": "the refund has not arrived", "relevant": ["ECM-001"]}. A question that no case answers
has an empty list. `similar-cases evaluate` shows more: slices, intervals, abstention, a page; see docs/evaluation.md.
"""

import argparse
from pathlib import Path

from retriever.config import load_settings
from retriever.evaluation.judgements import load_judgements
from retriever.evaluation.runner import evaluate_search
from retriever.wiring.service import open_service


def main() -> None:
    """Ask every question and print nDCG@10, recall@10 and how far the confidence can be trusted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--data-dir", type=Path, default=None)
    arguments = parser.parse_args()
    with open_service(load_settings(data_dir=arguments.data_dir)) as service:
        judged = load_judgements(arguments.questions, service.store)
        measured = evaluate_search(judged, service.searcher.find_similar)
    for name in ("ndcg@10", "recall@10"):  # the right cases stand high; they are among the first ten
        print(f"{name}: {100 * measured.scores.means[name]:.1f} of 100 over {measured.questions} questions")
    if measured.reliability is not None:
        print(f"ECE: {measured.reliability.ece:.3f} (0: of answers that are 80 % sure, 80 % are right)")


if __name__ == "__main__":
    main()
