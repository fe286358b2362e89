"""Copying contents from one store to another: each is hashed as it is written, and none arrives with a wrong byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeAlias

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.interface import Upload
from modelkeep.store.content.artifacts import Artifacts
from modelkeep.store.content.checking import Trouble
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.page_cache import read_once
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.repair.store_repair import StoreRepair

#: A digest and a size in bytes.
Content: TypeAlias = tuple[str, int]
#: So many contents are made durable together: memory does not grow with the registry.
_AT_ONCE = 512
_MANY = 16


def lacking(bucket: DirectoryBucket, contents: Iterable[Content]) -> Iterator[Content]:
    """Yield the contents that a store does not have, or has with another size; all where there is no store yet."""
    if not os.path.isdir(bucket.root):
        return iter(contents)
    return (content for content in contents if not Artifacts(bucket).has(*content))


def copy_contents(
    source: Artifacts,
    bucket: DirectoryBucket,
    contents: Iterable[Content],
    progress: Progress,
    *,
    at_once: int = _AT_ONCE,
) -> Iterator[tuple[Content, Trouble | None]]:
    """Copy contents into a store, so many at once; yield each when it is durable there, or with what is wrong with its source.

    A store that cannot be written raises ``RegistryUnavailable``; what was yielded before stays.
    """
    waiting = iter(contents)
    while batch := list(islice(waiting, at_once)):
        damaged = [content for content in batch if os.path.lexists(bucket.local_path(content[0]))]
        absent = [content for content in batch if content not in damaged]
        yield from _add(source, bucket, absent, progress)
        repair = StoreRepair(bucket, dry_run=False)
        for content in damaged:
            yield content, _replace(source, repair, content)


def _add(
    source: Artifacts, bucket: DirectoryBucket, contents: list[Content], progress: Progress
) -> Iterator[tuple[Content, Trouble | None]]:
    with bucket.upload(many=len(contents) > _MANY) as upload:
        troubles = each(_copier(source, upload, progress), contents, progress)
        upload.flush()
    yield from zip(contents, troubles, strict=True)


def _copier(source: Artifacts, upload: Upload, progress: Progress) -> Callable[[Content], Trouble | None]:
    def copy(content: Content) -> Trouble | None:
        digest, size = content
        try:
            stream = source.open(digest)
        except ModelkeepError as error:
            return Trouble(error.message)
        draft = upload.draft()

        def write(data: memoryview) -> None:
            draft.write(data)
            progress.add(len(data))

        with stream:
            try:
                found = content_of(read_once(stream, size), write)
            except OSError as error:  # the source's: a draft that cannot be written raises `RegistryUnavailable`
                draft.discard()
                return _unreadable(error)
        if (found.digest, found.size) != content:
            draft.discard()
            return Trouble(f"its bytes are {found.digest} instead of {digest}")
        draft.finish()
        upload.commit(draft, digest)
        return None

    return copy


def _replace(source: Artifacts, repair: StoreRepair, content: Content) -> Trouble | None:
    digest, size = content
    try:
        stream = source.open(digest)
    except ModelkeepError as error:
        return Trouble(error.message)
    with stream:
        try:
            right = repair.replace(digest, size, stream)
        except OSError as error:
            return _unreadable(error)
    return None if right else Trouble(f"its bytes are not those of {digest}")


def _unreadable(error: OSError) -> Trouble:
    return Trouble(f"cannot be read: {(error.strerror or str(error)).lower()}")
