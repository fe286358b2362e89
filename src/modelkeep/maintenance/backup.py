"""`backup`: a copy of the registry that is itself a registry, made while others write.

First the database is copied, as it is at one moment. Then every content that this copy names and the
backup lacks is copied. Then the new database replaces the old one. So the backup never names bytes
that it does not have, and until the last step it is the old backup.
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
from modelkeep.store.backup_mark import BackupMark
from modelkeep.store.backup_place import BackupPlace, Content, copy_contents, lacking
from modelkeep.store.content.workers import Progress
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sqlite import raw_rows
from modelkeep.store.db.sqlite.database_copy import copy_database
from modelkeep.store.db.state import SqlState

#: The database is copied again at most so often because versions were deleted before their bytes were copied.
_TRIES = 5
#: A content that cannot be copied is reported for so many of the versions that need it.
_SHOWN = 3
#: Any digest will do to see whether the store is there.
_ANY_DIGEST = "sha256:" + "0" * 64


class _Contents(Struct, frozen=True):
    """What a database names: its versions and head, the contents and their bytes, and those that the backup lacks."""

    versions: int
    head: tuple[int, str]
    blobs: int
    size_bytes: int
    new_blobs: int
    new_bytes: int


def back_up(context: Context, dest: str, *, dry_run: bool, progress: Callable[[int, int], None] | None) -> BackedUp:
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
    context.artifacts.has(_ANY_DIGEST, 0)  # an unmounted store ends it here
    place.check(registry, context.directory)
    if dry_run:
        return _answer(place, registry, place.head(), _planned_contents(context, place), Findings(), dry_run=True)
    with place.claimed(registry, context.directory):
        before = place.head()
        mark = BackupMark(registry, backup_mark.backup_of(context.directory) or os.path.realpath(context.directory))
        place.begin(mark)
        try:
            contents, findings = _copy(context, place, before, progress)
            place.finish(mark)
        except BaseException:
            place.give_up()
            raise
    return _answer(place, registry, before, contents, findings, dry_run=False)


def _answer(
    place: BackupPlace,
    registry: str,
    before: tuple[int, str] | None,
    contents: _Contents,
    findings: Findings,
    *,
    dry_run: bool,
) -> BackedUp:
    return BackedUp(
        path=place.path,
        registry=registry,
        changed=before != contents.head or contents.new_blobs > 0,
        ok=findings.ok,
        entries=contents.head[0],
        versions=contents.versions,
        blobs=contents.blobs,
        size_bytes=contents.size_bytes,
        new_blobs=contents.new_blobs,
        new_bytes=contents.new_bytes,
        head_seq=contents.head[0],
        head_hash=contents.head[1],
        findings=findings.all(),
        dry_run=dry_run,
    )


def _copy(
    context: Context,
    place: BackupPlace,
    before: tuple[int, str] | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[_Contents, Findings]:
    """Copy the database and the contents that it names; both again where some were deleted meanwhile."""
    live = Tables(context)
    new_blobs = new_bytes = 0
    for _ in range(_TRIES):
        copy_database(context.database, place.draft)
        findings, was_deleted = Findings(), False
        with place.copied_database().reading() as connection:
            _require_successor(connection, place, before)
            contents = _contents_of(connection, place)
            missing = lacking(place.bucket, reachable.all_needed(connection))
            counted = Progress(contents.new_bytes, progress)
            for (digest, size), trouble in copy_contents(context.artifacts, place.bucket, missing, counted):
                if trouble is None:
                    new_blobs, new_bytes = new_blobs + 1, new_bytes + size
                elif live.ask(partial(reachable.is_needed, digest=digest)):
                    report(findings, raw_rows.needing(connection, digest, _SHOWN), trouble)
                else:
                    was_deleted = True
        if not was_deleted:
            return replace(contents, new_blobs=new_blobs, new_bytes=new_bytes), findings
    message = "versions are deleted faster than they can be copied"
    raise Busy(message, "try again when less is deleted")


def _require_successor(connection: Reader, place: BackupPlace, before: tuple[int, str] | None) -> None:
    """Refuse to replace the backup by a damaged copy, or by one whose log does not continue the backup's."""
    with place.copied_database().raw() as copied:
        damage = reachable.broken(copied)
    if damage is not None:
        message = f"the database is damaged, and the backup was not changed: {printable(damage)}"
        raise IntegrityError(message, "modelkeep verify --log")
    if before is not None and SqlState(connection).hash_at(before[0]) != before[1]:
        message = (
            f"the backup {printable(place.path)} has an entry {before[0]} that the registry does not have: "
            "its log went backwards, or was rewritten"
        )
        raise Conflict(message, "modelkeep verify; then back up to another directory, and keep this one")


def _contents_of(connection: Reader, place: BackupPlace) -> _Contents:
    """Return what a copied database names."""
    every = _count(reachable.all_needed(connection))
    new = _count(lacking(place.bucket, reachable.all_needed(connection)))
    return _Contents(raw_rows.version_count(connection), _head(connection), *every, *new)


def _planned_contents(context: Context, place: BackupPlace) -> _Contents:
    """Return what a backup would hold now, for a dry run. The registry is read a page at a time."""
    live = Tables(context)

    def named() -> Iterator[Content]:
        after = ("", 0)
        while page := live.ask(partial(reachable.needed, after=after)):
            yield from page
            after = page[-1]

    every, new = _count(named()), _count(lacking(place.bucket, named()))
    return _Contents(live.ask(raw_rows.version_count), live.ask(_head), *every, *new)


def _head(connection: Reader) -> tuple[int, str]:
    head = SqlState(connection).head()
    return (0, "") if head is None else (head.seq, head.hash)


def _count(contents: Iterable[Content]) -> tuple[int, int]:
    """Return how many contents there are, and their bytes."""
    count = size_bytes = 0
    for _, size in contents:
        count += 1
        size_bytes += size
    return count, size_bytes
