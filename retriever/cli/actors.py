"""In whose name a command acts."""

from dataclasses import replace

import typer

from retriever.cli.library import open_present_store_of
from retriever.domain import OPERATOR, Actor, Role
from retriever.errors import InvalidInput
from retriever.operations.keys import find_holder


def actor_named(context: typer.Context, name: str, role: str | None, team: str) -> Actor:
    """The operator, or the person in whose name the operator acts: as --role says, else as their API key says.

    Raises InvalidInput when neither says it.
    """
    if not name:
        if role or team:
            raise InvalidInput("--role and --team say who --actor is: name somebody.")
        return OPERATOR
    if role is not None:
        return Actor(name, Role[role.upper()], team, OPERATOR.audience)
    with open_present_store_of(context, read_only=True) as store:
        holder = find_holder(store, name)
    if holder is None:
        raise InvalidInput(f"say with --role what {name[:60]} may do: no API key in use has this name.")
    return replace(holder, team=team or holder.team)
