"""`verify --repair`: replace damaged and missing contents with right copies from a place the user names.

`verify` notes what is wrong while it checks. A copy is taken only when its bytes have the digest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.store.content.checking import Trouble
from modelkeep.store.repair.sources import RepairSource
from modelkeep.store.repair.store_repair import StoreRepair


class Repair:
    """The contents that were found wrong, and the place their right bytes may be in. A dry run writes nothing."""

    def __init__(self, context: Context, source: str, *, dry_run: bool) -> None:
        """Open the source at once, so that a wrong one is refused before long work begins."""
        self._context = context
        self._dry_run = dry_run
        self._store = StoreRepair(context.artifacts.bucket, dry_run=dry_run)
        self._source = RepairSource(source)
        store = self._source.store
        if store is not None and os.path.realpath(store) == os.path.realpath(self._store.bucket.root):
            message = f"'{printable(source)}' is the registry itself, and has the same damage"
            raise UsageError(message, "name another registry, a backup, or files that may have the bytes")
        self._troubles: dict[str, Trouble] = {}
        self._wanted: dict[str, int] = {}
        self._found_in: dict[str, str] = {}

    def note(self, digest: str, size: int, trouble: Trouble) -> None:
        """Note a content to be repaired."""
        self._troubles[digest] = trouble
        self._wanted[digest] = size

    def run(self) -> Iterator[tuple[str, Trouble]]:
        """Repair what can be, and yield each content that was noted with what came of it."""
        if self._wanted:
            self._store.make_store()
            self._source.offer(self._wanted, self._take)
        if self._source.unread:
            count = self._source.unread
            what = "1 file or directory" if count == 1 else f"{count} files or directories"
            self._context.say(f"warning: skipped {what} in {self._source.path} that could not be read")
        for digest, trouble in self._troubles.items():
            yield digest, self._outcome(digest, trouble)

    def _take(self, digest: str, stream: BinaryIO, shown: str) -> None:
        size = self._wanted[digest]
        if self._store.is_right(digest, size):
            self._repaired(digest, "elsewhere: it is right by now")
        elif self._store.replace(digest, size, stream):
            self._repaired(digest, shown)

    def _repaired(self, digest: str, source: str) -> None:
        self._found_in[digest] = source
        del self._wanted[digest]

    def _outcome(self, digest: str, trouble: Trouble) -> Trouble:
        source = self._found_in.get(digest)
        if source is None:
            return replace(trouble, text=f"{trouble.text}; {self._source.path} has no right copy")
        text = f"{trouble.text}; {'could be' if self._dry_run else 'was'} taken from {source}"
        if (kept := self._store.kept.get(digest)) is not None:
            text += f"; the damaged one is {kept}"
        elif (why := self._store.not_kept.get(digest)) is not None:
            text += f"; the damaged one could not be kept: {why}"
        return Trouble(text, repaired=True)
