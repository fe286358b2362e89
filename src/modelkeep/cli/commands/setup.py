"""`init`, `verify` and `migrate`: a registry's beginning, its health, its age."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from modelkeep.cli.context import Call, here
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views import reads, scalar_views
from modelkeep.cli.views.changes import summary, what_next
from modelkeep.errors import IntegrityError

if TYPE_CHECKING:
    from modelkeep.domain.answers.care import Access


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
    shared: Annotated[
        str | None,
        typer.Option("--shared", metavar="GROUP", help="Whoever is in this group may read and write; also later."),
    ] = None,
    readers: Annotated[
        str | None, typer.Option("--readers", metavar="GROUP", help="Whoever is in this group may read.")
    ] = None,
) -> None:
    """Create a registry."""
    from modelkeep.locate import init_target, locate, untrusted
    from modelkeep.registry import create_registry

    target = init_target(directory, call.flags.registry, os.environ, here())
    names = [each.strip() for each in stages.split(",")] if stages is not None else None
    registry, created = create_registry(
        target, stages=names, store=store, shared=shared, readers=readers, settings=call.settings, say=call.say
    )
    held = [each.name for each in registry.stages()]
    access = registry.access()
    call.show(scalar_views.init(registry.directory, registry.id, held, access, created=created))
    if not call.chatty:
        return
    if created:
        call.say(f"stages: {', '.join(held)}")
        call.say("next: modelkeep register NAME FILE")
    elif shared is None:
        call.say("nothing to do: there is a registry already")
    if access.shared is not None:
        _tell_access(call, access)
    line = f"modelkeep config set registry {shlex.quote(registry.directory)}"
    if shared is not None:
        call.say(f"for your colleagues, and for you: {line}")
        return
    found = locate(call.flags.registry, os.environ, here())
    if refusal := untrusted(found):
        call.say(f"{refusal.message}\nhint: {refusal.hint}")
    elif created and found.path != registry.directory:
        call.say(f"to use it from here: {line}")


def _tell_access(call: Call, access: Access) -> None:
    call.say(f"who may write: the group {access.shared}")
    if access.readers is not None:
        call.say(f"who may read: the group {access.readers}")
    if access.in_the_way is not None:
        call.say(f"warning: {access.in_the_way} does not let them through: chmod o+x {shlex.quote(access.in_the_way)}")


@command(long=True)
def verify(
    call: Call,
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF...]", help="Only these versions; all unless given.")
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", help="Only the log and the tables that it makes; no stored byte.")
    ] = False,
    bytes_: Annotated[bool, typer.Option("--bytes", help="Only the stored bytes; not the log.")] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="The log by form, chain and details, without replay and tables; the bytes by existence, "
            "size and mode, without their hash; with --log or --bytes one of the two.",
        ),
    ] = False,
    subset: Annotated[
        str | None,
        typer.Option("--subset", metavar="K/N", help="Only the K-th of N parts of the stored bytes; N up to 9999."),
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
    call.show(reads.verification(found), lambda to: to.verification(found))
    if call.chatty and call.format != "table":
        call.say(summary(found))
    if call.chatty:
        for text in what_next(found, repairing=repair is not None):
            call.say(text)
    return 0 if found.ok else IntegrityError.exit_code


@command(changes=True)
def migrate(call: Call) -> None:
    """Bring the registry to this program's schema."""
    found = call.registry().migrate(dry_run=call.flags.dry_run)
    call.show(scalar_views.migration(found))
    if not call.chatty:
        return
    if not found.changed:
        call.say(f"nothing to do: the schema is {found.schema_after} already")
    elif found.dry_run:
        call.say("dry run: nothing was written")
    if found.backup:
        call.say(f"backup: {found.backup}")


COMMANDS = {"init": init, "verify": verify, "migrate": migrate}
