"""`gc` and `doctor`: what lies about in the place itself, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views import gc_views
from modelkeep.errors import IntegrityError


@command(writes=True, long=True)
def gc(
    call: Call,
    grace: Annotated[
        str,
        typer.Option(
            "--grace", metavar="TIME", help="Keep files that were stored or deleted less than TIME ago; 7d by default."
        ),
    ] = "7d",
) -> None:
    """Remove stored bytes that no version needs."""
    from modelkeep.domain.times import parse_age

    wait = parse_age(grace, "--grace")
    with Progress(call, "sweeping") as progress:
        found = call.registry().gc(grace=wait, dry_run=call.flags.dry_run, progress=progress.tell)
    call.show(gc_views.page(found), lambda to: to.garbage(found))
    if call.chatty:
        for text in gc_views.told(found, grace):
            call.say(text)


@command()
def doctor(call: Call) -> int:
    """Look for what is or may become wrong with the place, and say what to do."""
    found = call.registry(must_exist=False).doctor()
    call.show(gc_views.diagnosis(found), lambda to: to.diagnosis(found))
    if call.chatty:
        call.say(gc_views.verdict(found))
    return 0 if found.ok else IntegrityError.exit_code


COMMANDS = {"gc": gc, "doctor": doctor}
