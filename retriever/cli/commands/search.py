"""`similar-cases search`."""

from typing import Annotated

import typer

from retriever.case.language_tags import wanted_language
from retriever.cli.flags import Json
from retriever.cli.library import open_service_of
from retriever.cli.output import print_json
from retriever.cli.results import print_result, result_dict
from retriever.domain import OPERATOR, Filters, Query
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
        languages=tuple(map(wanted_language, language or ())),
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
    with open_service_of(context) as service:
        result = service.find_similar(query)
    print_json(result_dict(result)) if json_ else print_result(problem, result)


def check_problem(problem: str) -> str:
    """The problem as typed. Raises InvalidQuery when it is empty, or longer than the API takes."""
    if not problem.strip():
        raise InvalidQuery("the problem is empty: describe it in a few words.")
    if len(problem) > 8_000:
        raise InvalidQuery(f"the problem has {len(problem)} characters, at most 8000 are taken: shorten it.")
    return problem
