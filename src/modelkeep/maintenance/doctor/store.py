"""Checks of the store: its directories and owner, missing contents, garbage, what killed writers left. No stored byte is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from shlex import quote

from modelkeep.domain.answers.maintenance import DoctorFinding
from modelkeep.domain.times import format_time
from modelkeep.local_path import real_path
from modelkeep.maintenance.doctor.exam import Exam, error, may, ok, warning
from modelkeep.maintenance.doctor.place import readable_hint
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.gc import unneeded
from modelkeep.maintenance.verify_bytes import Wanted, check_bytes
from modelkeep.rendering import files
from modelkeep.store import ownership
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.state import SqlState

#: How many stored files are tried for reading.
_SAMPLE = 64
#: How many contents of versions, and how many keys of the store, are checked.
_MOST = 20_000
_SHOWN = 5
#: The grace period of `gc` unless another is given.
_GRACE = timedelta(days=7)


def check_store(exam: Exam) -> Iterator[DoctorFinding]:
    """Check the directories of the store, and whether this account may read a sample of its files."""
    path = exam.store
    if not os.path.isdir(path):
        if os.path.lexists(path) and not os.path.islink(path):
            yield _no_directory(path)
            return
        text = f"it leads to {os.readlink(path)}, which is not there" if os.path.islink(path) else "it is missing"
        yield error("store", path, text, "is its disk mounted? else modelkeep verify --repair BACKUP")
        return
    shared = bool(os.stat(exam.directory).st_mode & stat.S_ISGID)
    places = [os.path.join(path, name).rstrip("/") for name in ("", "blobs", "blobs/sha256", "tmp")]
    found = [each for place in places if (each := _directory(exam, place, shared=shared)) is not None]
    if exam.has_store and not found:
        found += _unreadable_blob(exam)
    yield from found
    if not found:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        yield ok("store", real_path(path), f"mode {mode:04o}, its directories are in order")


def _directory(exam: Exam, place: str, *, shared: bool) -> DoctorFinding | None:
    """Return what is wrong with one directory of the store."""
    if place != exam.store and os.path.islink(place):
        text = "it is a symbolic link, and none is followed inside a registry"
        return error("store", place, text, f"ls -ld {quote(place)}        (who made it?)")
    with suppress(FileNotFoundError, NotADirectoryError):
        os.stat(place)  # a directory that may not be entered is an error, and not a missing one
    if not os.path.isdir(place):
        return _missing_directory(exam, place)
    if not may(place, os.R_OK | os.X_OK):
        return error("store", place, "this account may not look into it", f"ls -ld {quote(place)}")
    return _wrong_mode(place, shared=shared)


def _wrong_mode(place: str, *, shared: bool) -> DoctorFinding | None:
    """Return what is wrong with the mode of a directory."""
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
    if os.path.lexists(place):
        return _no_directory(place)
    above = os.path.dirname(place)
    if os.path.lexists(above) and not os.path.isdir(above):
        return None  # that is a finding of its own
    if os.path.basename(place) == "tmp":
        mode = stat.S_IMODE(os.stat(exam.store).st_mode)
        make = f"mkdir {f'-m {mode:04o} ' if mode & stat.S_ISGID else ''}{quote(place)}"
        return warning("store", place, "it is missing: the next register makes it again", make)
    hint = f"mkdir -p {quote(place)}        (where it was empty, else modelkeep verify --repair BACKUP)"
    return error("store", place, "it is missing", hint)


def _no_directory(place: str) -> DoctorFinding:
    return error("store", place, "it is not a directory", f"ls -ld {quote(place)}        (who made it?)")


def _unreadable_blob(exam: Exam) -> Iterator[DoctorFinding]:
    """Yield the first file of a sample that this account may not read."""
    for blob in islice(exam.context.bucket.list(), _SAMPLE):
        path = exam.context.bucket.local_path(blob.key)
        if path is not None and not may(path, os.R_OK):
            yield error("blobs", path, "this account may not read a stored file", readable_hint(path, "a+r"))
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
    else:
        yield ok("owner", exam.store, "the store behind the link belongs to this registry")


def check_contents(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that what versions need is there with its size and mode, as ``verify --bytes --quick`` does."""
    if not exam.has_tables or not exam.has_store:
        return
    findings = Findings(most_of_a_kind=_SHOWN)
    wanted = Wanted(quick=True, most=_MOST)
    checked = check_bytes(exam.context, findings, wanted, None, repair=None, progress=None)
    for found in findings.all():
        place = exam.store if found.ref is None else found.place
        if found.severity == "error":
            yield error("bytes", place, found.message, "modelkeep verify --bytes --repair PATH        (a backup)")
        else:
            yield warning("bytes", place, found.message, "modelkeep verify --bytes --quick")
    if findings.ok:
        some = "the first " if checked.blobs == _MOST else ""
        text = f"{some}{files(checked.blobs)} of versions, present with the right size; modelkeep verify reads them"
        yield ok("bytes", exam.store, text)


def check_garbage(exam: Exam) -> Iterator[DoctorFinding]:
    """Count what no version needs, among the first names of the store."""
    if not exam.has_tables or not exam.has_store:
        return
    blobs = list(islice(exam.context.bucket.list(), _MOST))
    size, since = 0, list[float]()
    for blob, gone in unneeded(exam.context.database, blobs):
        size += blob.size
        since.append(reachable.since(blob.since, gone))
    if since:
        when, hint = _collected(exam, since)
        yield ok("garbage", exam.store, f"{files(len(since))}, {size} bytes, needed by no version: {when}", hint)
    else:
        every = len(blobs) < _MOST
        yield ok("garbage", exam.store, "every stored file is needed" if every else "none among the first files")


def _collected(exam: Exam, since: Sequence[float]) -> tuple[str, str]:
    """Say when gc removes garbage that has been garbage since those times, and the command for it."""
    now = exam.context.clock().timestamp()
    ripe = sum(now - each >= _GRACE.total_seconds() for each in since)
    if ripe == len(since):
        return "gc removes all of it", "modelkeep gc"
    last = datetime.fromtimestamp(max(since), UTC) + _GRACE + timedelta(minutes=1)  # shown in whole minutes
    some = f"gc removes {ripe} now, and all" if ripe else "gc removes all of it"
    text = f"{some} from {format_time(last)[:16].replace('T', ' ')} UTC on"
    return text, f"modelkeep gc{'' if ripe else ' --grace 0        (now)'}"


def check_leftovers(exam: Exam) -> Iterator[DoctorFinding]:
    """Report what killed writers and repairs left in the store, and what modelkeep did not make."""
    if not exam.has_store:
        return
    bucket = exam.context.bucket
    found = list(islice(bucket.stale_drafts(), _MOST))
    stale = [each for each in found if each.writer in {"gone", "unsure"} and not each.damaged]
    tmp = os.path.join(exam.store, "tmp")
    if stale:
        count, size = sum(each.files for each in stale), sum(each.size_bytes for each in stale)
        unsure = any(each.writer == "unsure" for each in stale)
        whose = "writers that were killed, or that write on another machine" if unsure else "writers that were killed"
        yield warning("leftovers", tmp, f"{files(count)}, {size} bytes, left by {whose}", "modelkeep gc")
    else:
        alive = sum(each.writer == "alive" for each in found)
        yield ok("leftovers", tmp, "nothing was left" + (f"; {alive} writers are at work" if alive else ""))
    for each in [each for each in found if each.damaged][:_SHOWN]:
        yield ok("damaged", each.place, "a repair kept the damaged file there for inspection", "modelkeep gc")
    for path in islice(bucket.unknown(), _SHOWN):
        yield warning("unknown", path, "modelkeep did not make it", "move it out of the store, if it is yours")


CHECKS = (check_store, check_owner, check_contents, check_garbage, check_leftovers)
