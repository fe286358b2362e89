"""What lies in a directory store, name by name: blobs, what waits in the trash, and what nobody here knows.

Only names are looked at, and what ``lstat`` says of them; nothing is opened, and no link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from msgspec import Struct

from modelkeep.store.bucket.trash import TRASH
from modelkeep.store.export.destination import PREFIX

_HEX = frozenset("0123456789abcdef")
_DIGITS, _SHELF_DIGITS = 64, 2


_BLOBS = os.path.join("blobs", "sha256")
#: What says whose a store is that lies elsewhere (`ownership.py`).
OWNER = "owner.json"


class Lying(Struct, frozen=True):
    """A name in the store: ``blob``, ``trash``, ``aside`` or ``unknown``.

    ``name`` is the last part of ``path``; ``changed`` the time (seconds since 1970) since when the
    file is as it is, in this place: its ctime. Its mtime would be that of a source which was moved
    in, or from before a backup was brought back. ``size_bytes`` is what removing it would free; ``names``
    how many the file has.
    """

    kind: str
    path: str
    name: str
    size_bytes: int
    changed: float
    names: int = 1

    @property
    def digest(self) -> str:
        """The digest that a blob's name stands for."""
        return f"sha256:{self.name}"

    @property
    def shelf(self) -> str:
        """The directory it lies in."""
        return os.path.dirname(self.path)


def shelf_of(root: str, name: str) -> str:
    """Return the directory that a blob belongs in."""
    return os.path.join(root, _BLOBS, name[:_SHELF_DIGITS])


def shelves(root: str) -> Iterator[list[Lying]]:
    """Yield what lies on each shelf, shelf by shelf, sorted by name; last what lies beside them."""
    blobs = os.path.join(root, _BLOBS)
    beside: list[Lying] = []
    for entry in _entries(blobs):
        if _is_hex(entry.name, _SHELF_DIGITS) and entry.is_dir(follow_symlinks=False):
            yield [each for each in map(_on_shelf, _entries(entry.path)) if each is not None]
        elif (found := _other(entry)) is not None:
            beside.append(found)
    yield beside


def in_trash(root: str) -> list[Lying]:
    """Return what lies in the trash."""
    return [each for each in map(_in_trash, _entries(os.path.join(root, TRASH))) if each is not None]


def at_the_top(root: str) -> list[Lying]:
    """Return what lies in the store beside its own directories."""
    ours = {"blobs", "tmp", TRASH, OWNER}
    found = [_other(entry) for entry in _entries(root) if entry.name not in ours]
    found += [_other(entry) for entry in _entries(os.path.join(root, "blobs")) if entry.name != "sha256"]
    return [each for each in found if each is not None]


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def _on_shelf(entry: os.DirEntry[str]) -> Lying | None:
    mine = _is_hex(entry.name, _DIGITS) and os.path.basename(os.path.dirname(entry.path)) == entry.name[:_SHELF_DIGITS]
    return _lying("blob", entry) if mine and entry.is_file(follow_symlinks=False) else _other(entry)


def _in_trash(entry: os.DirEntry[str]) -> Lying | None:
    mine = _is_hex(entry.name, _DIGITS) and entry.is_file(follow_symlinks=False)
    return _lying("trash", entry) if mine else _other(entry)


def _other(entry: os.DirEntry[str]) -> Lying | None:
    aside = entry.name.startswith(PREFIX) and entry.is_file(follow_symlinks=False)
    return _lying("aside" if aside else "unknown", entry)


def _lying(kind: str, entry: os.DirEntry[str]) -> Lying | None:
    """Return what a name is, None where it went away meanwhile."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return Lying(kind, entry.path, entry.name, size, status.st_ctime, status.st_nlink)


def _is_hex(name: str, digits: int) -> bool:
    return len(name) == digits and _HEX.issuperset(name)
