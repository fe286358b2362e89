"""`verify --repair`: replace damaged and missing contents with right copies from a place the user names.

`verify` notes what is wrong while it checks. A copy is taken only when its bytes have the digest. It is made
durable before it replaces anything, so a kill at any moment leaves the bytes that were there, or the right ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.content.checking import Trouble, examine
from modelkeep.store.content.hashing import Content, content_of
from modelkeep.store.content.transfer import Transferred, transfer
from modelkeep.store.repair_source import RepairSource


class Repair:
    """The contents that were found wrong, and the place their right bytes may be in. A dry run writes nothing."""

    def __init__(self, context: Context, source: str, *, dry_run: bool) -> None:
        """Open the source at once, so that a wrong one is refused before long work begins."""
        self._context = context
        self._dry_run = dry_run
        self._bucket = context.bucket
        self._source = RepairSource(source)
        if self._source.is_bucket(self._bucket):
            message = f"'{printable(source)}' is the registry itself, and has the same damage"
            raise UsageError(message, "name another registry, a backup, or files that may have the bytes")
        self._troubles: dict[Content, Trouble] = {}
        self._wanted: set[Content] = set()
        self._outcomes: dict[Content, str] = {}

    def note(self, content: Content, trouble: Trouble) -> None:
        """Note a content to be repaired."""
        self._troubles[content] = trouble
        self._wanted.add(content)

    def run(self) -> Iterator[tuple[Content, Trouble]]:
        """Repair what can be repaired; yield each noted content with what was or still is wrong with it."""
        if self._wanted:
            if (lost := self._lost_store()) is not None and not self._dry_run:
                create_store(lost)
            self._source.offer(self._wanted, self._take)
        if count := self._source.unread:
            what = "1 file or directory" if count == 1 else f"{count} files or directories"
            self._context.say(f"warning: skipped {what} in {self._source.path} that could not be read")
        for content, trouble in self._troubles.items():
            outcome = self._outcomes.get(content)
            if outcome is None:
                yield content, replace(trouble, text=f"{trouble.text}; {self._source.path} has no right copy")
            else:
                yield content, Trouble(f"{trouble.text}; {outcome}", repaired=True)

    def _lost_store(self) -> str | None:
        """Return the store's directory where it is to be made again. A link leads to a disk that is not mounted."""
        root = self._bucket.root if isinstance(self._bucket, DirectoryBucket) else None
        return None if root is None or os.path.isdir(root) or os.path.islink(root) else root

    def _take(self, wanted: Content, stream: BinaryIO, shown: str) -> None:
        """Repair a content from an open file, if that has the right bytes."""
        trouble = examine(self._bucket, wanted.digest, wanted.size, quick=False)
        if trouble is None or not trouble.lost:
            outcome = "another process has repaired it meanwhile"
        elif self._dry_run:
            self._require_writable()
            if content_of(stream, expected=wanted.size) != wanted:
                return
            outcome = f"could be taken from {shown}"
        else:
            with self._bucket.upload() as upload:
                transferred = transfer(stream, wanted, upload)
                upload.flush()
            if transferred.found != wanted:
                return
            outcome = f"was taken from {shown}{_damaged_one(transferred)}"
        self._outcomes[wanted] = outcome
        self._wanted.remove(wanted)

    def _require_writable(self) -> None:
        """Raise in a dry run what the repair would raise where the store cannot be written."""
        if self._lost_store() is None:
            with self._bucket.upload() as upload:
                upload.draft()


def _damaged_one(transferred: Transferred) -> str:
    if transferred.kept is not None:
        return f"; the damaged one is {transferred.kept}"
    return "" if transferred.not_kept is None else f"; the damaged one could not be kept: {transferred.not_kept}"
