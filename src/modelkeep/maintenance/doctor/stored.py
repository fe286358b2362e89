"""What is stored: bytes that are missing, bytes nobody needs, what writers left. Bounded: it reads no byte."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from modelkeep.domain.times import format_time
from modelkeep.maintenance.doctor.exam import Exam
from modelkeep.store.access.mounts import mount_of
from modelkeep.store.care import layout, ownership, stale_tmp
from modelkeep.store.care.hard_links import SecondNames
from modelkeep.store.care.layout import Lying
from modelkeep.store.db.sql import garbage
from modelkeep.store.db.sqlite import raw_rows as lying
from modelkeep.store.db.sqlite.raw_rows import Needed
from modelkeep.store.db.state import SqlState

#: So many contents and so many names are looked at.
MOST = 20_000
_TOLD = 5
#: What gc keeps when nobody says how long.
_GRACE = timedelta(days=7)
_SLICE = 500


def check_bytes(exam: Exam) -> None:
    """Look whether what versions need is there, with its size."""
    if not exam.is_open or not os.path.isdir(os.path.join(exam.store, "blobs", "sha256")):
        return
    after: Needed | None = None
    looked, missing, more = 0, 0, True
    while more and looked < MOST:
        with exam.context.database.reading() as connection:
            page = [each for each in lying.needed(connection, after) if garbage.is_needed(connection, each.digest)]
            more = bool(page)
        for each in page:
            there = exam.context.artifacts.bucket.size(each.digest)
            if there != each.size:
                missing += 1
                trouble = "is missing" if there is None else f"has {there} bytes instead of {each.size}"
                if missing <= _TOLD:
                    text = f"{each.path} {trouble} ({each.digest})"
                    exam.error("bytes", f"{each.name}@{each.version}", text, "modelkeep verify --bytes")
        looked += len(page)
        after = page[-1] if page else None
    if missing > _TOLD:
        exam.error("bytes", exam.store, f"and {missing - _TOLD} more", "modelkeep verify --bytes --quick")
    elif not missing:
        some = "the first " if more else ""
        exam.ok(
            "bytes",
            exam.store,
            f"{some}{_files(looked)} of versions, there with the right size; modelkeep verify reads them",
        )


def check_owner(exam: Exam) -> None:
    """Look whose a store is that a link leads to: a copy of the directory leads to the same."""
    if not os.path.islink(exam.store) or not os.path.isdir(exam.store) or not exam.is_open:
        return
    with exam.context.database.reading() as connection:
        registry = SqlState(connection).registry_id() or ""
    found = ownership.look(exam.context.directory, registry)
    if found is not None:
        exam.error("owner", exam.store, found.message, found.hint or "modelkeep gc -n")
    elif os.path.lexists(os.path.join(exam.store, layout.OWNER)):
        exam.ok("owner", exam.store, "the store at the end of the link belongs to this registry")
    else:
        told = "the store at the end of the link is nobody's yet: the next register or gc takes it"
        exam.ok("owner", exam.store, told)


def check_garbage(exam: Exam) -> None:
    """Count what no version needs, as far as names are looked at."""
    if not exam.is_open:
        return
    names = (each for shelf in layout.shelves(exam.store) for each in shelf)
    seen = [each for each in islice(names, MOST) if each.kind == "blob"]
    size, since = 0, list[float]()
    for start in range(0, len(seen), _SLICE):
        with exam.context.database.reading() as connection:
            for each in seen[start : start + _SLICE]:
                if not garbage.is_needed(connection, each.digest):
                    size += each.size_bytes
                    since.append(garbage.since(each.changed, garbage.was_needed(connection, each.digest)))
    _tell_names(exam, [each for each in seen if each.names > 1])
    if since:
        when, hint = _when_it_goes(exam, since)
        exam.ok("garbage", exam.store, f"{_files(len(since))}, {size} bytes, needed by no version: {when}", hint)
    else:
        exam.ok("garbage", exam.store, "every stored file is needed" if len(seen) < MOST else "none among the first")


def _when_it_goes(exam: Exam, since: Sequence[float]) -> tuple[str, str]:
    """Say when gc takes garbage that is such since then, and what to type."""
    now = exam.context.clock().timestamp()
    ripe = sum(now - each >= _GRACE.total_seconds() for each in since)
    if ripe == len(since):
        return "gc takes all of it", "modelkeep gc"
    last = datetime.fromtimestamp(max(since), UTC) + _GRACE + timedelta(minutes=1)  # told in whole minutes
    some = f"gc takes {ripe} now, and all" if ripe else "gc takes all of it"
    told = f"{some} from {format_time(last)[:16].replace('T', ' ')} UTC on"
    return told, f"modelkeep gc{'' if ripe else ' --grace 0        (now)'}"


def _tell_names(exam: Exam, linked: Sequence[Lying]) -> None:
    """Tell of stored files that have a name outside: a killed ``register --move`` leaves one, or a hard link does."""
    names = SecondNames(exam.store)
    outside = [each for each in linked if names.outside(each.path)]
    if not outside:
        return
    with exam.context.database.reading() as connection:
        needed = [each for each in outside if garbage.is_needed(connection, each.digest)]
    for each in needed[:_TOLD]:
        text = "it has a name outside the store, and who writes to that changes what is registered"
        exam.warning("name", each.path, text, "modelkeep gc")
    if len(needed) > _TOLD:
        exam.warning("name", exam.store, f"and {len(needed) - _TOLD} more", "modelkeep gc")


def check_leftovers(exam: Exam) -> None:
    """Look for what killed writers and sweeps left."""
    mount = mount_of(exam.store)
    local = mount is not None and not mount.network
    found = list(islice(stale_tmp.leftovers(exam.store, local=local), MOST))
    gone = [each for each in found if each.fate in {"gone", "unsure"} and not each.damaged]
    damaged = [each.path for each in found if each.damaged]
    alive = sum(each.fate == "alive" for each in found)
    tmp = os.path.join(exam.store, "tmp")
    if gone:
        files, size = sum(each.files for each in gone), sum(each.size_bytes for each in gone)
        exam.warning(
            "leftovers", tmp, f"{_files(files)}, {size} bytes, left by writers that were killed", "modelkeep gc"
        )
    else:
        exam.ok("leftovers", tmp, "nothing was left" + (f"; {alive} writers are at work" if alive else ""))
    for path in damaged[:_TOLD]:
        exam.ok("damaged", path, "a repair kept what was damaged there, to be looked at", "modelkeep gc")
    waiting = [each for each in layout.in_trash(exam.store) if each.kind == "trash"]
    if waiting:
        size = sum(each.size_bytes for each in waiting)
        exam.warning(
            "trash",
            os.path.join(exam.store, "trash"),
            f"{_files(len(waiting))}, {size} bytes: a gc was killed",
            "modelkeep gc",
        )
    unknown = [each.path for each in found if each.fate == "unknown"]
    unknown += [each.path for each in layout.at_the_top(exam.store) if each.kind == "unknown"]
    for path in unknown[:_TOLD]:
        exam.warning("unknown", path, "modelkeep did not make it", "move it out of the store, if it is yours")


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


CHECKS = (check_bytes, check_owner, check_garbage, check_leftovers)
