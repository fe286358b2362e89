"""Trusted directories, whose registries are used although they belong to another account.

As with git's ``safe.directory``, only the user's own config names them. There is no way to trust all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from modelkeep import locate
from modelkeep.config import read_config, write_config
from modelkeep.domain.text import check_text, printable
from modelkeep.errors import NotFound
from modelkeep.local_path import absolute
from modelkeep.userdirs import config_file


def directories(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the trusted directories."""
    file = config_file(environ)
    return locate.trusted(read_config(file), file, environ)


def change(directory: str, environ: Mapping[str, str], cwd: str, *, remove: bool) -> tuple[tuple[str, ...], bool]:
    """Trust a directory, with its links resolved, or stop trusting it; return the trusted ones, and whether that is new.

    A directory that is trusted must exist: a link that is made later could lead anywhere.
    """
    path = locate.resolved(absolute(check_text(directory, "DIR"), cwd, environ, "DIR"))
    known = directories(environ)
    if (path in known) is not remove:
        return known, False
    if not remove and not os.path.isdir(path):
        message = f"there is no directory '{printable(directory)}'"
        raise NotFound(message, "the directory that holds .modelkeep or modelkeep.toml, or the registry itself")
    left = tuple(each for each in known if each != path) if remove else (*known, path)
    file = config_file(environ)
    config = read_config(file)
    config.pop("trust", None)
    write_config(file, {**config, "trust": list(left)} if left else config)
    return left, True
