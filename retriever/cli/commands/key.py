"""`similar-cases key …`: make, list, rotate and revoke API keys."""

from typing import Annotated

import typer

from retriever.case.times import utc_stamp
from retriever.cli.flags import DryRun, Json
from retriever.cli.library import open_store_of
from retriever.cli.output import err, print_json, print_table
from retriever.domain import ALL_GROUPS, OPERATOR, Actor, Role
from retriever.errors import InvalidInput
from retriever.operations.keys import revoke_key

app = typer.Typer(help="API keys: who may use the HTTP API, as what, and which groups' cases they see.")
ROLES = {role.name.lower(): role for role in Role}
Days = Annotated[int, typer.Option(min=0, max=3650, help="Days until the key expires; 0 for never.")]


@app.command()
def create(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="The person or program: what audit log and cases will name.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "viewer",
    team: Annotated[str, typer.Option(help="Team, for first reviews.")] = "",
    audience: Annotated[
        list[str] | None,
        typer.Option(help=f"A group whose cases the key sees; repeatable; {ALL_GROUPS} for all."),
    ] = None,
    days: Days = 365,
    rate_limit: Annotated[int, typer.Option(min=0, help="Requests per minute; 0 for that of the settings.")] = 0,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Make the first key of a person or program. The key is printed once and kept nowhere: store it now."""
    if role not in ROLES:
        raise InvalidInput(f"--role is one of {', '.join(ROLES)}, not {role[:40]!r}.")
    actor = Actor(name, ROLES[role], team, tuple(dict.fromkeys(audience or ())))
    with open_store_of(context, read_only=dry_run) as store:
        if dry_run:
            store.keys.check_new(name)
            err.print(f"{name} would get a key as {role}", markup=False)
            return
        made = store.keys.create(actor, by=OPERATOR, days=days or None, rate_limit=rate_limit)
    _show_new(made.text, made.record.id, made.record.expires_at, json_)


@app.command("list")
def list_(context: typer.Context, json_: Json = False) -> None:
    """All keys, alive or not, oldest first; secrets are not kept and cannot be shown."""
    with open_store_of(context, read_only=True) as store:
        found = store.keys.all()
    now = utc_stamp()
    rows = [
        {
            "id": key.id, "name": key.actor.id, "role": key.actor.role.name.lower(), "team": key.actor.team,
            "audience": list(key.actor.audience), "rate_limit": key.rate_limit,
            "state": "alive" if key.is_alive(now) else "revoked" if key.revoked_at else "expired",
            "created_at": key.created_at, "expires_at": key.expires_at, "last_used_at": key.last_used_at,
        }
        for key in found
    ]  # fmt: skip
    if json_:
        print_json(rows)
        return
    columns = ("id", "name", "role", "team", "audience", "state", "expires_at", "last_used_at")
    print_table(columns, [[_cell(row[column]) for column in columns] for row in rows], figures=("id",))


@app.command()
def rotate(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="The person or program.")],
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="How long the old key still works; both do meanwhile.")
    ] = 24,
    days: Days = 365,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Make another key with the same rights; the old one ends after the overlap."""
    if dry_run:
        err.print(f"{name} would get a second key, and the first would end in {overlap_hours:g} hours")
        return
    with open_store_of(context) as store:
        made = store.keys.rotate(name, by=OPERATOR, overlap_hours=overlap_hours, days=days or None)
    _show_new(made.text, made.record.id, made.record.expires_at, json_)


@app.command()
def revoke(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of the key (8 characters), or the whole key where it leaked.")],
    dry_run: DryRun = False,
) -> None:
    """End a key at once; running servers refuse it within a second."""
    with open_store_of(context, read_only=dry_run) as store:
        known = revoke_key(store, id, dry_run=dry_run)
    err.print(f"key {known.id} of {known.actor.id} {'would be' if dry_run else 'is'} revoked")


def _show_new(text: str, id: str, expires_at: str, json_: bool) -> None:
    if json_:
        print_json({"id": id, "key": text, "expires_at": expires_at})
        return
    err.print(f"key {id}, {f'until {expires_at}' if expires_at else 'without end'}; it is shown only now:")
    # Not through the table printer, which may fold a line: this is copied.
    typer.echo(text)


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
