"""The user's address in git's configuration, read from the files where they are plain.

Starting git for it costs a change of the registry a twentieth of its time. Whatever is not plain
(includes, quotes, continued lines, a work tree with settings of its own) is left to git, which is
then asked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from modelkeep.domain.patterns import pattern

_SECTION = pattern(r'\[[A-Za-z0-9.-]+( "[^"\\]*")?\]')
_NOT_PLAIN = frozenset('"\\#;')


def address(cwd: str, environ: Mapping[str, str]) -> str | None:
    """Return ``user.email`` as git would from this directory, None where only git can say."""
    home = environ.get("HOME")
    if not home or not _is_ordinary(os.path.realpath(cwd)):
        return None
    text = _read(os.path.join(home, ".gitconfig"))
    return None if text is None else _address(text)


def _is_ordinary(place: str) -> bool:
    """Say whether git would find nothing here, or a work tree that says nothing of the user."""
    while True:
        git = os.path.join(place, ".git")
        if os.path.lexists(git):
            text = _read(os.path.join(git, "config"))
            return text is not None and not any(
                word in text.lower() for word in ("[include", "[user", "worktreeconfig")
            )
        if os.path.lexists(os.path.join(place, "HEAD")):  # it may be a repository without a work tree
            return False
        below, place = place, os.path.dirname(place)
        if place == below:
            return True


def _address(text: str) -> str | None:
    section, found = "", None
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[":
            section = stripped.lower()
            if not _SECTION.fullmatch(stripped) or section.startswith("[include"):
                return None
            continue
        if stripped.endswith("\\"):
            return None
        key, _, value = stripped.partition("=")
        if section == "[user]" and key.strip().lower() == "email":
            found = value.strip()
            if not found or not _NOT_PLAIN.isdisjoint(found):
                return None
    return found


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return None
