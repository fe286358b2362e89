"""`backup`: the registry a second time, somewhere else."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views import changes, scalar_views
from modelkeep.errors import IntegrityError


@command(long=True)
def backup(
    call: Call,
    dest: Annotated[str, typer.Argument(metavar="DEST", help="A new directory, an empty one, or an earlier backup.")],
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Tell what is new, but write nothing.")] = False,
) -> int:
    """Back the registry up."""
    with Progress(call, "backing up") as progress:
        found = call.registry().backup(dest, dry_run=dry_run, progress=progress.tell)
    call.show(scalar_views.backed_up(found))
    if call.chatty:
        for text in changes.backed_up(found):
            call.say(text)
    return 0 if found.ok else IntegrityError.exit_code


COMMANDS = {"backup": backup}
