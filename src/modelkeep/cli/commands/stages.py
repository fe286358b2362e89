"""`promote`, `rollback` and `retire`: who holds a stage, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.views import changes as told
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import RolledBack
    from modelkeep.registry import Registry

Target = Annotated[str, typer.Argument(metavar="NAME|REF", help="The model, or the version it is about.")]

#: Rollbacks of all stages of a model within a quarter of an hour.
_LOOKED_AT = 50


@command(changes=True, expects=True)
def promote(
    call: Call,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The version: fraud@4, not only fraud.")],
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="The stage that it is to hold.")],
    force: Annotated[bool, typer.Option("--force", help="Also if it is archived or marked bad.")] = False,
) -> None:
    """Give a version a stage."""
    found = call.registry().promote(ref, stage, force=force, **call.changing_one)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


@command(changes=True, expects=True)
def rollback(
    call: Call,
    ref: Annotated[
        str, typer.Argument(metavar="NAME|REF", help="The model, or the version to leave: only if it is live there.")
    ],
    stage: Annotated[str | None, typer.Argument(metavar="STAGE", help="The stage; the last one unless given.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="REF", help="Go back to this version, which held the stage before.")
    ] = None,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Do not mark the version that is left as bad.")
    ] = False,
) -> None:
    """Go back to the last good version."""
    registry, changing, confirmed = call.registry(), call.changing_one, False
    if call.can_ask and not call.flags.dry_run:
        lately = _lately(registry, ref, stage) if registry.is_bare(ref) else None
        confirmed = lately is not None
        planned = registry.rollback(
            ref, stage, to=to, keep_good=keep_good, confirmed=confirmed, **changing | {"dry_run": True}
        )
        if planned.changed:
            _ask(call, planned, lately)
            changing["message"] = call.flags.message or call.ask("why (Enter to skip)? ") or None
    found = registry.rollback(ref, stage, to=to, keep_good=keep_good, confirmed=confirmed, **changing)
    call.show(told.change(found, "rollback"))
    call.tell_change(told.beside(found), found)


def _ask(call: Call, planned: RolledBack, lately: str | None) -> None:
    """Tell what will happen; shortly after another rollback ask whether that is meant.

    ``--yes`` does not answer: it is asked because somebody, maybe somebody else, was just there.
    """
    told_so = "; ".join(told.effects(planned))
    if lately is None:
        call.say(told_so)
    elif call.ask(f"{lately}. {told_so}: go back once more? [y/N] ").lower() not in {"y", "yes"}:
        message = f"{lately}, and going back once more was not confirmed"
        raise Conflict(message, "nothing was changed")


def _lately(registry: Registry, name: str, stage: str | None) -> str | None:
    """Return a sentence on the last rollback of that stage if it is less than 15 minutes old."""
    import json
    from datetime import UTC, datetime

    from modelkeep.domain.stages import resolve_stage
    from modelkeep.domain.times import parse_stored
    from modelkeep.domain.verbs.rollback import QUIET

    stages = registry.stages()
    wanted = resolve_stage(stage, stages) if stage else stages[-1]
    for entry in registry.audit(name, action="rollback", limit=_LOOKED_AT, reverse=True):
        if datetime.now(UTC) - parse_stored(entry.time) > QUIET:
            break
        if wanted is not None and json.loads(entry.entry)["intent"]["subject"]["stage"] == wanted.name:
            return f"{entry.actor} {entry.sentence.partition(':')[0]} less than 15 minutes ago"
    return None


@command(changes=True, expects=True)
def retire(
    call: Call,
    ref: Target,
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="The stage that is to be empty.")],
) -> None:
    """Empty a stage."""
    found = call.registry().retire(ref, stage, **call.changing_one)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


COMMANDS = {"promote": promote, "rollback": rollback, "retire": retire}
