"""`init`, `verify` and `migrate`: a registry's beginning, its health, its age."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelkeep.cli import leaves, pages
from modelkeep.cli.call import Call, here
from modelkeep.cli.progress import Progress
from modelkeep.cli.shared import command
from modelkeep.cli.told import summary
from modelkeep.errors import IntegrityError


@command()
def init(
    call: Call,
    directory: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="Where; else as --registry says, else ./.modelkeep")
    ] = None,
    stages: Annotated[
        str | None, typer.Option("--stages", metavar="A,B,C", help="The stages, lowest first: staging,production.")
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="PATH", help="Keep the bytes in this directory, on another disk.")
    ] = None,
) -> None:
    """Create a registry."""
    from modelkeep.locate import init_target, locate
    from modelkeep.registry import create_registry

    target = init_target(directory, call.flags.registry, os.environ, here())
    names = [each.strip() for each in stages.split(",")] if stages is not None else None
    registry, created = create_registry(target, stages=names, store=store, settings=call.settings)
    held = [each.name for each in registry.stages()]
    call.show(leaves.init(registry.directory, registry.id, held, created=created))
    if not call.chatty:
        return
    if not created:
        call.say("nothing to do: there is a registry already")
        return
    call.say(f"stages: {', '.join(held)}")
    call.say("next: modelkeep register NAME FILE")
    if locate(call.flags.registry, os.environ, here()).path != registry.directory:
        call.say(f"to use it from here: modelkeep config set registry {registry.directory}")


@command(long=True)
def verify(
    call: Call,
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF...]", help="Only these versions; all unless given.")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Only the log and the tables.")] = False,
    bytes_: Annotated[bool, typer.Option("--bytes", help="Only the stored bytes.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Bytes by existence and size, not by their hash.")] = False,
    subset: Annotated[
        str | None, typer.Option("--subset", metavar="K/N", help="Only the K-th of N parts of the stored bytes.")
    ] = None,
    repair: Annotated[
        str | None,
        typer.Option(
            "--repair", metavar="PATH", help="Take what is damaged again from this file, directory, backup or registry."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Tell what --repair could do, but write nothing.")
    ] = False,
    accept_head: Annotated[
        bool, typer.Option("--accept-head", help="The log went back, and that is right: remember it as it is.")
    ] = False,
) -> int:
    """Check what the registry holds."""
    both = log == bytes_
    with Progress(call, "verifying") as progress:
        found = call.registry().verify(
            tuple(refs or ()),
            log=log or both,
            bytes=bytes_ or both,
            quick=quick,
            subset=subset,
            repair=repair,
            dry_run=dry_run,
            accept_head=accept_head,
            progress=progress.tell,
        )
    call.show(pages.verification(found), lambda to: to.verification(found))
    if call.chatty and call.format != "table":
        call.say(summary(found))
    return 0 if found.ok else IntegrityError.exit_code


@command(changes=True)
def migrate(call: Call) -> None:
    """Bring the registry to this program's schema."""
    found = call.registry().migrate(dry_run=call.flags.dry_run)
    call.show(leaves.migration(found))
    if not call.chatty:
        return
    if not found.changed:
        call.say(f"nothing to do: the schema is {found.schema_after} already")
    elif found.dry_run:
        call.say("dry run: nothing was written")
    if found.backup:
        call.say(f"backup: {found.backup}")


COMMANDS = {"init": init, "verify": verify, "migrate": migrate}
