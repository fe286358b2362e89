"""Copying the contents of a registry into its backup, several at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeAlias

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.interface import Upload
from modelkeep.store.content import hashing
from modelkeep.store.content.artifacts import Artifacts
from modelkeep.store.content.checking import Trouble
from modelkeep.store.content.transfer import transfer
from modelkeep.store.content.workers import Progress, each

#: A digest and a size in bytes.
Content: TypeAlias = tuple[str, int]
#: So many contents are made durable together: memory does not grow with the registry.
_AT_ONCE = 512
_MANY = 16


def lacking(bucket: DirectoryBucket, contents: Iterable[Content]) -> Iterator[Content]:
    """Yield the contents that a store does not have, or has with another size; all where there is no store yet."""
    if not os.path.isdir(bucket.root):
        return iter(contents)
    store = Artifacts(bucket)
    return (content for content in contents if not store.has(*content))


def copy_contents(
    source: Artifacts,
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


def _copier(source: Artifacts, upload: Upload, progress: Progress) -> Callable[[Content], Trouble | None]:
    def copy(content: Content) -> Trouble | None:
        wanted = hashing.Content(*content)
        try:
            stream = source.open(wanted.digest)
        except ModelkeepError as error:
            return Trouble(error.message)
        with stream:
            try:
                found = transfer(stream, wanted, upload, progress.add).found
            except OSError as error:
                return Trouble(f"cannot be read: {(error.strerror or str(error)).lower()}")
        return None if found == wanted else Trouble(f"its bytes are {found.digest} instead of {wanted.digest}")

    return copy
