"""`similar-cases search`: one question for a person, or many, one a line, for a program."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TextIO

import typer

from retriever.case.language_tags import wanted_language
from retriever.cli.flags import Json
from retriever.cli.library import open_service_of
from retriever.cli.output import plain, print_json, progress_bars
from retriever.cli.results import print_result, result_dict
from retriever.domain import OPERATOR, QUESTION_LIMIT, Filters, Query
from retriever.errors import InvalidInput, InvalidQuery
from retriever.operations.questions import MANY, answers_of
from retriever.wiring.service import Service

AGAIN = "; may be repeated."
Values = list[str] | None


def search(
    context: typer.Context,
    *,
    problem: Annotated[str, typer.Argument(help="The problem, in any language; - reads many, one a line.")] = "",
    file: Annotated[
        Path | None, typer.Option(help=f"Answer every line of this file, text or JSON, as JSON lines; {MANY} at most.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches shown.")] = 5,
    min_confidence: Annotated[float | None, typer.Option(min=0, max=1, help="Show only matches this sure.")] = None,
    language: Annotated[Values, typer.Option(help="Only cases in this language" + AGAIN)] = None,
    product: Annotated[Values, typer.Option(help="Only this product" + AGAIN)] = None,
    category: Annotated[Values, typer.Option(help="Only this category and those below it" + AGAIN)] = None,
    industry: Annotated[Values, typer.Option(help="Only this industry" + AGAIN)] = None,
    tag: Annotated[Values, typer.Option(help="Only cases with one of these tags" + AGAIN)] = None,
    all_tags: Annotated[Values, typer.Option("--tag-all", help="Only cases with this tag too" + AGAIN)] = None,
    no_tags: Annotated[Values, typer.Option("--tag-none", help="No cases with this tag" + AGAIN)] = None,
    source: Annotated[Values, typer.Option(help="Only cases of this system" + AGAIN)] = None,
    since: Annotated[str, typer.Option("--resolved-since", help="Only cases resolved on this day or later.")] = "",
    until: Annotated[str, typer.Option("--resolved-until", help="Only cases resolved on this day or before.")] = "",
    exclude: Annotated[Values, typer.Option(help="Not the case with this id" + AGAIN)] = None,
    error_code: Annotated[Values, typer.Option(help="An error code of the problem" + AGAIN)] = None,
    historical: Annotated[bool, typer.Option("--historical", help="Superseded and retired cases too.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each case matched.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show the problem and the steps of each case too.")] = False,
    collapse: Annotated[
        bool, typer.Option("--collapse/--no-collapse", help="Show cases that say the same as one match.")
    ] = True,
    json_: Json = False,
) -> None:
    """Find resolved cases like a problem."""
    filters = Filters(
        products=tuple(product or ()),
        categories=tuple(category or ()),
        industries=tuple(industry or ()),
        languages=tuple(map(wanted_language, language or ())),
        tags_any=tuple(tag or ()),
        tags_all=tuple(all_tags or ()),
        tags_none=tuple(no_tags or ()),
        sources=tuple(source or ()),
        resolved_since=since,
        resolved_until=until,
        exclude_ids=tuple(exclude or ()),
    )
    query = Query(
        problem="",
        error_codes=tuple(error_code or ()),
        filters=filters,
        limit=limit,
        min_confidence=min_confidence,
        include_historical=historical,
        explain=explain,
        collapse=collapse,
        audience=OPERATOR.audience,
    )
    if file is not None or problem == "-":
        if file is not None and problem:
            raise InvalidQuery("give a problem or --file, not both.")
        with open_service_of(context) as service, _opened(file) as lines:
            _answer_many(service, lines, query)
        return
    asked = replace(query, problem=check_problem(problem))
    with open_service_of(context) as service:
        result = service.find_similar(asked)
    print_json(result_dict(result)) if json_ else print_result(problem, result, full=full)


def check_problem(problem: str) -> str:
    """The problem as typed. Raises InvalidQuery when it is empty, or longer than the API takes."""
    if not problem.strip():
        raise InvalidQuery("the problem is empty: describe it in a few words.")
    if len(problem) > QUESTION_LIMIT:
        raise InvalidQuery(
            f"the problem has {len(problem)} characters, at most {QUESTION_LIMIT} are taken: shorten it."
        )
    return problem


@contextmanager
def _opened(file: Path | None) -> Iterator[TextIO]:
    """The file, or standard input, as UTF-8. Raises InvalidInput."""
    if file is None:
        yield sys.stdin
        return
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield lines
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error


def _answer_many(service: Service, lines: TextIO, query: Query) -> None:
    """One JSON line for each question as soon as it is answered; exit 1 when a line was none."""
    refused = 0
    with progress_bars() as bars:
        for done, answer in enumerate(answers_of(service, lines, query), 1):
            fault = {"error": answer.fault} if answer.result is None else result_dict(answer.result)
            refused += answer.result is None
            line = {"line": answer.line, "id": answer.id, **fault}
            sys.stdout.write(json.dumps(plain(line), ensure_ascii=False) + "\n")
            bars("questions", done, done)
    if refused:
        raise typer.Exit(1)
