"""`similar-cases retire`: all cases of a product become historical."""

from typing import Annotated

import typer

from retriever.cli.actors import actor_named
from retriever.cli.flags import DryRun, Json, Reason, RoleOf, TeamOf, Who
from retriever.cli.library import open_lifecycle_of
from retriever.cli.output import err, print_json, print_table


def retire(
    context: typer.Context,
    *,
    product: Annotated[str, typer.Option(help="Name of the product, as cases have it.")],
    version_prefix: Annotated[
        str, typer.Option(help="Only cases of these versions: 3. for 3 and 3.2, not 30. Empty for all.")
    ] = "",
    reason: Reason = "the product is retired",
    actor: Who = "",
    role: RoleOf = None,
    team: TeamOf = "",
    json_: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Make all published cases of a product, or of old versions of it, historical; --dry-run shows which."""
    who = actor_named(context, actor, role, team)
    with open_lifecycle_of(context) as lifecycle:
        done = lifecycle.ageing.retire_product(product, version_prefix, who, reason, dry_run=dry_run)
    if json_:
        print_json(
            {"dry_run": dry_run, "retired": done.retired, "left": [{"id": i, "reason": r} for i, r in done.left]}
        )
        return
    print_table(
        ("id", "would be" if dry_run else "is now", "why not"),
        [*((id, "historical", "") for id in done.retired), *((id, "published", why) for id, why in done.left)],
    )
    err.print(f"{len(done.retired)} cases {'would be' if dry_run else 'are'} historical, {len(done.left)} stay")
