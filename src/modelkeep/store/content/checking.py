"""Checking one stored content: is it there, whole, read-only, and are its bytes what its key says?

A file is read through a descriptor and never mapped, so that one which is cut short meanwhile is a
finding and no signal.
"""

from __future__ import annotations

import os

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.hashing import Look, content_of


class Trouble(Struct, frozen=True):
    """What is wrong with a stored content, in words.

    ``lost``: its bytes cannot be had from it; ``repaired``: they could not, and can again.
    """

    text: str
    lost: bool = True
    repaired: bool = False

    @property
    def code(self) -> str:
        """How a finding of it is called."""
        return "blob" if self.lost else "mode"


def examine(bucket: Bucket, digest: str, size: int, *, quick: bool, look: Look | None = None) -> Trouble | None:
    """Return what is wrong with a content, None where nothing is; ``quick`` reads no byte of it.

    ``look`` sees the bytes as they pass.
    """
    try:
        there = bucket.stat(digest)
        path = bucket.local_path(digest)
        if there is None:
            return Trouble("not a regular file" if path is not None and os.path.lexists(path) else "missing")
        if there.size != size:
            return Trouble(f"{there.size} bytes instead of {size}")
        trouble = None
        if there.writable:
            from shlex import quote

            trouble = Trouble(f"it can be written to: chmod 0444 {quote(printable(path or ''))}", lost=False)
        return trouble if quick else _read(bucket, digest, size, look) or trouble
    except ModelkeepError as error:
        return Trouble(error.message)
    except OSError as error:
        return Trouble(f"cannot be read: {(error.strerror or str(error)).lower()}")


def _read(bucket: Bucket, digest: str, size: int, look: Look | None) -> Trouble | None:
    with bucket.get(digest) as stream:
        found = content_of(stream, look, expected=size)
    if found.size != size:
        return Trouble(f"{found.size} bytes instead of {size}: it is being changed")
    return None if found.digest == digest else Trouble(f"its bytes are {found.digest} instead of {digest}")
