"""Paths that users give: they are of this machine, and a URI or ``HOST:/PATH`` is refused.

To the operating system ``s3://bucket/models`` is a relative path, and ``backup`` would make a directory ``s3:``.
Completion imports this module, so it loads nothing.
"""

from __future__ import annotations

import os

from modelkeep.errors import UsageError
from modelkeep.userdirs import home

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE = "registry.db"
_FILE = "file://"
#: How often links are read again that are replaced while they are read.
_TRIES = 50


def local_path(path: str | os.PathLike[str], what: str) -> str:
    """Return a path as text; ``UsageError`` where its first part ends in a colon, as in ``s3://b`` and ``host:/srv``.

    `pathlib` makes ``s3:/b`` of the first. ``./s3:/b`` is a path. ``what`` names the argument, option or setting.
    """
    text = os.fspath(path)
    first, slash, _ = text.partition("/")
    if not slash or len(first) < len("x:") or not first.endswith(":"):
        return text
    message = f"{what} takes a path of this machine, not '{text}'"
    if text.startswith((_FILE + "/", _FILE + "localhost/")):
        raise UsageError(message, text.removeprefix(_FILE).removeprefix("localhost"))
    raise UsageError(message, f"a directory or file here or on a mounted disk; one of that name is ./{text}")


def real_path(path: str) -> str:
    """Return a path without links, as `os.path.realpath` does, which fails where another account replaces a link meanwhile."""
    for _ in range(_TRIES):
        try:
            return os.path.realpath(path)
        except OSError:
            continue
    return os.path.realpath(path)


def local_directory(path: str | os.PathLike[str], what: str) -> str:
    """Return the path of a directory as text; ``UsageError`` for ``-`` too, which is standard input or output."""
    text = local_path(path, what)
    if text == "-":
        message = f"{what} takes a directory, and '-' is none"
        raise UsageError(message, "./- is the directory of that name")
    return text


def absolute(path: str, base: str, environ: Mapping[str, str], what: str) -> str:
    """Return a directory that ``what`` names as an absolute path; ``~`` is the home directory, a URI a ``UsageError``.

    Shells do not expand ``~`` in ``--registry=~/x``, and nothing expands it in a file. For the path of a
    ``registry.db`` its directory is returned.
    """
    if path == "~" or path.startswith("~/"):
        path = home(environ) + path[1:]
    path = os.path.normpath(os.path.join(base, local_directory(path, what)))
    if os.path.basename(path) == DATABASE and not os.path.isdir(path):
        return os.path.dirname(path)
    return path
