"""What the checks of one `doctor` run share: where things are, what the database is like, how a finding is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TypeAlias

from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import DoctorFinding
from modelkeep.errors import Busy, IntegrityError, ModelkeepError, RegistryUnavailable, SchemaMismatch
from modelkeep.locate import Located
from modelkeep.store.access.holders import Holder, holder_of
from modelkeep.store.bucket.directory_places import opened
from modelkeep.store.db.sqlite import probe, schema
from modelkeep.store.db.sqlite.probe import Probed

#: In a program that changes its own account, the account that acts is the one to ask about.
_EFFECTIVE = os.access in os.supports_effective_ids


class Exam:
    """One run of `doctor`. An answer that several checks need is looked up once."""

    def __init__(self, context: Context, located: Located) -> None:
        self.context = context
        self.located = located
        self.directory = context.directory
        #: The store's directory, or the link that leads to it.
        self.store = os.path.join(context.directory, "store")

    @cached_property
    def is_closed(self) -> bool:
        """Whether this account may not even look into the registry's directory."""
        return not may(self.directory, os.R_OK | os.X_OK)

    @property
    def has_store(self) -> bool:
        """Whether the store is there and may be used: its disk may not be mounted, or a link may lead elsewhere."""
        try:
            with opened(self.store, "blobs", "sha256"):
                return True
        except (FileNotFoundError, NotADirectoryError, ModelkeepError):
            return False
        except OSError:  # the checks say why it cannot be opened
            return True

    @cached_property
    def writer(self) -> Holder | None:
        """The process that is at the head of the writers' queue, or that keeps the database locked to write in it."""
        database = self.context.database
        return holder_of(database.lock_path) or holder_of(database.path, readers=False)

    @property
    def has_hot_journal(self) -> bool:
        """Whether a killed writer left a journal that waits to be rolled back."""
        return bool(probe.journal_bytes(self.context.database, "-journal")) and self.writer is None

    @cached_property
    def probed(self) -> Probed | ModelkeepError | None:
        """What the database is like, or why it cannot be read.

        None where there is none, and where opening it would change it: a hot journal would be rolled back.
        """
        database = self.context.database
        missing = not os.path.isfile(database.path) or not os.path.getsize(database.path)
        if missing or probe.is_too_old() or self.has_hot_journal:
            return None
        try:
            return probe.probe(database)
        except (SchemaMismatch, RegistryUnavailable, IntegrityError, Busy) as unreadable:
            return unreadable

    @property
    def has_tables(self) -> bool:
        """Whether the tables can be queried: they are of today's schema, and nobody changed it."""
        found = self.probed
        return isinstance(found, Probed) and found.schema == schema.VERSION and not found.odd


#: A check yields what it found: that something is in order, may become a problem, or is wrong.
Check: TypeAlias = Callable[[Exam], Iterator[DoctorFinding]]
ok = partial(DoctorFinding, "ok")
warning = partial(DoctorFinding, "warning")
error = partial(DoctorFinding, "error")


def may(path: str, mode: int) -> bool:
    """Tell whether this account may read (``os.R_OK``), write or enter a path."""
    return os.access(path, mode, effective_ids=_EFFECTIVE)
