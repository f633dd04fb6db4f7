"""An answered question, for people and for programs."""

from collections.abc import Mapping

from rich.text import Text

from retriever.case.texts import headline
from retriever.cli.output import out, print_indented
from retriever.domain import Comparison, Explanation, SearchResult


def print_result(question: str, result: SearchResult, *, full: bool = False) -> None:
    """One answered question as a person reads it, `full` with problem and steps.

    Case text is data: it is printed, never interpreted as markup.
    """
    out.print(Text(f"? {question}", style="bold"))
    if result.read_as:
        out.print(Text(f"  read as: {' '.join(result.read_as.split())}", style="dim"))
    if result.abstained:
        out.print(Text(f"  nothing found: {result.reason}", style="yellow"))
    for match in result.matches:
        case = match.stored.case
        head = Text(f"  {match.rank}. {match.confidence:5.1%}  ", style="green")
        head.append(" · ".join(filter(None, (case.id, case.language, case.product))), style="cyan").append(
            f"\n     {headline(case)}", "bold"
        )
        out.print(head)
        if full:
            print_indented(Text(case.problem, style="dim"), 5)
        print_indented(Text(case.solution), 5)
        for number, step in enumerate(case.steps if full else (), 1):
            print_indented(Text(f"{number}. {step}"), 7)
        for warning in match.warnings:
            out.print(Text(f"     ! {warning}", style="yellow"))
        if match.more_like_this:
            more = f"     + {len(match.more_like_this)} more like this: {', '.join(match.more_like_this)}"
            out.print(Text(more, style="dim"))
        if match.explanation is not None:
            print_explanation(match.explanation)
    for warning in result.warnings:
        out.print(Text(f"  ! {warning}", style="yellow"))
    total = result.took_ms.get("total", 0.0)
    out.print(Text(f"  {result.language} · snapshot {result.snapshot or 'none'} · {total:.1f} ms", style="dim"))


def print_explanation(why: Explanation) -> None:
    """Why a case matched, a line each for what there is."""
    found = (
        ("shares", dict.fromkeys((*why.codes, *why.words))),
        ("passages", (f"{part.place.field}: “{part.place.text}”" for part in why.passages)),
        ("aligned", (f"{part.question.text} ↔ {part.case.text} {part.similarity:.2f}" for part in why.aligned)),
        ("agrees", (_comparison(part) for part in why.fields if part.agrees)),
        ("differs", (_comparison(part) for part in why.fields if not part.agrees)),
    )
    for name, parts in found:
        if line := ", ".join(" ".join(part.split()) for part in parts):
            print_indented(Text(f"{name}: {line}", style="yellow" if name == "differs" else "dim"), 5)


def _comparison(part: Comparison) -> str:
    theirs = " ".join(part.case)
    return f"{part.field} {theirs}" if part.agrees else f"{part.field} {theirs}, asked for {' '.join(part.question)}"


def result_dict(result: SearchResult) -> Mapping[str, object]:
    """A result as the JSON that `search --json` prints."""
    return {
        "query_id": result.query_id,
        "abstained": result.abstained,
        "reason": result.reason,
        "language": result.language,
        "snapshot": result.snapshot,
        "revision": result.revision,
        "model": result.model,
        "took_ms": dict(result.took_ms),
        "warnings": result.warnings,
        "read_as": result.read_as,
        "matches": [
            {
                "rank": match.rank,
                "id": match.stored.case.id,
                "confidence": match.confidence,
                "score": match.score,
                "title": headline(match.stored.case),
                "problem": match.stored.case.problem,
                "solution": match.stored.case.solution,
                "steps": match.stored.case.steps,
                "language": match.stored.case.language,
                "status": match.stored.case.status,
                "version": match.stored.version,
                "warnings": match.warnings,
                "more_like_this": match.more_like_this,
            }
            | ({} if match.explanation is None else {"explanation": match.explanation})
            for match in result.matches
        ],
    }
