"""`audit` and `history`: who did what when, and what was live when."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.usage import whole
from modelkeep.cli.views import reads

Since = Annotated[
    str | None, typer.Option("--since", metavar="T", help="Only entries since then: a time, a date or an age (7d).")
]
Until = Annotated[str | None, typer.Option("--until", metavar="T", help="Only entries until then.")]

_MOST_ON_A_TERMINAL = 50


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
    """Tell who did what and when."""
    said = whole(limit, "--limit")
    seen = call.format == "table" and not call.flags.quiet
    cut = said or (_MOST_ON_A_TERMINAL + 1 if seen else None)
    most = said or (_MOST_ON_A_TERMINAL if seen else None)
    rows = call.registry().audit(ref, since=since, until=until, actor=actor, action=action, limit=cut, reverse=reverse)
    more = most is not None and len(rows) > most
    if more:
        rows = rows[:most] if reverse else rows[-(most or 0) :]
    call.show(reads.entries(rows), lambda to: to.entries(rows))
    if more:
        call.say(f"only the newest {most} are shown; --limit N shows more")


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
    """Tell what was live when."""
    registry, past = call.registry(), call.flags.as_of
    rows = registry.history(name, stage, since=since, until=until, as_of=past)
    call.show(reads.tenures(rows, registry.as_of(past)), lambda to: to.tenures(rows))


COMMANDS = {"audit": audit, "history": history}
