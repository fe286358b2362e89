"""Whose a store is that a registry reaches through a link: a file in it names the directory it belongs to.

``cp -r`` of such a registry copies the link, and then two of them lead to one store: what only one of them
needs is garbage to the other, and each has a lock of its own. The id is in both databases, so the
directory is told by its path and its inode: a rename keeps the one, a restored database both, a copy neither.
See docs/decisions/0016. Where the store is no link it was copied along, and the file means nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from shlex import quote

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.store.care.layout import OWNER
from modelkeep.store.db.sqlite.database import STORE

_FORMAT = "modelkeep store 1"
_LARGEST = 65536


class Owner(Struct, frozen=True):
    """A registry's id, its directory and what the system knows that by; all empty where the file is unreadable."""

    registry: str
    directory: str
    inode: int
    device: int


_UNREADABLE = Owner("", "", 0, 0)


def require_own(directory: str, registry: Callable[[], str | None], *, dry_run: bool = False) -> None:
    """Raise ``Conflict`` where the store is reached through a link and belongs to another registry, or may.

    A store that belongs to nobody yet is this one's from now on, unless it is a dry run; so is one whose registry
    was moved. ``registry`` returns its id.
    """
    store = os.path.join(directory, STORE)
    if not os.path.islink(store):
        return
    us = _here(directory, registry() or "")
    found = _read(store)
    if found is None and not dry_run:
        found = _taken(store, us)
    if found is None:
        return
    if (trouble := _trouble(found, us, directory)) is not None:
        raise trouble
    if found != us and not dry_run:
        with suppress(OSError):
            _write(store, us, os.replace)


def look(directory: str, registry: str) -> Conflict | None:
    """Return why the store that a link leads to may not be this registry's, None where it is or is nobody's yet."""
    found = _read(os.path.join(directory, STORE))
    return None if found is None else _trouble(found, _here(directory, registry), directory)


def _here(directory: str, registry: str) -> Owner:
    status = os.stat(directory)
    return Owner(registry, os.path.realpath(directory), status.st_ino, status.st_dev)


def _trouble(found: Owner, us: Owner, directory: str) -> Conflict | None:
    """Return why the store is not ours. The device is asked only after a move: its number may change with each boot."""
    ours = found.registry == us.registry and found.inode == us.inode
    if ours and (found.directory == us.directory or found.device == us.device):
        return None
    link = os.path.join(directory, STORE)
    store = os.path.realpath(link)
    whose = f"the store {printable(store)} belongs to the registry {printable(found.directory)}"
    mark = os.path.join(store, OWNER)
    hint = f"if no other registry leads to this store: rm {quote(printable(mark))}"
    if found == _UNREADABLE:
        return Conflict(f"whose the store {printable(store)} is cannot be told: {printable(mark)} is unreadable", hint)
    if found.registry != us.registry:
        return Conflict(f"{whose}, which is not this one", hint)
    if found.directory == us.directory:
        message = f"{whose}, and the directory there is another one by now: it was restored, or is a copy"
        return Conflict(message, hint)
    if os.path.realpath(os.path.join(found.directory, STORE)) == store:
        own, new = quote(printable(link)), quote(printable(link) + ".new")
        message = f"{whose}, of which {printable(directory)} is a copy: what one of them throws away the other may need"
        copy = f"cp -a {quote(printable(store))} {new} && rm {own} && mv {new} {own}"
        return Conflict(message, f"give the copy bytes of its own: {copy}")
    return Conflict(f"{whose}, which does not lead to it any more: it was moved, or is on another machine", hint)


def _read(store: str) -> Owner | None:
    """Return whose a store says it is, None where it says nothing."""
    try:
        descriptor = os.open(os.path.join(store, OWNER), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return _UNREADABLE
    import json  # most stores are no link

    with os.fdopen(descriptor, "rb") as file:
        try:
            found = json.loads(file.read(_LARGEST))
        except (OSError, ValueError, RecursionError):
            return _UNREADABLE
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        return _UNREADABLE
    registry, directory = found.get("registry"), found.get("directory")
    inode, device = found.get("inode"), found.get("device")
    if isinstance(registry, str) and isinstance(directory, str) and isinstance(inode, int) and isinstance(device, int):
        return Owner(registry, directory, inode, device)
    return _UNREADABLE


def _taken(store: str, us: Owner) -> Owner | None:
    """Take a store that is nobody's; return whose it is then. None where nothing can be written: `gc` helps there."""
    from modelkeep.store.durable import rename_new

    try:
        _write(store, us, rename_new)
    except FileExistsError:  # somebody was quicker
        return _read(store)
    except OSError:
        return None
    return us


def _write(store: str, owner: Owner, put: Callable[[str, str], None]) -> None:
    """Write the file, durably, as readable to all who come into the store as what is stored is."""
    import json

    from modelkeep.store.bucket.drafts import Workplace
    from modelkeep.store.durable import sync_directory

    told = {
        "format": _FORMAT,
        "registry": owner.registry,
        "directory": owner.directory,
        "inode": owner.inode,
        "device": owner.device,
    }
    place = Workplace(store)
    draft = place.new_path()
    try:
        with open(draft, "x", encoding="utf-8") as file:
            json.dump(told, file, indent=2)
            file.write("\n")
            file.flush()
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
        put(draft, os.path.join(store, OWNER))
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        place.leave()
    sync_directory(store)
