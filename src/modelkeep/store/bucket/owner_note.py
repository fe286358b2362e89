"""The note in a store that says whose it is, and what it must say where a link leads to the store.

An account that can write beside the database can make such a link, also to the store of another registry, whose bytes `gc`
would take for garbage; and ``cp -r`` of a registry copies the link. So the link counts only where the store names the
link's directory. The note names the directory by its path and its inode: a rename keeps the inode, a restored database both,
a copy neither. See docs/decisions/0016. In a store that is no link the note means nothing.
"""

from __future__ import annotations

import os
from shlex import quote

import msgspec

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.local_path import real_path

_STORE = "store"
#: The name of the note.
OWNER = "owner.json"


class Owner(msgspec.Struct, frozen=True, tag_field="format", tag="modelkeep store 1"):
    """A registry's id, its directory and the directory's inode and device; all empty where the note is unreadable."""

    registry: str
    directory: str
    inode: int
    device: int


UNREADABLE = Owner("", "", 0, 0)


def require_named(data: bytes | None, link: str) -> None:
    """Raise ``Conflict`` where the note of a store does not name the directory of the link that led to it.

    Its path or its inode is enough: it was renamed, or restored in its place. What changes the store asks
    `modelkeep.store.ownership`, which knows the registry's id.
    """
    directory = os.path.dirname(link)
    if data is None:
        raise _not_named(directory)
    found, here = decode(data), owner_at(directory, "")
    if found == UNREADABLE or (found.directory != here.directory and found.inode != here.inode):
        raise _belongs_to_another(found, here, directory)


def decode(data: bytes) -> Owner:
    """Return the owner that a note names, `UNREADABLE` where it is none."""
    from modelkeep.store.notes import decode_note

    return decode_note(data, UNREADABLE)


def owner_at(directory: str, registry: str) -> Owner:
    """Return the owner that a directory is."""
    status = os.stat(directory)
    return Owner(registry, real_path(directory), status.st_ino, status.st_dev)


def trouble(found: Owner | None, here: Owner, directory: str) -> Conflict | None:
    """Return why the store is not this registry's.

    The device counts only after a move, for its number may change with each boot.
    """
    if found is None:
        return _not_named(directory)
    same = found.registry == here.registry and found.inode == here.inode
    if same and (found.directory == here.directory or found.device == here.device):
        return None
    return _belongs_to_another(found, here, directory)


def _not_named(directory: str) -> Conflict:
    link = os.path.join(directory, _STORE)
    store = real_path(link)
    message = f"the store {printable(store)} does not name {printable(directory)}, which leads to it by a link"
    if (inside := registry_around(store)) is not None:
        message = f"{printable(link)} leads to the store of another registry, {printable(inside)}"
        return Conflict(message, f"ls -ld {quote(printable(link))}        (who made it?)")
    return Conflict(message, f"if no other registry uses this store: {_init(directory, store)}")


def registry_around(store: str) -> str | None:
    """Return the registry that a store lies in, None where it lies on its own."""
    above = os.path.dirname(real_path(store))
    return above if os.path.lexists(os.path.join(above, "registry.db")) else None


def _init(directory: str, store: str) -> str:
    return f"modelkeep init {quote(printable(directory))} --store {quote(printable(store))}"


def _belongs_to_another(found: Owner, here: Owner, directory: str) -> Conflict:
    """Return the error for a note that names another registry; ``here.registry`` may be empty, for unknown."""
    link = os.path.join(directory, _STORE)
    store = real_path(link)
    whose = f"the store {printable(store)} belongs to the registry {printable(found.directory)}"
    mark = os.path.join(store, OWNER)
    hint = f"if no other registry leads to this store: rm {quote(printable(mark))} && {_init(directory, store)}"
    if found == UNREADABLE:
        return Conflict(f"whose the store {printable(store)} is cannot be told: {printable(mark)} is unreadable", hint)
    if here.registry not in {"", found.registry}:
        return Conflict(f"{whose}, which is not this one", hint)
    if found.directory == here.directory:
        message = f"{whose}, and the directory there is another one by now: it was restored, or is a copy"
        return Conflict(message, hint)
    if real_path(os.path.join(found.directory, _STORE)) == store:
        own, new = quote(printable(link)), quote(printable(link) + ".new")
        message = f"{whose}, of which {printable(directory)} is a copy: gc of one would remove what the other needs"
        if not here.registry:
            message = f"{whose}, and does not name {printable(directory)}, which leads to it by a link"
        copy = f"cp -a {quote(printable(store))} {new} && rm {own} && mv {new} {own}"
        return Conflict(message, f"give the copy bytes of its own: {copy}")
    return Conflict(f"{whose}, which does not lead to it any more: it was moved, or is on another machine", hint)
