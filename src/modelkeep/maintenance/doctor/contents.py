"""Checks of what the store holds: missing contents, garbage, and what killed writers left. No stored byte is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from modelkeep.domain.answers.care import DoctorFinding
from modelkeep.domain.times import format_time
from modelkeep.maintenance.doctor.exam import Exam, error, ok, warning
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.verify_bytes import Wanted, check_bytes
from modelkeep.store.db.sql import garbage

#: So many contents of versions, and so many keys of the store, are checked.
_MOST = 20_000
_SHOWN = 5
#: The grace period of `gc` unless another is given.
_GRACE = timedelta(days=7)
_PAGE = 500


def check_contents(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that what versions need is there with its size and mode, as ``verify --bytes --quick`` does."""
    if not exam.has_tables or not exam.has_store:
        return
    findings = Findings(most_of_a_kind=_SHOWN)
    wanted = Wanted(quick=True, most=_MOST)
    checked = check_bytes(exam.context, findings, wanted, None, repair=None, progress=None)
    for found in findings.all():
        place = exam.store if found.ref is None else found.place
        make = error if found.severity == "error" else warning
        yield make("bytes", place, found.message, "modelkeep verify --bytes --quick")
    if findings.ok:
        some = "the first " if checked.blobs == _MOST else ""
        text = f"{some}{_files(checked.blobs)} of versions, present with the right size; modelkeep verify reads them"
        yield ok("bytes", exam.store, text)


def check_garbage(exam: Exam) -> Iterator[DoctorFinding]:
    """Count what no version needs, among the first names of the store."""
    if not exam.has_tables or not exam.has_store:
        return
    blobs = list(islice(exam.context.artifacts.bucket.list(), _MOST))
    size, since = 0, list[float]()
    for start in range(0, len(blobs), _PAGE):
        with exam.context.database.reading() as connection:
            for each in blobs[start : start + _PAGE]:
                if not garbage.is_needed(connection, each.key):
                    size += each.size
                    since.append(garbage.since(each.since, garbage.was_needed(connection, each.key)))
    if since:
        when, hint = _collected(exam, since)
        yield ok("garbage", exam.store, f"{_files(len(since))}, {size} bytes, needed by no version: {when}", hint)
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
    bucket = exam.context.artifacts.bucket
    found = list(islice(bucket.stale_drafts(), _MOST))
    stale = [each for each in found if each.writer in {"gone", "unsure"} and not each.damaged]
    tmp = os.path.join(exam.store, "tmp")
    if stale:
        files, size = sum(each.files for each in stale), sum(each.size_bytes for each in stale)
        text = f"{_files(files)}, {size} bytes, left by writers that were killed"
        yield warning("leftovers", tmp, text, "modelkeep gc")
    else:
        alive = sum(each.writer == "alive" for each in found)
        yield ok("leftovers", tmp, "nothing was left" + (f"; {alive} writers are at work" if alive else ""))
    for each in [each for each in found if each.damaged][:_SHOWN]:
        yield ok("damaged", each.place, "a repair kept the damaged file there for inspection", "modelkeep gc")
    for path in islice(bucket.unknown(), _SHOWN):
        yield warning("unknown", path, "modelkeep did not make it", "move it out of the store, if it is yours")


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


CHECKS = (check_contents, check_garbage, check_leftovers)
