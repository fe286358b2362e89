"""Which registry a store belongs to that lies behind a link, asked by what changes the store: see `owner_note`."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from modelkeep.errors import Conflict, ModelkeepError, RegistryUnavailable
from modelkeep.local_path import real_path
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.owner_note import OWNER, UNREADABLE, Owner, decode, owner_at, trouble
from modelkeep.store.db.sqlite.database import STORE


def require_own(directory: str, registry: Callable[[], str | None], *, dry_run: bool = False) -> None:
    """Raise ``Conflict`` where the store is reached through a link and belongs, or may belong, to another registry.

    The note of this registry is renewed after its directory was moved, unless it is a dry run. ``registry`` returns the
    registry's id.
    """
    store = os.path.join(directory, STORE)
    if not os.path.islink(store) or not os.path.isdir(os.path.join(store, "blobs")):  # is its disk mounted?
        return
    here = owner_at(directory, registry() or "")
    if (problem := trouble(_read(directory), here, directory)) is not None:
        raise problem
    if not dry_run and _read(directory) != here:
        claim(directory, here.registry)


def claim(directory: str, registry: str) -> None:
    """Let the store behind a link name this registry. A full disk must not keep `gc` away: it is passed over."""
    from modelkeep.store.notes import encode_note

    note = encode_note(owner_at(directory, registry))
    with suppress(RegistryUnavailable):
        DirectoryBucket(real_path(os.path.join(directory, STORE))).write_note(OWNER, note)


def is_unclaimed(directory: str) -> bool:
    """Tell whether the store is reached through a link, and names no registry."""
    return os.path.islink(os.path.join(directory, STORE)) and _read(directory) is None


def conflict(directory: str, registry: str) -> Conflict | None:
    """Return why the store behind a link is not this registry's, None where it is."""
    return trouble(_read(directory), owner_at(directory, registry), directory)


def _read(directory: str) -> Owner | None:
    """Return the note of a store, None where it has none."""
    try:
        data = DirectoryBucket(real_path(os.path.join(directory, STORE))).read_note(OWNER)
    except ModelkeepError:
        return UNREADABLE
    return None if data is None else decode(data)
