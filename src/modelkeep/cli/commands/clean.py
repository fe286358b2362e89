"""`gc` and `doctor`: bytes that no version needs, and what is wrong with the registry's place."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views.maintenance import DiagnosisView, GarbageView
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
        found = call.registry().gc(grace=wait, dry_run=call.flags.dry_run, progress=progress.update)
    call.show(GarbageView(found, grace))


@command()
def doctor(call: Call) -> int:
    """Look for what is or may become wrong with the registry's place, and say what to do."""
    found = call.registry(must_exist=False).doctor()
    call.show(DiagnosisView(found))
    return 0 if found.ok else IntegrityError.exit_code


COMMANDS = {"gc": gc, "doctor": doctor}
