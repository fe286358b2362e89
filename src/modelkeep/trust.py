"""Whose registries are used though nobody asked for them: the directories that the user's config trusts.

As with git's ``safe.directory`` only the user's own config says so, never a file that was found; and
there is no word for "all of them".
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from modelkeep import locate
from modelkeep.config import read_config, write_config
from modelkeep.domain.text import check_text, printable
from modelkeep.errors import NotFound


def directories(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the directories that are trusted."""
    file = locate.config_file(environ)
    return locate.trusted(read_config(file), file, environ)


def add(directory: str, environ: Mapping[str, str], cwd: str) -> tuple[tuple[str, ...], bool]:
    """Trust a directory, with its links resolved; return all that are trusted, and whether that is new.

    It must be there: a link that is made later could lead anywhere.
    """
    path = _resolved(directory, environ, cwd)
    there = directories(environ)
    if path in there:
        return there, False
    if not os.path.isdir(path):
        message = f"there is no directory '{printable(directory)}'"
        raise NotFound(message, "the directory that holds .modelkeep or modelkeep.toml, or the registry itself")
    return _write((*there, path), environ), True


def remove(directory: str, environ: Mapping[str, str], cwd: str) -> tuple[tuple[str, ...], bool]:
    """Trust a directory no longer; return those that still are, and whether that is new."""
    path = _resolved(directory, environ, cwd)
    there = directories(environ)
    if path not in there:
        return there, False
    return _write([each for each in there if each != path], environ), True


def _resolved(directory: str, environ: Mapping[str, str], cwd: str) -> str:
    return os.path.realpath(locate.absolute(check_text(directory, "DIR"), cwd, environ))


def _write(paths: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    file = locate.config_file(environ)
    config = read_config(file)
    config.pop("trust", None)
    if paths:
        config["trust"] = list(paths)
    write_config(file, config)
    return tuple(paths)
