"""The name that each typed path has in the artifact."""

from __future__ import annotations

import os
from collections.abc import Sequence

from modelkeep.domain.manifest import check_path
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.ingest.walk import Named


def name_all(paths: Sequence[str], selection: Selection) -> Named:
    """Give each typed path its name in the artifact; None for the one directory whose contents it is."""
    if not paths or not all(paths):
        message = "an empty path" if paths else "no path: an artifact needs at least one file"
        raise UsageError(message, "modelkeep register NAME PATH")
    if selection.filename is not None:
        if len(paths) > 1 or os.path.isdir(paths[0]):
            message = f"--filename {printable(selection.filename)!r} names one file, and this is more"
            raise UsageError(message)
        return [(paths[0], file_name(selection.filename))]
    if len(paths) == 1:
        return [(paths[0], None if os.path.isdir(paths[0]) else os.path.basename(paths[0]))]
    named: dict[str, str] = {}
    for path in paths:
        name = os.path.basename(os.path.abspath(path))
        if name in named:
            message = f"'{printable(named[name])}' and '{printable(path)}' would both be '{printable(name)}'"
            raise UsageError(message, "register the directory they are in, or give one of them another name")
        named[name] = path
    return [(path, name) for name, path in named.items()]


def file_name(name: str) -> str:
    """Return the name that ``--filename`` gives, if one file can bear it."""
    if "/" in name:
        message = f"--filename {printable(name)!r} is a path; it takes a name without '/'"
        raise UsageError(message, f"--filename {printable(name.rpartition('/')[2])!r}")
    return check_path(name)
