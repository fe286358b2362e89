"""`backup`: a copy of the registry that is itself a registry, made while others write.

First the database is copied, as it is at one moment. Then every content that this copy names and the
backup lacks is copied. Then the new database replaces the old one. So the backup never names bytes
that it does not have, and until the last step it is the old backup.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from msgspec.structs import replace

from modelkeep import locate
from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import BackedUp
from modelkeep.domain.state import Head
from modelkeep.domain.text import printable
from modelkeep.errors import Busy, Conflict, Damaged, IntegrityError, RegistryUnavailable, UsageError
from modelkeep.local_path import real_path
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.verify_bytes import Tables, report
from modelkeep.reads.snapshot import check_head
from modelkeep.store import backup_mark
from modelkeep.store.access.rename_rights import others_may_rename
from modelkeep.store.backup_mark import BackupMark
from modelkeep.store.backup_place import BackupPlace, copy_contents, lacking
from modelkeep.store.content.hashing import Content
from modelkeep.store.content.workers import Progress
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sqlite import raw_rows
from modelkeep.store.db.sqlite.database_copy import copy_database
from modelkeep.store.db.state import SqlState
from modelkeep.store.named_paths import seen
from modelkeep.store.os_errors import explain_destination_errors
from modelkeep.userdirs import config_file

#: How often the database is copied again at most, because versions were deleted before their bytes were copied.
_TRIES = 5
#: For how many of the versions that need it a content that cannot be copied is reported.
_SHOWN = 3
#: How many contents are looked up together: memory does not grow with the registry.
_AT_ONCE = 512
#: Any digest will do to see whether the store is there.
_ANY_DIGEST = "sha256:" + "0" * 64


def back_up(
    context: Context,
    dest: str,
    *,
    dry_run: bool,
    progress: Callable[[int, int], None] | None,
    verify: bool = False,
) -> BackedUp:
    """Make or renew the backup in a directory; see `Registry.backup`."""
    if dest in {"", "-"}:
        message = f"a backup is a directory, and '{dest}' is none"
        raise UsageError(message, "modelkeep backup /mnt/backup/models")
    place = BackupPlace(_without_links(os.path.join(context.cwd, dest.rstrip("/") or "/")))
    with context.database.reading() as connection:
        registry = SqlState(connection).registry_id()
        check_head(context, connection)
    if registry is None:
        message = f"the registry {context.directory} has an empty log"
        raise Damaged(message)
    place.check(registry, context.directory)
    _require_own(context, place.path)
    context.bucket.stat(_ANY_DIGEST)  # an unmounted store ends it here
    if dry_run:
        return replace(_described(Tables(context), place, registry, place.head(), verify=verify), dry_run=True)
    mark = BackupMark(registry, backup_mark.backup_of(context.directory) or real_path(context.directory))
    place.make()
    _require_own(context, place.path)  # it may have been made by another account meanwhile
    with place.renewed(mark, context.directory):
        return _copy(context, place, registry, place.head(), progress, verify=verify)


def _without_links(path: str) -> str:
    """Return a path with its links followed; those that another account made count as in `open_directory`."""
    is_there, real = os.path.lexists(path), real_path(path)
    judged = seen(path if is_there else os.path.dirname(path))
    there = seen(real if is_there else os.path.dirname(real))
    if judged is not None and there is not None and not os.path.samestat(judged, there):
        message = f"another directory took the name of {printable(path)} meanwhile"
        raise Conflict(message, f"name what is meant: {printable(real)}")
    return real


def _require_own(context: Context, path: str) -> None:
    """Refuse a place in which another account could put a link where a backup writes by name, as SQLite does.

    The path is one without links, and no link may have come since. The user's trusted directories are used all the same.
    """
    with explain_destination_errors(path):
        where = others_may_rename(path)
    if where is None:
        return
    file = config_file(context.environ)
    if not {where, path} & set(locate.trusted(locate.read_toml(file), file, context.environ)):
        message = f"other accounts may rename what is in {printable(where)}, and so lead a backup elsewhere"
        raise RegistryUnavailable(message, f"name another directory, or: modelkeep config trust {printable(where)}")


def _copy(
    context: Context,
    place: BackupPlace,
    registry: str,
    before: Head | None,
    progress: Callable[[int, int], None] | None,
    *,
    verify: bool,
) -> BackedUp:
    """Copy the database and the contents that it names; both again where some were deleted meanwhile."""
    live = Tables(context)
    new_blobs = new_bytes = 0
    for _ in range(_TRIES):
        copy_database(context.database, place.draft)
        findings, was_deleted = Findings(), False
        with place.copied_database().reading() as connection:
            _require_successor(connection, place, before)
            head, copied = SqlState(connection).head(), Tables(context, connection)
            planned = _described(copied, place, registry, before)
            counted = Progress(planned.new_bytes, progress)
            missing = lacking(place.bucket, _contents(copied), verify=verify)
            outcomes = copy_contents(context.bucket, place.bucket, missing, counted)
            while some := list(islice(outcomes, _AT_ONCE)):
                done = [content.size for content, trouble in some if trouble is None]
                new_blobs, new_bytes = new_blobs + len(done), new_bytes + sum(done)
                failed = {content: trouble for content, trouble in some if trouble is not None}
                needed = live.ask(partial(_needed, contents=failed)) if failed else []
                was_deleted = was_deleted or len(needed) < len(failed)
                for content in needed:
                    report(findings, reachable.needing(connection, content.digest, _SHOWN), failed[content])
        if not was_deleted:
            return replace(
                planned,
                changed=head != before or new_blobs > 0,
                ok=findings.ok,
                new_blobs=new_blobs,
                new_bytes=new_bytes,
                findings=findings.all(),
            )
    message = "versions are deleted faster than they can be copied"
    raise Busy(message, "try again when less is deleted")


def _needed(reader: Reader, contents: Iterable[Content]) -> list[Content]:
    """Return those contents that versions still need."""
    return [content for content in contents if reachable.is_needed(reader, content.digest)]


def _require_successor(connection: Reader, place: BackupPlace, before: Head | None) -> None:
    """Refuse to replace the backup by a damaged copy, or by one whose log does not continue the backup's."""
    with place.copied_database().raw() as copied:
        damage = raw_rows.first_damage(copied)
    if damage is not None:
        message = f"the database is damaged, and the backup was not changed: {printable(damage)}"
        raise IntegrityError(message, "modelkeep verify --log")
    if before is not None and SqlState(connection).hash_at(before.seq) != before.hash:
        message = (
            f"the backup {printable(place.path)} has an entry {before.seq} that the registry does not have: "
            "its log went backwards, or was rewritten"
        )
        raise Conflict(message, "modelkeep verify        (then back up to another directory, and keep this one)")


def _described(
    tables: Tables, place: BackupPlace, registry: str, before: Head | None, *, verify: bool = False
) -> BackedUp:
    """Return what a backup of these tables holds, as far as every content can be copied."""
    head = tables.ask(lambda reader: SqlState(reader).head())
    blobs, size_bytes = _count(_contents(tables))
    new_blobs, new_bytes = _count(lacking(place.bucket, _contents(tables), verify=verify))
    return BackedUp(
        path=place.path,
        registry=registry,
        changed=head != before or new_blobs > 0,
        ok=True,
        entries=0 if head is None else head.seq,
        versions=tables.ask(reachable.version_count),
        blobs=blobs,
        size_bytes=size_bytes,
        new_blobs=new_blobs,
        new_bytes=new_bytes,
        head_seq=0 if head is None else head.seq,
        head_hash=None if head is None else head.hash,
    )


def _contents(tables: Tables) -> Iterator[Content]:
    """Yield the contents that versions need."""
    return (content for content, _ in tables.all_needed())


def _count(contents: Iterable[Content]) -> tuple[int, int]:
    """Return how many contents there are, and their bytes."""
    count = size_bytes = 0
    for content in contents:
        count += 1
        size_bytes += content.size
    return count, size_bytes
