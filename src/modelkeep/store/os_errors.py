"""Errors of the operating system, translated into ours with a hint that helps."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote

from modelkeep.errors import IntegrityError, ModelkeepError, NotFound, RegistryUnavailable, UsageError
from modelkeep.store.access.permissions import FORBIDDEN, nearest, not_permitted

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def room_hint(path: str) -> str:
    """Return the command that shows what ran out on the disk of a path: inodes or bytes."""
    return f"df -{'i' if is_out_of_inodes(path) else 'h'} {path}"


def is_out_of_inodes(path: str) -> bool:
    """Tell whether the disk of a path has no inode left; some file systems count none and never run out."""
    try:
        left = os.statvfs(path)
    except OSError:
        return False
    return left.f_files > 0 and left.f_favail == 0


@contextmanager
def explain_store_errors(root: str) -> Iterator[None]:
    """Translate an ``OSError`` of the store into ``RegistryUnavailable`` (exit 7)."""
    try:
        yield
    except OSError as error:
        raise store_error(error, root) from error


def store_error(error: OSError, root: str) -> ModelkeepError:
    """Return our error for an ``OSError`` of the store."""
    if error.errno in NO_SPACE:
        return RegistryUnavailable(f"no space left for the store {root}: {_reason(error)}", room_hint(root))
    if error.errno in TOO_MANY_FILES:
        return too_many_files(os.path.dirname(root))
    if error.errno == errno.EFBIG:
        return RegistryUnavailable(f"a file is too large for the store {root}: {_reason(error)}", "ulimit -f")
    if error.errno in FORBIDDEN:
        path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else root
        return not_permitted(os.path.dirname(root), path, "written" if _may_be_read(path) else "read", error)
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        where = "" if error.filename is None else f"{error.filename}: "
        return RegistryUnavailable(f"the store {root} is incomplete: {where}{_reason(error)}", "modelkeep doctor")
    return RegistryUnavailable(f"the store {root} could not be used: {_reason(error)}")


def too_many_files(directory: str) -> RegistryUnavailable:
    """Return the error for a registry of which this process can open no further file."""
    message = f"the registry {directory} cannot be used: too many files are open"
    return RegistryUnavailable(message, "ulimit -n 1024        (the most files that a process may open)")


def _may_be_read(path: str) -> bool:
    """Tell whether a path that exists may be read; a path that does not is no matter of reading."""
    try:
        os.stat(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return os.access(path, os.R_OK)


def not_a_blob(path: str) -> IntegrityError:
    """Return the error for a blob's path that is no regular file."""
    return IntegrityError(
        f"{path} is not a regular file: the store was changed from outside", "modelkeep verify --bytes"
    )


def replaced_registry(directory: str) -> RegistryUnavailable:
    """Return the error for a registry whose name is that of another directory by now."""
    message = f"the registry {directory} was replaced by another one after it was found"
    return RegistryUnavailable(message, f"if that one is meant: modelkeep list --registry {quote(directory)}")


@contextmanager
def explain_source_errors(path: str) -> Iterator[None]:
    """Translate an ``OSError`` of a file that a user named into an error that names the file.

    A missing file is ``NotFound``, a forbidden one ``UsageError``, a failing disk ``IntegrityError``.
    """
    try:
        yield
    except OSError as error:
        raise source_error(error, path) from error


def source_error(error: OSError, path: str) -> ModelkeepError:
    """Return our error for a file that cannot be read."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return NotFound(f"there is no file {path!r}", _near(path))
    if error.errno == errno.ELOOP:
        return UsageError(f"{path!r} is a symbolic link that leads in a circle or was made while it was read")
    if error.errno in FORBIDDEN:
        return UsageError(f"{path!r} cannot be read: {_reason(error)}", f"ls -ld {path}")
    if error.errno == errno.EIO:
        return IntegrityError(f"{path!r} cannot be read: {_reason(error)}", "the disk it is on may be failing")
    if error.errno == errno.ENXIO:
        return UsageError(f"{path!r} is a socket or device, not a file")
    return UsageError(f"{path!r} cannot be read: {_reason(error)}")


def _near(path: str) -> str | None:
    """Return a hint with the names beside a missing one that look like it."""
    from difflib import get_close_matches
    from itertools import islice

    parent, name = os.path.split(path.rstrip("/"))
    try:
        with os.scandir(parent or ".") as entries:
            names = [entry.name for entry in islice(entries, 10_000)]
    except OSError:
        return f"there is no directory {parent!r}" if parent and not os.path.isdir(parent) else None
    close = get_close_matches(name, names, n=3)
    return "did you mean " + " or ".join(os.path.join(parent, near) for near in close) + "?" if close else None


@contextmanager
def explain_destination_errors(path: str, instead: str | None = None) -> Iterator[None]:
    """Translate an ``OSError`` of a destination that a user named into an error that names it.

    A full disk, a limit of size and a missing permission are ``RegistryUnavailable``, a directory that is not there is ``NotFound``,
    anything else ``UsageError``. ``instead`` is a hint that says how to name another destination.
    """
    try:
        yield
    except OSError as error:
        raise _destination_error(error, path, instead) from error


def _destination_error(error: OSError, path: str, instead: str | None) -> ModelkeepError:
    above = os.path.dirname(path) or "."
    if error.errno in NO_SPACE:
        return RegistryUnavailable(f"no space left to write {path!r}: {_reason(error)}", room_hint(above))
    if error.errno == errno.EFBIG:
        return RegistryUnavailable(f"{path!r} cannot be written: {_reason(error)}", "ulimit -f")
    if error.errno == errno.ENOENT:
        return NotFound(f"there is no directory {above!r} to write into", f"mkdir -p {above}")
    message = f"{path!r} cannot be written: {_reason(error)}"
    if error.errno in FORBIDDEN:
        return RegistryUnavailable(message, instead or f"ls -ld {nearest(above)}")
    return UsageError(message, instead)
