"""Checks of a store that is a directory: its mode and owner, its parts, and a sample of its files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from shlex import quote

from modelkeep.domain.answers.care import DoctorFinding
from modelkeep.maintenance.doctor.exam import Exam, error, may, ok, warning
from modelkeep.maintenance.doctor.place import readable_hint
from modelkeep.store import ownership
from modelkeep.store.db.state import SqlState

_SAMPLE = 64


def check_store(exam: Exam) -> Iterator[DoctorFinding]:
    """Check the directories of the store, and whether this account may read a sample of its files."""
    path = exam.store
    if not os.path.isdir(path):
        text = f"it leads to {os.readlink(path)}, which is not there" if os.path.islink(path) else "it is missing"
        yield error("store", path, text, "is its disk mounted? else modelkeep verify --repair BACKUP")
        return
    shared = bool(os.stat(exam.directory).st_mode & stat.S_ISGID)
    places = [os.path.join(path, name).rstrip("/") for name in ("", "blobs", "blobs/sha256", "tmp")]
    found = [each for place in places if (each := _directory(exam, place, shared=shared)) is not None]
    found += _unreadable_blob(os.path.join(path, "blobs", "sha256"))
    yield from found
    if not found:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        yield ok("store", os.path.realpath(path), f"mode {mode:04o}, its directories are in order")


def _directory(exam: Exam, place: str, *, shared: bool) -> DoctorFinding | None:
    """Return what is wrong with one directory of the store."""
    with suppress(FileNotFoundError, NotADirectoryError):
        os.stat(place)  # a directory that may not be entered is an error, and not a missing one
    if not os.path.isdir(place):
        return _missing_directory(exam, place)
    mode = stat.S_IMODE(os.stat(place).st_mode)
    if mode & stat.S_IWOTH:
        text = f"mode {mode:04o}: every account of this machine can change what is stored"
        return error("store", place, text, f"chmod o-w {quote(place)}")
    if shared and (mode & (stat.S_IWGRP | stat.S_ISGID)) != stat.S_IWGRP | stat.S_ISGID:
        text = f"mode {mode:04o}: the registry is shared, and the group cannot write here"
        return warning("store", place, text, f"chmod g+ws {quote(place)}")
    if mode & stat.S_ISVTX:
        text = f"mode {mode:04o}: it is sticky, so the gc of one account cannot remove the garbage of another"
        return warning("store", place, text, f"chmod -t {quote(place)}")
    return None


def _missing_directory(exam: Exam, place: str) -> DoctorFinding | None:
    name = os.path.basename(place)
    if name == "tmp" and not os.path.lexists(place):
        mode = stat.S_IMODE(os.stat(exam.store).st_mode)
        make = f"mkdir {f'-m {mode:04o} ' if mode & stat.S_ISGID else ''}{quote(place)}"
        return warning("store", place, "it is missing: the next register makes it again", make)
    hint = f"mkdir -p {quote(place)}        (where it was empty, else modelkeep verify --repair BACKUP)"
    return error("store", place, "it is missing", hint)


def _unreadable_blob(blobs: str) -> Iterator[DoctorFinding]:
    """Yield the first file of a sample that this account may not read."""
    if not os.path.isdir(blobs):
        return
    directories = [entry.path for entry in os.scandir(blobs) if entry.is_dir()]
    sample = islice((entry for directory in directories for entry in islice(os.scandir(directory), 4)), _SAMPLE)
    for entry in sorted(sample, key=lambda entry: entry.path):
        if entry.is_file(follow_symlinks=False) and not may(entry.path, os.R_OK):
            hint = readable_hint(entry.path, entry.stat(follow_symlinks=False), "a+r")
            yield error("blobs", entry.path, "this account may not read a stored file", hint)
            return


def check_owner(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that a store behind a link belongs to this registry: a copy of the directory leads to the same store."""
    if not os.path.islink(exam.store) or not os.path.isdir(exam.store) or not exam.has_tables:
        return
    with exam.context.database.reading() as connection:
        registry = SqlState(connection).registry_id() or ""
    conflict = ownership.conflict(exam.directory, registry)
    if conflict is not None:
        yield error("owner", exam.store, conflict.message, conflict.hint or "modelkeep gc -n")
    elif os.path.lexists(os.path.join(exam.store, ownership.OWNER)):
        yield ok("owner", exam.store, "the store behind the link belongs to this registry")
    else:
        text = "the store behind the link has no owner yet: the next register or gc makes it this registry's"
        yield ok("owner", exam.store, text)


CHECKS = (check_store, check_owner)
