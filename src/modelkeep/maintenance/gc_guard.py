"""Whether anything may be swept: the store is there and this registry's own, and the log the one seen last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.context import Context
from modelkeep.domain.text import printable
from modelkeep.errors import RegistryUnavailable, UsageError
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.access.permissions import check_readable
from modelkeep.store.backup.place import no_backup_beside
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.care.ownership import require_own
from modelkeep.store.care.reachability import backwards
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.state import SqlState


@contextmanager
def sweepable(context: Context, *, dry_run: bool) -> Iterator[str]:
    """Yield the directory of a store that may be swept, with backups to it kept out; else raise."""
    bucket = context.artifacts.bucket
    if not isinstance(bucket, DirectoryBucket):
        message = "this store has no directory that could be cleaned"
        raise UsageError(message)
    blobs = os.path.join(bucket.root, "blobs", "sha256")
    if not os.path.isdir(blobs):
        check_readable(context.directory, blobs)
        message = f"the store is not there: {bucket.root} holds no blobs/sha256"
        raise RegistryUnavailable(message, "is the disk it is on mounted?")
    with no_backup_beside(context.directory):
        with context.database.reading() as connection:
            require_own(context.directory, SqlState(connection).registry_id, dry_run=dry_run)
            _require_head(context, connection)
        yield bucket.root


def _require_head(context: Context, connection: Connection) -> None:
    """Refuse where the log is not the one that this account saw last.

    What only warns elsewhere must stop whoever throws away what the log does not name.
    """
    state = SqlState(connection)
    registry, head = state.registry_id(), state.head()
    known = None if registry is None else head_cache.recall(context.state_dir, registry)
    if known is not None and (head is None or state.hash_at(known.seq) != known.hash):
        raise backwards(known, None if head is None else head.seq, _renewed(context))


def _renewed(context: Context) -> str | None:
    """Return what brings a backup up to date: it is behind by its nature, and no reason to forget what was seen."""
    of = backup_mark.backup_of(context.directory)
    return None if of is None else f"modelkeep --registry {printable(of)} backup {printable(context.directory)}"
