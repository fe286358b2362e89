"""Sharing a registry between accounts: one group writes, another one may read.

The writers are the group of its setgid directories, which new files inherit. A file has one group, so
the readers are in an access list. A private registry is 0700. Directories are never sticky: a member
must be able to remove the journal that a crash of another member left, and to sweep its blobs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from shlex import quote

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, RegistryUnavailable, UsageError
from modelkeep.local_path import real_path
from modelkeep.store.access import access_lists
from modelkeep.store.access.permissions import group_name, user_name

#: Directories and files of a shared registry, and the directory of a private one.
SHARED_DIRECTORY, SHARED_FILE, PRIVATE = 0o2770, 0o660, 0o700
_PASSES = 10


class Group(Struct, frozen=True):
    """A group of this machine: its name (its number where it has none) and its id."""

    name: str
    gid: int


class Sharing(Struct, frozen=True):
    """The group that may write to a registry, and the one that may read it, if there is one."""

    writers: Group
    readers: Group | None = None


def parse_sharing(shared: str | None, readers: str | None) -> Sharing | None:
    """Return the groups that ``--shared`` and ``--readers`` name; None for a private registry.

    Raises ``NotFound`` for an unknown group, ``UsageError`` for readers without writers or equal to the
    writers, ``RegistryUnavailable`` for a group that this account is not in and cannot give files to.
    """
    if shared is None:
        if readers is not None:
            message = f"--readers {printable(readers)} needs --shared, the group that may write"
            raise UsageError(message, f"modelkeep init --shared GROUP --readers {printable(quote(readers))}")
        return None
    found = Sharing(_group(shared), None if readers is None else _group(readers))
    if found.readers == found.writers:
        message = f"{found.writers.name} cannot be both writers and readers: writers may read"
        raise UsageError(message, f"modelkeep init --shared {found.writers.name}")
    if os.geteuid() != 0 and found.writers.gid not in {os.getegid(), *os.getgroups()}:
        message = f"this account is not in the group {found.writers.name}, so it cannot share with it"
        raise RegistryUnavailable(message, f"newgrp {found.writers.name} if it was added a moment ago; else ask root")
    return found


def sharing_of(directory: str) -> Sharing | None:
    """Return the groups that share a registry, read from its directory; None where it is private."""
    status = os.stat(directory)
    if not (status.st_mode & stat.S_ISGID and status.st_mode & stat.S_IWGRP):
        return None
    named = access_lists.groups_in(access_lists.read(directory))
    return Sharing(_named(status.st_gid), _named(named[0]) if named else None)


def share_directory(path: str, opened: int, sharing: Sharing | None) -> None:
    """Give an opened directory to the groups that share it; with None to its owner alone, unless he prepared it for a group."""
    if sharing is not None:
        _give(opened, path, SHARED_DIRECTORY, sharing)
        return
    status = os.fstat(opened)
    if status.st_uid == os.geteuid() and status.st_mode & SHARED_DIRECTORY != SHARED_DIRECTORY:
        os.fchmod(opened, PRIVATE)


def share_registry(directory: str, top: int, store: str, opened: int, lock: str, sharing: Sharing) -> int:
    """Give everything in a registry to the groups that share it, its directory last; return how many paths changed.

    ``top`` is the registry's directory and ``opened`` the store's, both opened. Blobs stay 0444: the directories decide who gets to them. Raises ``RegistryUnavailable`` for a path
    that belongs to another account. Members can write while root or the owner does this, so every path
    is changed through a descriptor, never by name.
    """
    _check_store(directory, store)
    count = 0
    for _ in range(_PASSES):  # the next pass sees what was made meanwhile in a directory that was not shared yet
        changed = _share_once(directory, top, real_path(store), opened, lock, sharing)
        count += changed
        if not changed:
            break
    return count


def _share_once(directory: str, top: int, store: str, opened: int, lock: str, sharing: Sharing) -> int:
    count = 0
    for path, _, _, descriptor in os.fwalk(".", dir_fd=opened, onerror=_raise):
        count += _give(descriptor, os.path.normpath(os.path.join(store, path)), SHARED_DIRECTORY, sharing)
    with os.scandir(top) as entries:
        names = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    for name in names:
        path = os.path.join(directory, name)
        # Readers may not open the lock file: they could hold the lock for ever.
        groups = Sharing(sharing.writers) if path == lock else sharing
        with suppress(FileNotFoundError), _held(path, top) as held:  # a journal comes and goes
            count += _give(held, path, SHARED_FILE, groups)
    return count + _give(top, directory, SHARED_DIRECTORY, sharing)


def _check_store(directory: str, store: str) -> None:
    """Refuse a store behind another account's link: root would open to a group whatever the link leads to."""
    link = os.lstat(store)
    if not stat.S_ISLNK(link.st_mode):
        return
    uid = os.geteuid()
    trusted = link.st_uid in {0, uid, os.stat(directory).st_uid}
    if not trusted or (uid == 0 and link.st_uid not in {0, os.stat(store).st_uid}):
        message = f"{store} is a link that {user_name(link.st_uid)} made, to {real_path(store)}: not shared"
        raise RegistryUnavailable(message, f"ls -ld {store} {real_path(store)}")


def blocking_directory(directory: str, sharing: Sharing) -> str | None:
    """Return the nearest directory above a registry that bars one of its groups, None if there is none."""
    groups = [each for each in (sharing.writers, sharing.readers) if each is not None]
    above = os.path.dirname(real_path(directory))
    while True:
        status = os.stat(above)
        through = status.st_mode & stat.S_IXOTH or (
            status.st_mode & stat.S_IXGRP and all(group.gid == status.st_gid for group in groups)
        )
        if not through and not access_lists.read(above):
            return above
        if above == os.path.dirname(above):
            return None
        above = os.path.dirname(above)


def _give(held: str | int, path: str, mode: int, sharing: Sharing) -> bool:
    readers = None if sharing.readers is None else sharing.readers.gid
    inside = b"" if readers is None else access_lists.of_mode(mode & 0o777, readers)
    lists = {access_lists.ACCESS: inside}
    status = os.stat(held)
    if stat.S_ISDIR(status.st_mode):
        # Without a default list a new file has its maker's umask until his chmod, and may refuse others meanwhile.
        umask = access_lists.of_mode(mode & 0o777) if access_lists.are_supported(held) else b""
        lists[access_lists.DEFAULT] = inside or umask
    gid = sharing.writers.gid
    # An administrator prepares directories of his own by chmod, without a default list: that is enough.
    others = not inside and os.geteuid() not in {0, status.st_uid}
    if _has(held, mode, gid, lists) or (others and _has(held, mode, gid, {access_lists.ACCESS: inside})):
        return False
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        message = f"{path} has a second name (a hard link), which would be shared as well"
        raise RegistryUnavailable(message, f"find / -xdev -samefile {path}        (finds it)")
    try:
        if status.st_gid != gid:
            os.chown(held, -1, gid)
        for which, data in lists.items():
            access_lists.write(held, data, which)
        os.chmod(held, mode)
    except PermissionError as error:
        raise _owned_by_another(path, error, sharing) from error
    except OSError as error:
        raise _cannot(path, error, sharing) from error
    if not _has(held, mode, gid, lists):
        raise _cannot(path, None, sharing)
    return True


def _has(held: str | int, mode: int, gid: int, lists: dict[str, bytes]) -> bool:
    status = os.stat(held)
    if (stat.S_IMODE(status.st_mode), status.st_gid) != (mode, gid):
        return False
    return all(access_lists.read(held, which) == data for which, data in lists.items())


@contextmanager
def _held(path: str, below: int | None = None) -> Iterator[str]:
    """Yield a name for the file at ``path`` (in the directory ``below``) that holds when the path is replaced.

    It is an O_PATH descriptor: closing an ordinary descriptor of the database would drop SQLite's locks.
    """
    if not hasattr(os, "O_PATH") or not os.path.isdir("/proc/self/fd"):
        yield path
        return
    name = path if below is None else os.path.basename(path)
    descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=below)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _group(text: str) -> Group:
    import grp

    try:
        return Group(text, grp.getgrnam(text).gr_gid)
    except (KeyError, ValueError):
        if text.isascii() and text.isdigit() and int(text) < access_lists.LARGEST_ID:
            return _named(int(text))
    from difflib import get_close_matches

    names = [each.gr_name for each in grp.getgrall()]
    close = get_close_matches(text, names, n=1)
    message = f"there is no group '{printable(text)}' on this machine"
    raise NotFound(message, f"did you mean {close[0]}?" if close else "getent group        (lists them)")


def _named(gid: int) -> Group:
    return Group(group_name(gid), gid)


def _owned_by_another(path: str, error: OSError, sharing: Sharing) -> RegistryUnavailable:
    message = f"{path} cannot be given to the group {sharing.writers.name}"
    uid = os.lstat(path).st_uid
    if uid == os.geteuid():
        return RegistryUnavailable(f"{message}: {(error.strerror or '').lower()}", f"ls -ld {path}")
    owner = user_name(uid)
    who = "root" if owner == "root" else f"{owner} or root"
    return RegistryUnavailable(f"{message}: it belongs to {owner}", f"{who} can do it with the same command")


def _cannot(path: str, error: OSError | None, sharing: Sharing) -> UsageError:
    from modelkeep.store.access.mounts import mount_of

    mount = mount_of(path)
    kind = f" ({mount.kind})" if mount is not None else ""
    if error is None:
        message = f"the file system of {path}{kind} keeps no groups and modes, so a registry there cannot be shared"
        return UsageError(message, "make the registry on another file system")
    if sharing.readers is not None:
        message = f"the file system of {path}{kind} has no access lists for --readers: {(error.strerror or '').lower()}"
        return UsageError(message, "leave out --readers: members of the group may read and write")
    return UsageError(f"{path} cannot be shared: {(error.strerror or str(error)).lower()}")


def _raise(error: OSError) -> None:
    raise error
