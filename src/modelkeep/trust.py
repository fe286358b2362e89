"""Trusted directories, whose registries are used although they belong to another account.

As with git's ``safe.directory``, only the user's own config names them, never a file that was found.
There is no way to trust all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from modelkeep import locate
from modelkeep.config import read_config, write_config
from modelkeep.domain.text import check_text, printable
from modelkeep.errors import NotFound
from modelkeep.userdirs import config_file


def directories(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the trusted directories."""
    file = config_file(environ)
    return locate.trusted(read_config(file), file, environ)


def add(directory: str, environ: Mapping[str, str], cwd: str) -> tuple[tuple[str, ...], bool]:
    """Trust a directory, with its links resolved; return all trusted directories, and whether it is new.

    It must exist: a link that is made later could lead anywhere.
    """
    path = _resolved(directory, environ, cwd)
    known = directories(environ)
    if path in known:
        return known, False
    if not os.path.isdir(path):
        message = f"there is no directory '{printable(directory)}'"
        raise NotFound(message, "the directory that holds .modelkeep or modelkeep.toml, or the registry itself")
    return _write((*known, path), environ), True


def remove(directory: str, environ: Mapping[str, str], cwd: str) -> tuple[tuple[str, ...], bool]:
    """Stop trusting a directory; return those that still are trusted, and whether anything changed."""
    path = _resolved(directory, environ, cwd)
    known = directories(environ)
    if path not in known:
        return known, False
    return _write([each for each in known if each != path], environ), True


def _resolved(directory: str, environ: Mapping[str, str], cwd: str) -> str:
    return os.path.realpath(locate.absolute(check_text(directory, "DIR"), cwd, environ))


def _write(paths: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    file = config_file(environ)
    config = read_config(file)
    config.pop("trust", None)
    if paths:
        config["trust"] = list(paths)
    write_config(file, config)
    return tuple(paths)
