"""Flags and arguments that look the same on several commands."""

from typing import Annotated, Literal

import typer

from retriever.case.language_tags import normalise_language
from retriever.errors import InvalidQuery

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would happen and change nothing.")]
CaseId = Annotated[str, typer.Argument(help="Id of a case, or what its own system calls it.")]
RoleName = Literal["viewer", "contributor", "reviewer", "knowledge_manager", "admin"]
Who = Annotated[str, typer.Option("--actor", help="In whose name; without it the operator's, who is an admin.")]
RoleOf = Annotated[RoleName | None, typer.Option("--role", help="Role of --actor; without it that of their API key.")]
TeamOf = Annotated[
    str, typer.Option("--team", help="Team of --actor; without --role and --team that of their API key.")
]
Reason = Annotated[str, typer.Option(help="Why; kept with the case.")]


def known_language(tag: str) -> str:
    """A language as cases have it: zh-CN becomes zh-Hans. Raises InvalidQuery."""
    try:
        return normalise_language(tag)
    except ValueError as error:
        raise InvalidQuery(f"--language: {error}.") from error
