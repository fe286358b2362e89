"""The bytes of a registration: in the store before the entry, and still there when the entry is written.

`gc` may remove what nothing references yet. Where it removed something since the bytes were stored, the bytes are looked
for under the writers' lock (`sweep_mark`); where one is missing, the lock is released and everything is stored again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import BinaryIO, TypeAlias

from msgspec.structs import replace

from modelkeep.changes.register_request import Request
from modelkeep.changes.runner import EnsurePresent
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Registered
from modelkeep.domain.manifest import ManifestFile
from modelkeep.errors import Conflict, UsageError
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.artifacts import missing_files
from modelkeep.store.content.sweep_mark import read_mark
from modelkeep.store.db.sql import contents
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.ingest.artifact import Ingested, ingest, measure
from modelkeep.store.ingest.move import remove

#: Registers what was ingested; None where nothing was, for a dry run.
Register: TypeAlias = Callable[[Ingested, EnsurePresent | None], Registered]

#: So often bytes are stored for one registration. `gc --grace 0` in a loop may remove them each time.
_ATTEMPTS = 20


class BytesRemoved(Exception):
    """`gc` removed bytes after they were stored and before the entry was written."""


class StoredBytes:
    """Bytes that are about to be stored, and that an entry will reference."""

    def __init__(self, bucket: Bucket) -> None:
        """Note the mark of the last sweep; no byte may have been stored, or relied upon, before."""
        self._bucket = bucket
        self._mark = read_mark(bucket)

    def ensure_present(self, files: Iterable[ManifestFile]) -> None:
        """Raise `BytesRemoved` where `gc` removed one of these files; to be called under the writers' lock."""
        unchanged = self._mark is not None and read_mark(self._bucket) == self._mark
        if not unchanged and missing_files(self._bucket, files):
            raise BytesRemoved


def with_bytes(
    context: Context,
    session: Session,
    request: Request,
    register: Register,
    *,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None,
) -> Registered:
    """Ingest what was typed, or for a dry run only measure it, and register it."""
    if request.dry_run:
        return register(_measured(request, progress), None)
    for _ in range(1 if "-" in request.paths else _ATTEMPTS):
        stored = StoredBytes(context.bucket)
        ingested = ingest(
            context.bucket,
            request.paths,
            request.selection,
            stdin=stdin,
            stored=partial(_of_sizes, session),
            move=request.move,
            progress=progress,
        )
        try:
            done = register(ingested, stored.ensure_present)
        except BytesRemoved:
            continue
        return replace(done, notes=(*done.notes, *remove(request.paths, ingested.sources))) if request.move else done
    message = f"gc removed the bytes of {request.name} while they were registered"
    raise Conflict(message, "try again")


def _of_sizes(session: Session, sizes: Collection[int]) -> dict[int, tuple[str, ...]]:
    with session.reading() as reader:
        return contents.of_sizes(reader, sizes)


def _measured(request: Request, progress: Callable[[int, int], None] | None) -> Ingested:
    if "-" in request.paths:
        message = "standard input cannot be looked at without being used up"
        raise UsageError(message, "leave out --dry-run, or give a file")
    return measure(request.paths, request.selection, secrets=False, move=request.move, progress=progress)
