"""The user's address in git's configuration, read from the files where they are plain.

Starting git for it costs a change of the registry a twentieth of its time. Whatever is not plain
(includes, quotes, continued lines, a work tree with settings of its own) is left to git, which is
then asked. Where no file says anything of the user, as on many a server, there is nothing to ask.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from modelkeep.domain.patterns import pattern

_SECTION = pattern(r'\[[A-Za-z0-9.-]+( "[^"\\]*")?\]')
# What git does not take for white space, or not for the end of a line.
_ODD = frozenset(map(chr, range(0x20))) - frozenset("\t\n\r")
_WHITE = " \t\r"
_NOT_PLAIN = frozenset('"\\#;')


def address(cwd: str, environ: Mapping[str, str]) -> str | None:
    """Return ``user.email`` as git would from this directory, empty where there is none, None where only git can say."""
    home = environ.get("HOME")
    if not home or not _is_ordinary(os.path.realpath(cwd)):
        return None
    for path in _files(home, environ):  # what an earlier one says counts more
        if path is None:
            return None
        if os.path.lexists(path):
            text = _read(path)
            if text is None or _speaks_of_the_user(text):
                return None if text is None else _address(text)
    return ""


def _files(home: str, environ: Mapping[str, str]) -> Iterator[str | None]:
    """Yield the files that git reads for every work tree (git-config(1), FILES), None for one whose place only git knows."""
    yield os.path.join(home, ".gitconfig")
    yield os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "git", "config")
    yield "/etc/gitconfig" if _is_of_the_system(environ) else None


def _is_of_the_system(environ: Mapping[str, str]) -> bool:
    """Tell whether git is the one of a Linux distribution, whose place for the file of all users is known."""
    if sys.platform != "linux":
        return False
    for directory in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(directory, "git")
        if os.path.isabs(path) and os.access(path, os.X_OK):
            return os.path.realpath(path) == "/usr/bin/git"
    return False


def _is_ordinary(place: str) -> bool:
    """Say whether git would find nothing here, or a work tree that says nothing of the user.

    What is called ``.git`` and is no repository is passed by, so none above may say something either.
    """
    while True:
        git = os.path.join(place, ".git")
        if os.path.lexists(git):
            text = _read(os.path.join(git, "config"))
            if text is None or _speaks_of_the_user(text) or "worktreeconfig" in text.lower():
                return False
            if os.path.lexists(os.path.join(git, "commondir")):  # then another file is read
                return False
        if os.path.lexists(os.path.join(place, "HEAD")):  # it may be a repository without a work tree
            return False
        below, place = place, os.path.dirname(place)
        if place == below:
            return True


def _speaks_of_the_user(text: str) -> bool:
    """Say whether a file may say something of the user, or have another one say it."""
    lower = text.lower()
    return "[user" in lower or "[include" in lower


def _address(text: str) -> str | None:
    section, found = "", None
    for line in text.split("\n"):
        stripped = line.strip(_WHITE)
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[":
            section = stripped.lower()
            if (section != "[user]" and not _SECTION.fullmatch(stripped)) or section.startswith("[include"):
                return None
            continue
        if stripped.endswith("\\"):
            return None
        key, _, value = stripped.partition("=")
        key = key.rstrip(_WHITE)
        if not (key.isascii() and key[:1].isalpha() and key.replace("-", "0").isalnum()):
            return None
        if section == "[user]" and key.lower() == "email":
            found = value.strip(_WHITE)
            if not found or not _NOT_PLAIN.isdisjoint(found):
                return None
    return found


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, ValueError):
        return None
    lone = "\r" in text.replace("\r\n", "")
    return None if lone or not _ODD.isdisjoint(text) else text
