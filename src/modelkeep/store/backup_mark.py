"""The file that marks a directory as a backup, and names its registry.

A backup is a registry that refuses changes: two registries with one id must not go on with different
logs. In the directory that it is a copy of, the mark means nothing: the backup was put back there.
"""

from __future__ import annotations

import os
from contextlib import suppress

import msgspec

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.local_path import real_path
from modelkeep.store.durable import create_file, sync_directory
from modelkeep.store.os_errors import TOO_MANY_FILES, too_many_files

NAME = "backup.json"
DRAFT = f"{NAME}.new"
_LARGEST = 65536


class BackupMark(msgspec.Struct, frozen=True, tag_field="format", tag="modelkeep backup 1"):
    """The registry's id, and the directory that the backup is a copy of; both empty where the file is unreadable."""

    registry: str
    of: str


_UNREADABLE = BackupMark("", "")


def read(directory: str) -> BackupMark | None:
    """Return the mark of a directory, None where it has none."""
    try:
        descriptor = os.open(os.path.join(directory, NAME), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in TOO_MANY_FILES:
            raise too_many_files(directory) from error
        return _UNREADABLE
    from modelkeep.store.notes import decode_note  # few directories have a mark

    try:
        return decode_note(os.read(descriptor, _LARGEST), _UNREADABLE)
    except OSError:  # a directory
        return _UNREADABLE
    finally:
        os.close(descriptor)


def write(directory: str, mark: BackupMark) -> None:
    """Put a mark in place, durably and in one step."""
    from modelkeep.store.notes import encode_note

    draft = os.path.join(directory, DRAFT)
    with suppress(FileNotFoundError):
        os.unlink(draft)
    create_file(draft, 0o660, encode_note(mark))
    os.replace(draft, os.path.join(directory, NAME))
    sync_directory(directory)


def backup_of(directory: str) -> str | None:
    """Return what a directory is a backup of, None where it is none or has been put back in its place."""
    mark = read(directory)
    if mark is None or (mark.of and real_path(mark.of) == real_path(directory)):
        return None
    return mark.of or "a registry"


def require_no_backup(directory: str) -> bool:
    """Raise ``Conflict`` where a directory is a backup: the registry would know nothing of a change in it.

    Return whether it is a backup that was put back in its place: its first change should ``remove`` the mark.
    """
    of = backup_of(directory)
    if of is not None:
        message = f"{directory} is a backup of {printable(of)}, and takes no changes"
        hint = f"to make it a registry of its own, for good: rm {os.path.join(directory, NAME)}"
        raise Conflict(message, hint)
    return os.path.lexists(os.path.join(directory, NAME))


def remove(directory: str) -> None:
    """Remove the mark of a backup that was put back, so that the registry may be moved. Errors are ignored."""
    with suppress(OSError):
        os.unlink(os.path.join(directory, NAME))
