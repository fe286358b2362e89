"""The database: is it a registry of ours, of which age, how does its journal stand, where does the log end."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta

from modelkeep.errors import IntegrityError, RegistryUnavailable, SchemaMismatch
from modelkeep.maintenance.doctor.exam import Exam
from modelkeep.rendering.ages import human_age
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.access.holders import Holder, holder_of
from modelkeep.store.db.sqlite import probe, schema
from modelkeep.store.db.sqlite.lost_database import bring_back
from modelkeep.store.db.sqlite.probe import Probed

_TOLD = 5


def check_journal(exam: Exam) -> None:
    """Tell who is writing, and what a killed writer left."""
    database = exam.context.database
    if not os.path.isfile(database.path):
        return
    holder = _writer(exam)
    if holder is None:
        exam.ok("writer", database.path, "nobody is writing, as far as this machine tells")
    elif holder.stopped:
        exam.warning("writer", database.path, f"{holder} keeps all writers waiting", f"kill -CONT {holder.pid}")
    else:
        exam.ok("writer", database.path, f"{holder}{_since(exam, holder.pid)} is writing")
    if probe.journal_bytes(database, "-wal") is not None:
        text = "somebody has switched the database to WAL, which shuts out readers and fails on network mounts"
        exam.warning("wal", f"{database.path}-wal", text, "close what uses it; the next change switches it back")


def check_database(exam: Exam) -> None:
    """Look into the database, if it can be done without repairing it."""
    database = exam.context.database
    if not os.path.isfile(database.path) or not os.path.getsize(database.path):
        return
    if probe.is_too_old():
        return
    if _is_hot(exam):
        text = "a writer was killed in the middle of a change; nothing is lost, and the database was not looked into"
        exam.warning(
            "journal", f"{database.path}-journal", text, "modelkeep status        (by somebody who may write there)"
        )
        return
    try:
        found = probe.probe(database)
    except SchemaMismatch as error:
        exam.error("schema", database.path, error.message, error.hint or "install a newer modelkeep")
        return
    except RegistryUnavailable as error:
        exam.error("database", database.path, error.message, error.hint or f"ls -l {database.path}")
        return
    except IntegrityError as error:
        exam.error("database", database.path, error.message, _what_can_be_done(exam))
        return
    _schema(exam, found)
    if found.journal_mode != "delete":
        text = f"journal_mode is {found.journal_mode}, not delete: acknowledged changes may be lost in a power cut"
        exam.warning("journal", database.path, text, "the next change switches it back")
    else:
        exam.ok("journal", database.path, "journal_mode is delete, and no journal was left")
    _log(exam, found)


def _writer(exam: Exam) -> Holder | None:
    """Return who has his turn in the queue, or without one who holds a lock on the database."""
    database = exam.context.database
    return holder_of(database.lock_path if os.path.exists(database.lock_path) else database.path)


def _since(exam: Exam, pid: int) -> str:
    with suppress(OSError):
        began = exam.context.clock().timestamp() - os.stat(f"/proc/{pid}").st_mtime
        return f", which began {human_age(timedelta(seconds=began))} ago,"
    return ""


def _is_hot(exam: Exam) -> bool:
    """Tell whether a journal waits to be rolled back; one of a writer at work does not."""
    database = exam.context.database
    return bool(probe.journal_bytes(database, "-journal")) and _writer(exam) is None


def _what_can_be_done(exam: Exam) -> str:
    return f"what can be read: modelkeep verify --log; {bring_back(exam.context.directory)}"


def _schema(exam: Exam, found: Probed) -> None:
    path = exam.context.database.path
    if found.schema < schema.VERSION:
        text = f"it is {found.schema}, this modelkeep writes {schema.VERSION}: reading is slow, writing refused"
        exam.warning("schema", path, text, "modelkeep migrate")
    for kind, name, fate in found.odd[:_TOLD]:
        exam.error("schema", path, f"the {kind} {name} is {fate}", "modelkeep verify --log")
    if found.damage is not None:
        text = f"the file is damaged: {found.damage.splitlines()[-1]}"
        exam.error("database", path, text, _what_can_be_done(exam))
    if found.schema == schema.VERSION and not found.odd:
        exam.ok("schema", path, f"it is {found.schema}, as modelkeep makes it; {found.size_bytes >> 10} KiB")
        exam.is_open = True


def _log(exam: Exam, found: Probed) -> None:
    path = exam.context.database.path
    head = found.head
    if head is None:
        exam.error("log", path, "it has no entry", bring_back(exam.context.directory))
        return
    if found.trouble is not None:
        exam.error(
            "log", f"entry {head.seq}", f"the last entry cannot be read: {found.trouble}", "modelkeep verify --log"
        )
        return
    exam.last_time = head.time
    known = None if found.registry is None else head_cache.recall(exam.context.state_dir, found.registry)
    if known is None:
        exam.ok("head", f"entry {head.seq}", "the last entry; this account has seen none before to compare it with")
    elif known.seq > head.seq and (of := backup_mark.backup_of(exam.context.directory)) is not None:
        exam.ok(
            "head", f"entry {head.seq}", f"the last entry of a backup of {of}, which this account saw at {known.seq}"
        )
    elif known.seq > head.seq:
        text = f"the log went backwards: this account saw entry {known.seq}"
        exam.error(
            "head", f"entry {head.seq}", text, "bring back the newer registry.db, or modelkeep verify --accept-head"
        )
    elif probe.hash_at(exam.context.database, known.seq) != known.hash:
        text = "it is not the one that this account saw: the log was rewritten"
        exam.error("head", f"entry {known.seq}", text, "modelkeep verify --log")
    else:
        exam.ok(
            "head",
            f"entry {head.seq}",
            f"the last entry; the log goes on from entry {known.seq}, which this account saw",
        )


CHECKS = (check_journal, check_database)
