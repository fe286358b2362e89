"""The directory of SQLite's private temporary files, and the error for one that has no room left."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.os_errors import room_hint

#: Where SQLite looks, in this order (https://sqlite.org/tempfiles.html, section 5).
_VARIABLES = ("SQLITE_TMPDIR", "TMPDIR")
_PLACES = ("/var/tmp", "/usr/tmp", "/tmp", ".")  # noqa: S108  nothing is made there by name


def directory() -> str:
    """Return the directory that SQLite takes for temporary files: the first that it may write to."""
    named = [os.environ.get(variable, "") for variable in _VARIABLES]
    for place in filter(None, (*named, *_PLACES)):
        if os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    return _PLACES[-1]


@contextmanager
def of_temporary_files(failed: str) -> Iterator[None]:
    """Turn what SQLite refuses with a temporary file into ``RegistryUnavailable``: what ``failed``, where, what helps."""
    try:
        yield
    except sqlite3.Error as error:
        place = directory()
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            message = f"{failed}: no space left in {place}, the directory for temporary files"
        else:
            message = f"{failed}: the directory for temporary files, {place}, cannot be used: {error}"
        hint = f"TMPDIR names another one that has room; {room_hint(place)}"
        raise RegistryUnavailable(message, hint) from error
