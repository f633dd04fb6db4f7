"""Train the built-in multilingual model: pairs and a teacher in, a sentence-transformers folder out."""

import argparse
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "retriever" / "training" / "model"


def arguments() -> argparse.ArgumentParser:
    """What a run is told: where its data lies and where its results go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="folder of {language}-en.tsv.xz files")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of the sentence-transformers teacher")
    parser.add_argument("--data", type=Path, required=True, help="folder of development sets in BEIR layout")
    parser.add_argument("--out", type=Path, default=ROOT / "retriever" / "embedding" / "builtin")
    parser.add_argument("--config", type=Path, default=MODEL / "config.toml")
    parser.add_argument("--work-dir", type=Path, required=True, help="cache of finished stages (about 4 GB)")
    parser.add_argument("--log", type=Path, default=ROOT / "benchmarks" / "results" / "builtin-model.json")
    parser.add_argument("--threads", type=int, default=2, help="one is faster than two on a machine that is not idle")
    return parser


def main() -> None:
    """Run every stage that is not cached yet, and say what came out."""
    given = arguments().parse_args()

    # Importing the training package loads torch: not before the arguments are known to be right.
    from retriever.training.model.config import load_config  # noqa: PLC0415
    from retriever.training.model.run import Places, TrainingRun  # noqa: PLC0415

    places = Places(
        pairs=given.pairs, teacher=given.teacher, sets=given.data, work=given.work_dir, out=given.out, log=given.log
    )
    log = TrainingRun(load_config(given.config), places, console=Console(), threads=given.threads).run()
    Console().print(f"{given.out}: {log['bytes']} bytes, {log['model_sha256']}")


if __name__ == "__main__":
    main()
