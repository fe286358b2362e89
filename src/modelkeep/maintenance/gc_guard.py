"""Whether `gc` may remove anything: the store is this registry's own, and the log is the one seen last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.context import Context
from modelkeep.domain.text import printable
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.access.permissions import check_readable
from modelkeep.store.backup.place import no_backup_beside
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.reachability import backwards
from modelkeep.store.db.state import SqlState
from modelkeep.store.ownership import require_own


@contextmanager
def guarded(context: Context, *, dry_run: bool) -> Iterator[None]:
    """Keep backups to this directory out while bytes are removed, or raise where nothing may be removed."""
    check_readable(context.directory, context.database.path)
    with no_backup_beside(context.directory):
        with context.database.reading() as connection:
            require_own(context.directory, SqlState(connection).registry_id, dry_run=dry_run)
            _require_head(context, connection)
        yield


def _require_head(context: Context, connection: Reader) -> None:
    """Raise where the log is not the one that this account saw last: other commands only warn."""
    state = SqlState(connection)
    registry, head = state.registry_id(), state.head()
    known = None if registry is None else head_cache.recall(context.state_dir, registry)
    if known is not None and (head is None or state.hash_at(known.seq) != known.hash):
        raise backwards(known, None if head is None else head.seq, _renewal(context))


def _renewal(context: Context) -> str | None:
    """Return the command that brings a backup up to date: a backup is behind by its nature."""
    of = backup_mark.backup_of(context.directory)
    return None if of is None else f"modelkeep --registry {printable(of)} backup {printable(context.directory)}"
