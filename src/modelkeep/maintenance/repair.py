"""`verify --repair`: what is damaged or missing is taken again from where its right bytes still are.

The verification notes what is wrong while it looks; then the trash is asked for each, and then one
place that the user named. A content is taken only when its bytes have its digest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.store.care.repair import Mending
from modelkeep.store.care.repair_sources import Spares
from modelkeep.store.content.checking import Trouble

_TRASH = "the store's own trash"


class Repair:
    """What was found wrong, and what can be put right from one place. With ``dry_run`` nothing is written."""

    def __init__(self, context: Context, source: str, *, dry_run: bool) -> None:
        """Look at the source at once, for a word that means nothing is told before long work begins."""
        self._context = context
        self._dry_run = dry_run
        self._mending = Mending(context.artifacts.bucket, dry_run=dry_run)
        self._spares = Spares(source)
        store = self._spares.store
        if store is not None and os.path.realpath(store) == os.path.realpath(self._mending.bucket.root):
            message = f"'{printable(source)}' is the registry itself: what is wrong in it is wrong there"
            raise UsageError(message, "name another registry, a backup, or files that may have the bytes")
        self._troubles: dict[str, Trouble] = {}
        self._wanted: dict[str, int] = {}
        self._taken: dict[str, str] = {}

    def note(self, digest: str, size: int, trouble: Trouble) -> None:
        """Take note of a content that is to be put right."""
        self._troubles[digest] = trouble
        self._wanted[digest] = size

    def carry_out(self) -> Iterator[tuple[str, Trouble]]:
        """Put right what can be, and yield each content that was noted with what became of it."""
        if self._wanted:
            self._mending.make_store()
            for digest, size in list(self._wanted.items()):
                if self._mending.bring_back(digest, size):
                    self._right(digest, _TRASH)
            self._spares.offer(self._wanted, self._take)
        if self._spares.unread:
            what = "one thing" if self._spares.unread == 1 else f"{self._spares.unread} things"
            self._context.say(f"warning: {what} in {self._spares.path} could not be read and was passed over")
        for digest, trouble in self._troubles.items():
            yield digest, self._told(digest, trouble)

    def _take(self, digest: str, stream: BinaryIO, shown: str) -> None:
        size = self._wanted[digest]
        if self._mending.is_right(digest, size):
            self._right(digest, "elsewhere: it is right by now")
        elif self._mending.take(digest, size, stream):
            self._right(digest, shown)

    def _right(self, digest: str, source: str) -> None:
        self._taken[digest] = source
        del self._wanted[digest]

    def _told(self, digest: str, trouble: Trouble) -> Trouble:
        source = self._taken.get(digest)
        if source is None:
            return replace(trouble, text=f"{trouble.text}; {self._spares.path} has no right copy")
        text = f"{trouble.text}; {'could be' if self._dry_run else 'was'} taken from {source}"
        if (kept := self._mending.kept.get(digest)) is not None:
            text += f"; the damaged one is {kept}"
        elif (why := self._mending.unkept.get(digest)) is not None:
            text += f"; the damaged one could not be kept: {why}"
        return Trouble(text, repaired=True)
