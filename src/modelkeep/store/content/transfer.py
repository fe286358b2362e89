"""Bringing one content into a bucket from a source that is not trusted: hashed as it is written, taken only if it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from msgspec import Struct

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.interface import Upload
from modelkeep.store.content.hashing import Content, content_of


class Transferred(Struct, frozen=True):
    """What the source really had. ``kept`` is where the damaged bytes are that it replaces, ``not_kept`` why nowhere."""

    found: Content
    kept: str | None = None
    not_kept: str | None = None


def transfer(
    stream: BinaryIO, wanted: Content, upload: Upload, count: Callable[[int], object] | None = None
) -> Transferred:
    """Copy a content from a stream into an upload, and commit it where the bytes are those wanted.

    What stands under its digest is set aside, to be looked at; where that fails, the right bytes replace it all the
    same. A stream that cannot be read raises ``OSError``, a bucket that cannot be written ``RegistryUnavailable``.
    """
    draft = upload.draft()

    def write(data: memoryview) -> None:
        draft.write(data)
        if count is not None:
            count(len(data))

    found = None
    try:
        found = content_of(stream, write, expected=wanted.size)
    finally:
        if found != wanted:
            draft.discard()
    if found != wanted:
        return Transferred(found)
    draft.finish()
    kept = not_kept = None
    try:
        kept = upload.set_aside(wanted.digest)
    except ModelkeepError as error:
        not_kept = error.message
    except OSError as error:
        not_kept = (error.strerror or str(error)).lower()
    upload.commit(draft, wanted.digest)
    return Transferred(found, kept, not_kept)
