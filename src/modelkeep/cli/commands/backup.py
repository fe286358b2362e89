"""`backup`: a copy of the registry in another directory."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views.maintenance import BackupView
from modelkeep.errors import IntegrityError


@command(long=True)
def backup(
    call: Call,
    dest: Annotated[str, typer.Argument(metavar="DEST", help="A new directory, an empty one, or an earlier backup.")],
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Show what is new, and write nothing.")] = False,
) -> int:
    """Back the registry up."""
    with Progress(call, "backing up") as progress:
        found = call.registry().backup(dest, dry_run=dry_run, progress=progress.update)
    call.show(BackupView(found))
    return 0 if found.ok else IntegrityError.exit_code


COMMANDS = {"backup": backup}
