"""`init`, `verify` and `migrate`: a registry is created, checked, and brought to a newer schema."""

from __future__ import annotations

import os
import shlex
from typing import Annotated

import typer

from modelkeep.cli.context import Call, here
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views.maintenance import MigrationView, VerificationView
from modelkeep.cli.views.place import InitView
from modelkeep.errors import IntegrityError
from modelkeep.locate import init_target, locate, untrusted


@command()
def init(
    call: Call,
    directory: Annotated[
        str | None,
        typer.Argument(metavar="[DIR]", help="The directory; that of --registry or ./.modelkeep by default."),
    ] = None,
    stages: Annotated[
        str | None, typer.Option("--stages", metavar="A,B,C", help="The stages, lowest first: staging,production.")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="PATH", help="Keep the files of artifacts in this directory, on another disk."),
    ] = None,
    shared: Annotated[
        str | None,
        typer.Option("--shared", metavar="GROUP", help="The members of this group may read and write; also later."),
    ] = None,
    readers: Annotated[
        str | None, typer.Option("--readers", metavar="GROUP", help="The members of this group may read.")
    ] = None,
) -> None:
    """Create a registry."""
    from modelkeep.registry import create_registry

    target = init_target(directory, call.flags.registry, os.environ, here())
    names = [each.strip() for each in stages.split(",")] if stages is not None else None
    registry, created = create_registry(
        target, stages=names, store=store, shared=shared, readers=readers, settings=call.settings, say=call.say
    )
    call.show(
        InitView(
            registry.directory,
            registry.id,
            [each.name for each in registry.stages()],
            registry.access(),
            created=created,
            shared_now=shared is not None,
            usage=_usage(call, registry.directory, created=created, shared=shared is not None),
        )
    )


def _usage(call: Call, directory: str, *, created: bool, shared: bool) -> list[str]:
    """Return how a registry is used from the current directory, where that takes a setting."""
    line = f"modelkeep config set registry {shlex.quote(directory)}"
    if shared:
        return [f"for your colleagues, and for you: {line}"]
    found = locate(call.flags.registry, os.environ, here())
    if refusal := untrusted(found):
        return [refusal.message, f"hint: {refusal.hint}"]
    return [f"to use it from here: {line}"] if created and found.path != directory else []


@command(long=True)
def verify(
    call: Call,
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF...]", help="Only these versions; all by default.")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Check only the log and its tables.")] = False,
    bytes_: Annotated[bool, typer.Option("--bytes", help="Check only the stored files.")] = False,
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
        typer.Option(
            "--subset", metavar="K/N", help="Check only the K-th of N parts of the stored files; N is at most 9999."
        ),
    ] = None,
    repair: Annotated[
        str | None,
        typer.Option(
            "--repair", metavar="PATH", help="Restore damaged files from this file, directory, backup or registry."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Show what --repair would do, and write nothing.")
    ] = False,
    accept_head: Annotated[
        bool, typer.Option("--accept-head", help="Accept a log that went backwards, and remember its head.")
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
            progress=progress.update,
        )
    call.show(VerificationView(found, repairing=repair is not None))
    return 0 if found.ok else IntegrityError.exit_code


@command(changes=True)
def migrate(call: Call) -> None:
    """Bring the registry to this program's schema."""
    found = call.registry().migrate(dry_run=call.flags.dry_run)
    call.show(MigrationView(found))


COMMANDS = {"init": init, "verify": verify, "migrate": migrate}
