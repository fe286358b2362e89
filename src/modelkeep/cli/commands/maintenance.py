"""`verify`, `backup`, `gc`, `doctor` and `migrate`: the registry is checked and cared for."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES, WRITES
from modelkeep.cli.progress import progress
from modelkeep.cli.views.maintenance import BackupView, DiagnosisView, GarbageView, MigrationView, VerificationView
from modelkeep.errors import IntegrityError


@command("progress")
def verify(
    call: Call,
    refs: Annotated[list[str] | None, Argument(metavar="[REF...]", help="Only these versions; all by default.")] = None,
    log: Annotated[bool, Option("--log", help="Check only the log and its tables.")] = False,
    bytes_: Annotated[bool, Option("--bytes", help="Check only the stored files.")] = False,
    quick: Annotated[
        bool,
        Option(
            "--quick",
            help="The log by form, chain and details, without replay, tables and indexes; the bytes by existence, size and mode, without their hash; with --log or --bytes one of the two.",
        ),
    ] = False,
    subset: Annotated[
        str | None,
        Option(
            "--subset", metavar="K/N", help="Check only the K-th of N parts of the stored files; N is at most 9999."
        ),
    ] = None,
    repair: Annotated[
        str | None,
        Option("--repair", metavar="PATH", help="Restore damaged files from this file, directory, backup or registry."),
    ] = None,
    dry_run: Annotated[bool, Option("-n", "--dry-run", help="Show what --repair would do, and write nothing.")] = False,
    accept_head: Annotated[
        bool, Option("--accept-head", help="Accept a log that went backwards, and remember its head.")
    ] = False,
    head: Annotated[
        str | None,
        Option(
            "--head",
            metavar="SHA256",
            help="The log must have the entry with this hash: a head_hash of status that was kept elsewhere.",
        ),
    ] = None,
) -> int:
    both = log == bytes_
    with progress(call, "verifying") as update:
        found = call.registry().verify(
            tuple(refs or ()),
            log=log or both,
            bytes=bytes_ or both,
            quick=quick,
            subset=subset,
            repair=repair,
            dry_run=dry_run,
            accept_head=accept_head,
            head=head,
            progress=update,
        )
    call.show(VerificationView(found, repairing=repair is not None))
    return 0 if found.ok else IntegrityError.exit_code


@command(*CHANGES, answers=("migration",))
def migrate(
    call: Call,
    rebuild: Annotated[
        bool,
        Option("--rebuild", help="Keep the schema, and make every table again from the log where one is damaged."),
    ] = False,
) -> None:
    call.show(MigrationView(call.registry().migrate(rebuild=rebuild, dry_run=call.flags.dry_run)))


@command("progress")
def backup(
    call: Call,
    dest: Annotated[str, Argument(metavar="DEST", help="A new directory, an empty one, or an earlier backup.")],
    verify: Annotated[
        bool, Option("--verify", help="Hash what the backup already has, and copy it again where it is damaged.")
    ] = False,
    dry_run: Annotated[bool, Option("-n", "--dry-run", help="Show what is new, and write nothing.")] = False,
) -> int:
    with progress(call, "backing up") as update:
        found = call.registry().backup(dest, verify=verify, dry_run=dry_run, progress=update)
    call.show(BackupView(found))
    return 0 if found.ok else IntegrityError.exit_code


@command(*WRITES, "progress")
def gc(
    call: Call,
    grace: Annotated[
        str,
        Option(
            "--grace", metavar="TIME", help="Keep files that were stored or deleted less than TIME ago; 7d by default."
        ),
    ] = "7d",
) -> None:
    from modelkeep.domain.times import parse_age

    wait = parse_age(grace, "--grace")
    with progress(call, "sweeping") as update:
        found = call.registry().gc(grace=wait, dry_run=call.flags.dry_run, progress=update)
    call.show(GarbageView(found, grace))


@command()
def doctor(call: Call) -> int:
    found = call.registry(must_exist=False).doctor()
    call.show(DiagnosisView(found))
    return 0 if found.ok else IntegrityError.exit_code
