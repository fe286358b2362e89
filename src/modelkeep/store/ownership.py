"""Which registry a store belongs to that lies behind a link: a note in the store names the registry's directory.

``cp -r`` of a registry copies the link, and then two registries lead to one store: what only one of them
needs is garbage to the other, and each has a lock of its own. Both databases hold the same id, so the
directory is told by its path and its inode: a rename keeps the inode, a restored database both, a copy neither.
See docs/decisions/0016. A store that is no link was copied along, and its note means nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from shlex import quote

import msgspec

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, ModelkeepError
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.db.sqlite.database import STORE

#: The name of the note.
OWNER = "owner.json"


class Owner(msgspec.Struct, frozen=True, tag_field="format", tag="modelkeep store 1"):
    """A registry's id, its directory and the directory's inode and device; all empty where the note is unreadable."""

    registry: str
    directory: str
    inode: int
    device: int


_UNREADABLE = Owner("", "", 0, 0)


def require_own(directory: str, registry: Callable[[], str | None], *, dry_run: bool = False) -> None:
    """Raise ``Conflict`` where the store is reached through a link and belongs, or may belong, to another registry.

    A store without a note belongs to this registry from now on, unless it is a dry run; a note of this registry is
    renewed after its directory was moved. ``registry`` returns the registry's id.
    """
    store = os.path.join(directory, STORE)
    if not os.path.islink(store):
        return
    bucket = DirectoryBucket(store)
    here = _here(directory, registry() or "")
    found = _read(bucket)
    if found is None and not dry_run:
        found = here if _write(bucket, here, new=True) else _read(bucket)
    if found is None:
        return
    if (trouble := _trouble(found, here, directory)) is not None:
        raise trouble
    if found != here and not dry_run:
        _write(bucket, here, new=False)


def conflict(directory: str, registry: str) -> Conflict | None:
    """Return why the store behind a link may not be this registry's, None where it is, or has no note yet."""
    found = _read(DirectoryBucket(os.path.join(directory, STORE)))
    return None if found is None else _trouble(found, _here(directory, registry), directory)


def _here(directory: str, registry: str) -> Owner:
    status = os.stat(directory)
    return Owner(registry, os.path.realpath(directory), status.st_ino, status.st_dev)


def _trouble(found: Owner, here: Owner, directory: str) -> Conflict | None:
    """Return why the store is not this registry's.

    The device counts only after a move, for its number may change with each boot.
    """
    same = found.registry == here.registry and found.inode == here.inode
    if same and (found.directory == here.directory or found.device == here.device):
        return None
    link = os.path.join(directory, STORE)
    store = os.path.realpath(link)
    whose = f"the store {printable(store)} belongs to the registry {printable(found.directory)}"
    mark = os.path.join(store, OWNER)
    hint = f"if no other registry leads to this store: rm {quote(printable(mark))}"
    if found == _UNREADABLE:
        return Conflict(f"whose the store {printable(store)} is cannot be told: {printable(mark)} is unreadable", hint)
    if found.registry != here.registry:
        return Conflict(f"{whose}, which is not this one", hint)
    if found.directory == here.directory:
        message = f"{whose}, and the directory there is another one by now: it was restored, or is a copy"
        return Conflict(message, hint)
    if os.path.realpath(os.path.join(found.directory, STORE)) == store:
        own, new = quote(printable(link)), quote(printable(link) + ".new")
        message = f"{whose}, of which {printable(directory)} is a copy: gc of one would remove what the other needs"
        copy = f"cp -a {quote(printable(store))} {new} && rm {own} && mv {new} {own}"
        return Conflict(message, f"give the copy bytes of its own: {copy}")
    return Conflict(f"{whose}, which does not lead to it any more: it was moved, or is on another machine", hint)


def _read(bucket: DirectoryBucket) -> Owner | None:
    """Return the note of a store, None where it has none."""
    from modelkeep.store.notes import decode_note  # few stores are behind a link

    try:
        data = bucket.read_note(OWNER)
    except ModelkeepError:
        return _UNREADABLE
    return None if data is None else decode_note(data, _UNREADABLE)


def _write(bucket: DirectoryBucket, owner: Owner, *, new: bool) -> bool:
    """Write the note; False where there is one already. A full disk must not keep `gc` away: it is passed over."""
    from modelkeep.store.notes import encode_note

    try:
        return bucket.write_note(OWNER, encode_note(owner), new=new)
    except ModelkeepError:
        return True
