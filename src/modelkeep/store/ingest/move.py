"""`register --move`: the source is removed once its bytes are registered, and not a moment before.

The files are copied like any others, or share their blocks where the file system can. After the entry each is removed if
it still is what was registered: a kill at any moment leaves the file where it was, or its version registered.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import starmap
from pathlib import PurePath

from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.local_path import real_path
from modelkeep.store.durable import sync_directory
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.ingest.source import Source, open_below

#: A dry run names so many files.
_NAMED = 20
_OF_A_REGISTRY = ("registry.db", "registry.lock", "backup.json")


def check_move(typed: Sequence[str], sources: Iterable[Source], selection: Selection) -> None:
    """Refuse what could not be moved as a whole, and what a registry keeps: it would lose its bytes."""
    if selection.follow_symlinks:
        message = "--move takes files away, and --follow-symlinks copies what links lead to"
        raise UsageError(message, "leave out one of them")
    keepers: dict[str, str | None] = {}
    for path in typed:
        if os.path.islink(path.rstrip("/")):
            _refuse_kept(real_path(path), printable(path), keepers)
            message = f"'{printable(path)}' is a symbolic link: --move would take away what it leads to"
            raise UsageError(message, f"name that itself: {printable(real_path(path))}")
    for source in sources:
        _refuse_kept(_path(source), source.shown, keepers)
    for directory in sorted({os.path.dirname(_path(source)) or "." for source in sources}):
        if not os.access(directory, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            message = f"nothing can be moved out of '{printable(directory)}': permission denied"
            raise UsageError(message, "leave out --move")


def _refuse_kept(path: str, shown: str, keepers: dict[str, str | None]) -> None:
    """Raise ``UsageError`` where a file is one that a registry needs; ``keepers`` is what is known of directories."""
    above, name = os.path.split(path)
    above = real_path(above)
    keeper = _keeper_of(above, keepers)
    if keeper is None and name.startswith(_OF_A_REGISTRY) and os.path.isfile(os.path.join(above, "registry.db")):
        keeper = above
    if keeper is not None:
        message = f"'{shown}' is kept by the registry in {printable(keeper)}: --move would take it away from there"
        raise UsageError(message, "leave out --move")


def _keeper_of(directory: str, keepers: dict[str, str | None]) -> str | None:
    """Return the registry or the store that a directory is kept by, wherever that lies; None where it is by none."""
    keeper = None
    for place in map(str, (*reversed(PurePath(directory).parents), PurePath(directory))):
        if place not in keepers:
            above, name = os.path.split(place)
            if name == "store" and os.path.isfile(os.path.join(above, "registry.db")):
                keeper = above
            elif all(os.path.isdir(os.path.join(place, each)) for each in ("blobs/sha256", "tmp")):
                keeper = place
            keepers[place] = keeper
        keeper = keepers[place]
    return keeper


def predict_removal(typed: Sequence[str], sources: Sequence[Source]) -> tuple[str, ...]:
    """Return what ``remove`` would remove, and what would stay, as notes."""
    files = {_path(source) for source in sources}
    above = {(source.root, os.path.dirname(source.inner)) for source in sources}
    going: set[str] = set()
    for directory in starmap(_joined, _with_their_parents(above)):
        with suppress(OSError):
            inside = {os.path.join(directory, name) for name in os.listdir(directory)}
            if inside <= files | going and not os.path.samefile(directory, "."):
                going.add(directory)
    notes = [f"would be moved: '{source.shown}'" for source in sources[:_NAMED]]
    if len(sources) > _NAMED:
        notes.append(f"would be moved: and {len(sources) - _NAMED} more")
    tops = sorted(each for each in going if os.path.dirname(each.rstrip("/")) not in going)
    notes += [f"would be removed: '{printable(each)}'" for each in tops]
    stay = (path for path in typed if os.path.isdir(path) and path not in going)
    notes += [f"'{printable(path)}' would stay: {_why_it_stays(path)}" for path in stay]
    return tuple(notes)


def remove(typed: Sequence[str], sources: Sequence[Source]) -> tuple[str, ...]:
    """Remove files that are registered by now, and the directories that are empty then; return notes of what stays."""
    notes = []
    above: set[tuple[str, str]] = set()
    for source in sources:
        problem = _remove_file(source)
        if problem is None:
            above.add((source.root, os.path.dirname(source.inner)))
        else:
            notes.append(f"'{source.shown}' stays: {problem}")
    for directory in sorted({os.path.dirname(_path(source)) or "." for source in sources}):
        with suppress(OSError):  # at worst, what was moved is back after a power cut
            sync_directory(directory)
    gone = len(sources) - len(notes)
    notes.append(f"moved: {gone} {'file' if gone == 1 else 'files'}")
    for root, inner in _with_their_parents(above):
        with suppress(OSError, ModelkeepError):  # there is more in it, or it is the current directory
            _remove_directory(root, inner)
    notes += [f"'{printable(path)}' stays: {_why_it_stays(path)}" for path in typed if os.path.isdir(path)]
    return tuple(notes)


def _why_it_stays(directory: str) -> str:
    with suppress(OSError):
        if os.path.samefile(directory, "."):
            return "it is the current directory"
        if not os.listdir(directory):
            return "it could not be removed"
    return "there is more in it"


def _remove_file(source: Source) -> str | None:
    """Remove a file if it still is what was registered; return why not."""
    above, _, name = source.inner.rpartition("/")
    root, name = (source.root, name) if source.inner else os.path.split(source.root)
    try:
        directory = open_below(root or ".", above, follow=not source.inner, directory=True)
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if not source.stamp.is_of(status):
                return "it was changed meanwhile"
            os.unlink(name, dir_fd=directory)
        finally:
            os.close(directory)
    except FileNotFoundError:
        return None
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except ModelkeepError as error:
        return error.message
    return None


def _remove_directory(root: str, inner: str) -> None:
    """Remove an empty directory, unless it is the current one; a link that came in its way is not followed."""
    above, _, name = inner.rpartition("/")
    around, name = (root, name) if inner else os.path.split(root.rstrip("/"))
    directory = open_below(around or ".", above, follow=False, directory=True)
    try:
        if not os.path.samestat(os.stat(name, dir_fd=directory, follow_symlinks=False), os.stat(".")):
            os.rmdir(name, dir_fd=directory)
    finally:
        os.close(directory)


def _with_their_parents(above: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return directories and all above them up to what was typed, the deepest first: what was typed, and the way below."""
    found: set[tuple[str, str]] = set()
    for root, inner in above:
        if os.path.isdir(root):
            names = inner.split("/") if inner else []
            found.update((root, "/".join(names[:depth])) for depth in range(len(names) + 1))
    return sorted(found, key=lambda each: len(_joined(*each)), reverse=True)


def _path(source: Source) -> str:
    return _joined(source.root, source.inner)


def _joined(root: str, inner: str) -> str:
    return os.path.join(root, inner) if inner else root
