"""`similar-cases calibrate`: make the confidence keep its word on this library, from its own judged questions."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.cli.context import settings_of
from retriever.cli.flags import DryRun, Json
from retriever.cli.library import open_service_of
from retriever.cli.output import err, out, print_json, print_table
from retriever.errors import InvalidInput
from retriever.evaluation.platt import Refit
from retriever.operations.calibrate import fit_calibration, write_calibration

FIGURES = {
    "ece": "expected calibration error",
    "brier": "Brier score",
    "coverage": "answerable questions that get an answer",
    "answer_precision": "answers with a relevant case among them",
    "abstention_precision": "abstentions that were right",
    "abstention_recall": "out-of-scope questions abstained from",
}


def calibrate(
    context: typer.Context,
    *,
    judgements: Annotated[
        Path | None, typer.Option(help="JSON lines of id, text and relevant case ids, as for evaluate.")
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Logged questions, judged by what people did with the cases.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Go back to the confidence as shipped.")] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Fit the confidence to the library's own judgements (at least 200); the order of matches does not change."""
    if remove + feedback + (judgements is not None) != 1:
        raise InvalidInput("give --judgements FILE, --feedback or --remove.")
    if remove:
        _remove(settings_of(context).calibration_path, dry_run=dry_run)
        return
    with open_service_of(context) as service:
        done = fit_calibration(service, judgements)
        path = service.settings.calibration_path
    if json_:
        fitted = {"calibration": done.calibration, "before": done.refit.before, "after": done.refit.after}
        print_json({"dry_run": dry_run, **fitted})
    else:
        _print(done.refit, before=done.shipped_threshold)
    if dry_run:
        err.print("nothing written; without --dry-run searches use it from their next start on", markup=False)
        return
    write_calibration(path, done.calibration)
    err.print(f"written to {path}; a running server uses it from its next start on", markup=False)


def _remove(path: Path, *, dry_run: bool) -> None:
    if not path.exists():
        err.print("this library has no calibration of its own", markup=False)
    elif dry_run:
        err.print(f"{path} would be removed", markup=False)
    else:
        path.unlink(missing_ok=True)
        err.print(f"{path} removed; a running server goes back with its next start", markup=False)


def _print(done: Refit, *, before: float) -> None:
    rows = [("threshold", f"{before:.4f}", f"{done.fit.min_confidence:.4f}")]
    for name, said in FIGURES.items():
        old, new = (getattr(one, name) for one in (done.before, done.after))
        if old is not None and new is not None:
            rows.append((said, f"{old:.3f}", f"{new:.3f}"))
    asked = f"{done.questions:,} questions, {done.out_of_scope:,} of them out of scope"
    out.print(f"{asked}; after: on questions that the fit had not seen (five folds)", markup=False)
    print_table(("", "before", "after"), rows, figures=("before", "after"))
