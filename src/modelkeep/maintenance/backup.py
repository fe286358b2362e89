"""`backup`: a copy of the registry that is one itself, made while others write.

The database is copied first, as it is at one moment; then every content that this copy names and the
backup does not have yet; then the copy takes the old one's place. So the backup never names bytes that
it lacks, and until the last step it is the one before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.care import BackedUp
from modelkeep.domain.text import printable
from modelkeep.errors import Busy, Conflict, IntegrityError, RegistryUnavailable, UsageError
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.verify_bytes import Tables, report
from modelkeep.store import backup_mark
from modelkeep.store.backup.contents import Content, copy_contents, lacking
from modelkeep.store.backup.place import BackupPlace
from modelkeep.store.backup_mark import Mark
from modelkeep.store.content.workers import Progress
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.sqlite import raw_rows as lying
from modelkeep.store.db.sqlite.database_copy import copy_database
from modelkeep.store.db.state import SqlState

#: So often the database is copied again because versions were deleted while their bytes were on their way.
_TRIES = 5
_TOLD = 3
#: Some digest, to ask the store whether it is there.
_ANY = "sha256:" + "0" * 64

Tell = Callable[[int, int], None]


class _Held(Struct, frozen=True):
    """What a database names: its versions and head, and how many contents of how many bytes."""

    versions: int
    head: tuple[int, str]
    blobs: int
    size_bytes: int
    new_blobs: int
    new_bytes: int


def back_up(context: Context, dest: str, *, dry_run: bool, progress: Tell | None) -> BackedUp:
    """Make or renew the backup in a directory; see `Registry.backup`."""
    if dest in {"", "-"}:
        message = f"a backup is a directory, and '{dest}' is none"
        raise UsageError(message, "modelkeep backup /mnt/backup/models")
    place = BackupPlace(os.path.join(context.cwd, dest))
    with context.database.reading() as connection:
        registry = SqlState(connection).registry_id()
    if registry is None:
        message = f"the registry {context.directory} has an empty log"
        raise RegistryUnavailable(message, "modelkeep verify --log")
    context.artifacts.has(_ANY, 0)  # which fails at once where the disk of the store is away
    place.check(registry, context.directory)
    if dry_run:
        return _told(place, registry, place.head(), _would_hold(context, place), Findings(), dry_run=True)
    with place.held(registry, context.directory):
        before = place.head()
        mark = Mark(registry, backup_mark.backup_of(context.directory) or os.path.realpath(context.directory))
        place.begin(mark)
        try:
            held, findings = _carry_over(context, place, before, progress)
            place.finish(mark)
        except BaseException:
            place.give_up()
            raise
    return _told(place, registry, before, held, findings, dry_run=False)


def _told(
    place: BackupPlace,
    registry: str,
    before: tuple[int, str] | None,
    held: _Held,
    findings: Findings,
    *,
    dry_run: bool,
) -> BackedUp:
    return BackedUp(
        path=place.path,
        registry=registry,
        changed=before != held.head or held.new_blobs > 0,
        ok=findings.ok,
        entries=held.head[0],
        versions=held.versions,
        blobs=held.blobs,
        size_bytes=held.size_bytes,
        new_blobs=held.new_blobs,
        new_bytes=held.new_bytes,
        head_seq=held.head[0],
        head_hash=held.head[1],
        findings=findings.all(),
        dry_run=dry_run,
    )


def _carry_over(
    context: Context, place: BackupPlace, before: tuple[int, str] | None, progress: Tell | None
) -> tuple[_Held, Findings]:
    """Copy the database and what it names; again where what it names was deleted meanwhile."""
    live = Tables(context)
    new_blobs = new_bytes = 0
    for _ in range(_TRIES):
        copy_database(context.database, place.draft)
        findings, vanished = Findings(), False
        with place.copy().reading() as connection:
            _check(connection, place, before)
            held = _held(connection, place)
            missing = lacking(place.bucket, reachable.all_needed(connection))
            for (digest, size), trouble in copy_contents(
                context.artifacts, place.bucket, missing, Progress(held.new_bytes, progress)
            ):
                if trouble is None:
                    new_blobs, new_bytes = new_blobs + 1, new_bytes + size
                elif live.ask(partial(reachable.is_needed, digest=digest)):
                    report(findings, lying.needing(connection, digest, _TOLD), trouble)
                else:
                    vanished = True
        if not vanished:
            return replace(held, new_blobs=new_blobs, new_bytes=new_bytes), findings
    message = "versions are deleted faster than they can be copied"
    raise Busy(message, "try again when less is deleted")


def _check(connection: Connection, place: BackupPlace, before: tuple[int, str] | None) -> None:
    """Refuse to put a copy in the place of a better one: a damaged one, or one whose log goes another way."""
    with place.copy().raw() as copied:
        trouble = reachable.broken(copied)
    if trouble is not None:
        message = f"the database is damaged, and the backup was left as it was: {printable(trouble)}"
        raise IntegrityError(message, "modelkeep verify --log")
    if before is not None and SqlState(connection).hash_at(before[0]) != before[1]:
        message = (
            f"the backup {printable(place.path)} has an entry {before[0]} that the registry has not: "
            "its log went backwards, or another way"
        )
        raise Conflict(message, "modelkeep verify; then back up to another directory, and keep this one")


def _held(connection: Connection, place: BackupPlace) -> _Held:
    new = _summed(lacking(place.bucket, reachable.all_needed(connection)))
    held = _summed(reachable.all_needed(connection))
    return _Held(lying.version_count(connection), _head(connection), *held, *new)


def _head(connection: Connection) -> tuple[int, str]:
    head = SqlState(connection).head()
    return (0, "") if head is None else (head.seq, head.hash)


def _would_hold(context: Context, place: BackupPlace) -> _Held:
    """Return what a backup would hold now; the registry is asked a page at a time."""
    source = Tables(context)

    def named() -> Iterator[Content]:
        after = ("", 0)
        while page := source.ask(partial(reachable.needed, after=after)):
            yield from page
            after = page[-1]

    new = _summed(lacking(place.bucket, named()))
    return _Held(source.ask(lying.version_count), source.ask(_head), *_summed(named()), *new)


def _summed(some: Iterable[Content]) -> tuple[int, int]:
    """Return how many contents there are, and their bytes."""
    count = total = 0
    for _, size in some:
        count += 1
        total += size
    return count, total
