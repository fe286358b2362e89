"""`audit` and `history`: who did what when, and which version held which stage when."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.row_limit import RowLimit
from modelkeep.cli.views.history import EntriesView, TenuresView

Since = Annotated[
    str | None, typer.Option("--since", metavar="T", help="Only entries since then: a time, a date or an age (7d).")
]
Until = Annotated[str | None, typer.Option("--until", metavar="T", help="Only entries until then.")]


@command()
def audit(
    call: Call,
    ref: Annotated[
        str | None, typer.Argument(metavar="[NAME|REF]", help="Only entries about this model or version.")
    ] = None,
    since: Since = None,
    until: Until = None,
    actor: Annotated[str | None, typer.Option("--actor", metavar="A", help="Only entries of this user.")] = None,
    action: Annotated[
        str | None,
        typer.Option("--action", metavar="ACTION", help="Only these actions: register, promote, rollback ..."),
    ] = None,
    limit: Annotated[str | None, typer.Option("--limit", metavar="N", help="Only the newest N.")] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Newest first.")] = False,
) -> None:
    """Print who did what and when."""
    newest = RowLimit(call, limit)
    found = call.registry().audit(
        ref, since=since, until=until, actor=actor, action=action, limit=newest.read, reverse=reverse
    )
    entries, more = newest.first(found) if reverse else newest.last(found)
    call.show(EntriesView(entries, more=more))


@command(past=True)
def history(
    call: Call,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The model; production of all models by default.")
    ] = None,
    stage: Annotated[str | None, typer.Argument(metavar="[STAGE]", help="The stage; all stages by default.")] = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Print which version held which stage when."""
    registry, moment = call.registry(), call.flags.as_of
    tenures = registry.history(name, stage, since=since, until=until, as_of=moment)
    call.show(TenuresView(tenures, registry.as_of(moment)))


COMMANDS = {"audit": audit, "history": history}
