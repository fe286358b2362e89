"""The directory of a backup: at each moment it is the old backup or the new one.

Contents are copied first, each under its digest, several at once. The database is copied under a temporary name and
renamed last. A run that was killed leaves the old database, and contents that the next run finds there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import islice, product
from shlex import quote

from modelkeep.domain.state import Head
from modelkeep.domain.text import printable
from modelkeep.errors import Busy, Conflict, ModelkeepError, UsageError
from modelkeep.local_path import real_path
from modelkeep.store import backup_mark
from modelkeep.store.backup_mark import BackupMark
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.bucket.interface import Bucket, Upload
from modelkeep.store.content.artifacts import missing_from
from modelkeep.store.content.checking import Trouble, examine
from modelkeep.store.content.hashing import Content
from modelkeep.store.content.transfer import transfer
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.db.sqlite.database import DATABASE, LOCK, STORE, Database
from modelkeep.store.db.sqlite.writers_queue import release
from modelkeep.store.db.state import SqlState
from modelkeep.store.durable import create_file, sync_directory
from modelkeep.store.os_errors import explain_destination_errors

DRAFT = f"{DATABASE}.new"
#: What a directory may hold and still count as empty.
_EMPTY = frozenset({"lost+found", backup_mark.DRAFT})
#: How many contents are made durable together: memory does not grow with the registry.
_AT_ONCE = 512
_MANY = 16


class BackupPlace:
    """One directory for the backups of one registry."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.bucket = DirectoryBucket(os.path.join(self.path, STORE))
        self.draft = os.path.join(self.path, DRAFT)

    def check(self, registry: str, directory: str) -> None:
        """Refuse a directory that holds anything but a backup of this registry, or that is inside it, or around it."""
        _require_apart(self.path, directory)
        with explain_destination_errors(self.path):
            try:
                names = set(os.listdir(self.path))
            except FileNotFoundError:
                # The directory above must be there: an unmounted disk is no place for a backup.
                os.stat(os.path.dirname(self.path))
                return
        mark = backup_mark.read(self.path)
        if mark is None and names <= _EMPTY:
            return
        shown = printable(self.path)
        if DATABASE in names and backup_mark.backup_of(self.path) is None:
            message = f"{shown} is a registry itself and no backup: it is not overwritten"
            raise Conflict(message, f"another directory, or move it away first: mv {shown} {shown}.before")
        if mark is None:
            message = f"{shown} holds other things: {', '.join(map(printable, sorted(names - _EMPTY)[:3]))}"
            raise Conflict(message, f"modelkeep backup {quote(os.path.join(shown, 'modelkeep'))}")
        if mark.registry != registry:
            message = (
                f"{shown} is a backup of another registry: {printable(mark.of) or 'one that its mark does not name'}"
            )
            raise Conflict(message, "give each registry a directory of its own")

    def make(self) -> None:
        """Make the directory where it is missing."""
        with explain_destination_errors(self.path), suppress(FileExistsError):
            os.mkdir(self.path, 0o700)
            sync_directory(os.path.dirname(self.path))

    @contextmanager
    def renewed(self, mark: BackupMark, directory: str) -> Iterator[None]:
        """Mark the directory and keep other backups out; put the database copied meanwhile in place at the end.

        After an error its database is the one before.
        """
        with self.locked():
            self.check(mark.registry, directory)
            self._begin(mark)
            try:
                yield
                self.finish(mark)
            except BaseException:
                with suppress(OSError):
                    os.unlink(self.draft)
                raise

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep out backups, gc and repairs: what a backup has copied is garbage until its database is in place."""
        with explain_destination_errors(self.path):
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with suppress(ImportError):  # Windows
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            message = f"a backup to {printable(self.path)} is running, or gc or a repair in it"
            raise Busy(message, "try again when it has ended") from None
        except OSError:
            pass  # a file system without locks: its users must take turns
        try:
            yield
        finally:
            release(descriptor)
            os.close(descriptor)

    def _begin(self, mark: BackupMark) -> None:
        """Mark the directory, make what a registry needs, and remove what a killed run left."""
        with explain_destination_errors(self.path):
            if backup_mark.read(self.path) is None:
                backup_mark.write(self.path, mark)
            create_store(self.bucket.root)
            with suppress(FileExistsError):
                create_file(os.path.join(self.path, LOCK), 0o660)
            for path in (self.draft, f"{self.draft}-journal"):
                with suppress(FileNotFoundError):
                    os.unlink(path)
            for stale in self.bucket.stale_drafts():
                if not stale.damaged:
                    self.bucket.remove_stale(stale)

    def head(self) -> Head | None:
        """Return the last entry of the backup that is there, None where none can be read."""
        if os.path.exists(os.path.join(self.path, DATABASE)):
            with suppress(ModelkeepError), Database(self.path).reading() as connection:
                return SqlState(connection).head()
        return None

    def copied_database(self) -> Database:
        """Return the database that was copied and is not in its place yet."""
        return Database(self.path, name=DRAFT)

    def finish(self, mark: BackupMark) -> None:
        """Put the copied database in its place; from here on the backup is the new one."""
        with explain_destination_errors(self.path):
            with suppress(FileNotFoundError):
                # The journal of a writer that was killed belongs to the old database.
                os.unlink(os.path.join(self.path, f"{DATABASE}-journal"))
            sync_directory(self.path)
            os.replace(self.draft, os.path.join(self.path, DATABASE))
            sync_directory(self.path)
            if backup_mark.read(self.path) != mark:  # the registry was moved
                backup_mark.write(self.path, mark)


def no_backup_beside(directory: str) -> AbstractContextManager[None]:
    """Return a context that keeps backups to a directory out, where it is a backup: `Busy` where one is running.

    A backup removes drafts of other processes, for it takes them for those of a killed one.
    """
    return nullcontext() if backup_mark.read(directory) is None else BackupPlace(directory).locked()


def _require_apart(path: str, directory: str) -> None:
    """Refuse a backup inside its registry or its store, and the reverse: one disaster would destroy both."""
    places = (real_path(path), real_path(os.path.join(path, STORE)))
    homes = (real_path(directory), real_path(os.path.join(directory, STORE)))
    if places[0] == homes[0]:
        message = f"{printable(path)} is the registry itself"
        raise UsageError(message, "a backup belongs on another disk: modelkeep backup /mnt/backup/models")
    for place, home in product(places, homes):
        if os.path.commonpath((place, home)) in {place, home}:
            message = f"of {printable(path)} and the registry {printable(directory)} one is inside the other"
            raise UsageError(message, "a backup belongs on another disk: modelkeep backup /mnt/backup/models")


def lacking(bucket: DirectoryBucket, contents: Iterable[Content], *, verify: bool = False) -> Iterator[Content]:
    """Yield the contents that a store does not have, or has with another size; all where there is no store yet.

    With ``verify``, those too whose bytes in the store have another digest.
    """
    if not os.path.isdir(bucket.root):
        return iter(contents)
    if verify:
        found = ((content, examine(bucket, content.digest, content.size, quick=False)) for content in contents)
        return (content for content, trouble in found if trouble is not None and trouble.lost)
    waiting = iter(contents)
    batches = iter(lambda: list(islice(waiting, _AT_ONCE)), [])
    return (content for batch in batches for content in missing_from(bucket, batch))


def copy_contents(
    source: Bucket,
    bucket: DirectoryBucket,
    contents: Iterable[Content],
    progress: Progress,
    *,
    at_once: int = _AT_ONCE,
) -> Iterator[tuple[Content, Trouble | None]]:
    """Copy contents into a store, so many at once; yield each when it is durable there, or with what is wrong with it.

    A store that cannot be written raises ``RegistryUnavailable``; what was yielded before stays.
    """
    waiting = iter(contents)
    while batch := list(islice(waiting, at_once)):
        with bucket.upload(many=len(batch) > _MANY) as upload:
            troubles = each(_copier(source, upload, progress), batch, progress)
            upload.flush()
        yield from zip(batch, troubles, strict=True)


def _copier(source: Bucket, upload: Upload, progress: Progress) -> Callable[[Content], Trouble | None]:
    def copy(content: Content) -> Trouble | None:
        try:
            stream = source.get(content.digest)
        except ModelkeepError as error:
            return Trouble(error.message)
        with stream:
            try:
                found = transfer(stream, content, upload, progress.add).found
            except OSError as error:
                return Trouble(f"cannot be read: {(error.strerror or str(error)).lower()}")
        return None if found == content else Trouble(f"its bytes are {found.digest} instead of {content.digest}")

    return copy
