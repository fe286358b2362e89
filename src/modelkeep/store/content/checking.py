"""Looking at one stored content: is it there, whole, read-only, and are its bytes what its name says?

A file is read through a descriptor and never mapped, so that one which is cut short meanwhile is a
finding and no signal.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from shlex import quote

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.batch_interface import Bucket
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.page_cache import passing
from modelkeep.store.durable import status_of

_WRITABLE = 0o222
_NAMED = "it has a name outside the store, and who writes to that changes it: modelkeep gc"
Look = Callable[[memoryview], object]


class Trouble(Struct, frozen=True):
    """What is wrong with a stored content, in words.

    ``lost``: its bytes cannot be had from it; ``repaired``: they could not, and can again; ``named``: it has
    a name outside the store.
    """

    text: str
    lost: bool = True
    repaired: bool = False
    named: bool = False

    @property
    def code(self) -> str:
        """How a finding of it is called."""
        return "blob" if self.lost else "name" if self.named else "mode"


def examine(
    bucket: Bucket,
    digest: str,
    size: int,
    *,
    quick: bool,
    look: Look | None = None,
    outside: Callable[[str], bool] | None = None,
) -> Trouble | None:
    """Return what is wrong with a content, None where nothing is; ``quick`` reads no byte of it.

    ``look`` sees the bytes as they pass; ``outside`` tells of a path whether it has a name outside the store.
    """
    try:
        path = bucket.local_path(digest)
        there = bucket.size(digest)
        status = None if path is None else status_of(path)
        trouble = _at_a_glance(there, size, None if status is None else status.st_mode, path)
        if trouble is not None and trouble.lost:
            return trouble
        if path is not None and status is not None and status.st_nlink > 1 and outside is not None and outside(path):
            trouble = trouble or Trouble(_NAMED, lost=False, named=True)
        return trouble if quick else _read(bucket, digest, size, look) or trouble
    except ModelkeepError as error:
        return Trouble(error.message)
    except OSError as error:
        return Trouble(f"cannot be read: {(error.strerror or str(error)).lower()}")


def _at_a_glance(there: int | None, size: int, mode: int | None, path: str | None) -> Trouble | None:
    if there is None:
        return Trouble("missing" if mode is None else "not a regular file")
    if there != size:
        return Trouble(f"{there} bytes instead of {size}")
    if mode is not None and mode & _WRITABLE:
        help_ = f"chmod 0444 {quote(printable(path or ''))}"
        return Trouble(f"it can be written to (mode {stat.S_IMODE(mode):04o}, not 0444): {help_}", lost=False)
    return None


def _read(bucket: Bucket, digest: str, size: int, look: Look | None) -> Trouble | None:
    with bucket.open(digest) as stream:
        found = content_of(passing(stream, size), look)
    if found.size != size:
        return Trouble(f"{found.size} bytes instead of {size}: it is being changed")
    return None if found.digest == digest else Trouble(f"its bytes are {found.digest} instead of {digest}")
