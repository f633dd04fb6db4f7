"""`similar-cases search`, and answers as JSON."""

from collections.abc import Mapping
from typing import Annotated

import typer

from retriever.cli.context import Json, opened_service
from retriever.cli.output import print_json, print_result
from retriever.domain import OPERATOR, Filters, Query, SearchResult
from retriever.errors import InvalidQuery

AGAIN = "; may be repeated."


def search(
    context: typer.Context,
    *,
    problem: Annotated[str, typer.Argument(help="The problem, in any language.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches shown.")] = 5,
    min_confidence: Annotated[float | None, typer.Option(min=0, max=1, help="Show only matches this sure.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only cases in this language" + AGAIN)] = None,
    product: Annotated[list[str] | None, typer.Option(help="Only this product" + AGAIN)] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only this category and those below it" + AGAIN)] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only cases with one of these tags" + AGAIN)] = None,
    historical: Annotated[bool, typer.Option("--historical", help="Superseded and retired cases too.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each case matched.")] = False,
    collapse: Annotated[
        bool, typer.Option("--collapse/--no-collapse", help="Show cases that say the same as one match.")
    ] = True,
    json_: Json = False,
) -> None:
    """Find resolved cases like a problem."""
    filters = Filters(
        products=tuple(product or ()),
        categories=tuple(category or ()),
        languages=tuple(map(known_language, language or ())),
        tags_any=tuple(tag or ()),
    )
    query = Query(
        problem=check_problem(problem),
        filters=filters,
        limit=limit,
        min_confidence=min_confidence,
        include_historical=historical,
        explain=explain,
        collapse=collapse,
        audience=OPERATOR.audience,
    )
    with opened_service(context) as service:
        result = service.find_similar(query)
    print_json(answer(result)) if json_ else print_result(problem, result)


def check_problem(problem: str) -> str:
    """The problem as typed. Raises InvalidQuery when it is empty, or longer than the API takes."""
    if not problem.strip():
        raise InvalidQuery("the problem is empty: describe it in a few words.")
    if len(problem) > 8_000:
        raise InvalidQuery(f"the problem has {len(problem)} characters, at most 8000 are taken: shorten it.")
    return problem


def known_language(tag: str) -> str:
    """A language as cases have it: zh-CN becomes zh-Hans. Raises InvalidQuery."""
    from retriever.case.format import normalise_language  # noqa: PLC0415  see retriever/cli/__init__.py

    try:
        return normalise_language(tag)
    except ValueError as error:
        raise InvalidQuery(f"--language: {error}.") from error


def answer(result: SearchResult) -> Mapping[str, object]:
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
        "matches": [
            {
                "rank": match.rank,
                "id": match.stored.case.id,
                "confidence": match.confidence,
                "score": match.score,
                "title": match.stored.case.title,
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
