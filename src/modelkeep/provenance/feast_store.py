"""Where the registry of a Feast repository lies: what its ``feature_store.yaml`` says, of which nothing is run.

The file is the one that ``FEAST_FS_YAML_FILE_PATH`` names, else that of the working directory or of a directory above it in
the same git work tree, there also in ``feature_repo``, as ``feast init`` makes it. Registries in files are read; those in
a database, behind an address or of a class of one's own are not read, and a note says so.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.domain.urls import is_url, scrub
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.value_files import read_bytes
from modelkeep.provenance.yaml_values import parse_yaml

FILE = "feature_store.yaml"
VARIABLE = "FEAST_FS_YAML_FILE_PATH"
_DIRECTORY = "feature_repo"
_DEFAULT = "data/registry.db"
_FILES = ("file", "LocalRegistryStore")
_LARGEST, LARGEST_REGISTRY = 64 << 10, 32 << 20
_HINT = "feast apply writes the registry that feature_store.yaml names"


class FeastStore(Struct, frozen=True):
    """A project of Feast: ``path`` is that of its ``feature_store.yaml``, ``registry`` that of its registry."""

    project: str
    path: str
    registry: str


def find_store(project: str, cwd: str, environ: Mapping[str, str]) -> FeastStore | None:
    """Return the store of a project, None where there is none here.

    Raises ``UsageError`` where the project is here and its registry is none that is read.
    """
    named = environ.get(VARIABLE)
    if named:
        store = read_store(os.path.join(cwd, named))
        if store.project == project:
            return store
        message = f"{VARIABLE} names the project {printable(store.project)}"
        raise UsageError(message, f"unset {VARIABLE}")
    return next((found for path in _candidates(cwd) if (found := _of_project(project, path))), None)


def nearest_project(cwd: str, environ: Mapping[str, str]) -> str | None:
    """Return the project of the nearest ``feature_store.yaml``, None where there is none that can be read."""
    named = environ.get(VARIABLE)
    for path in [os.path.join(cwd, named)] if named else _candidates(cwd):
        with suppress(UsageError, NotFound):
            if project := _settings(path)[0]:
                return project
    return None


def read_store(path: str) -> FeastStore:
    """Return the store that a ``feature_store.yaml`` describes. Raises ``UsageError`` or ``NotFound``."""
    shown = printable(path)
    project, registry = _settings(path)
    if not project:
        message = f"'{shown}' names no project"
        raise UsageError(message, "project: payments")
    given = registry if isinstance(registry, dict) else {}
    kind = given.get("registry_store_type") or given.get("registry_type") or "file"
    place = registry.get("path") if isinstance(registry, dict) else registry
    place = _DEFAULT if place is None else str(place)
    if kind not in _FILES:
        message = f"the registry of '{shown}' is of the type {printable(str(kind))}, which is not read"
        raise UsageError(message, _HINT)
    place = place.removeprefix("file://")
    if is_url(place) or "$" in place:
        message = f"the registry of '{shown}' is {printable(scrub(place))}, which is not read"
        raise UsageError(message, _HINT)
    return FeastStore(project, path, os.path.join(os.path.dirname(path), place))


def registry_bytes(store: FeastStore) -> bytes:
    """Return the registry of a store, a regular file of at most 32 MiB. Raises ``UsageError`` or ``NotFound``."""
    return _read(store.registry, LARGEST_REGISTRY)


def _candidates(cwd: str) -> Iterator[str]:
    place = os.path.abspath(cwd)
    above = []
    while True:
        above.append(place)
        if os.path.lexists(os.path.join(place, ".git")):
            break
        parent = os.path.dirname(place)
        if parent == place:
            above = above[:1]  # no git work tree: nothing above the working directory is meant
            break
        place = parent
    for each in above:
        yield os.path.join(each, FILE)
        yield os.path.join(each, _DIRECTORY, FILE)


def _of_project(project: str, path: str) -> FeastStore | None:
    """Return the store of a file where it is that of a project; a file that cannot be read is that of none."""
    try:
        if _settings(path)[0] != project:
            return None
    except (UsageError, NotFound):
        return None
    return read_store(path)


def _settings(path: str) -> tuple[str, object]:
    """Return the project and the registry that a file names."""
    shown = printable(path)
    try:
        text = _read(path, _LARGEST).decode()
    except UnicodeDecodeError as error:
        message = f"'{shown}' is not UTF-8"
        raise UsageError(message, _HINT) from error
    found = parse_yaml(text, shown)
    if not isinstance(found, dict):
        message = f"'{shown}' has no keys at its top"
        raise UsageError(message, "project: payments")
    return str(found.get("project") or ""), found.get("registry")


def _read(path: str, most: int) -> bytes:
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        message = f"there is no file '{printable(path)}'"
        raise NotFound(message, _HINT) from error
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        message = f"'{printable(path)}' is no file of at most {most >> 10} KiB"
        raise UsageError(message, _HINT)
    return read_bytes(path, status, most_bytes=most, pipes=False, forms=_HINT, if_larger=_HINT)
