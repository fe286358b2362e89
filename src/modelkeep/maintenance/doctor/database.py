"""Checks of the database: who is writing, which schema it has, how its journal works, where the log ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

from modelkeep.domain.answers.maintenance import DoctorFinding
from modelkeep.errors import Busy, ModelkeepError, RegistryUnavailable, SchemaMismatch
from modelkeep.maintenance.doctor.exam import Exam, error, ok, warning
from modelkeep.rendering import human_age
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.access.holders import Holder, running_seconds
from modelkeep.store.db.sqlite import probe, schema
from modelkeep.store.db.sqlite.errors import bring_back
from modelkeep.store.db.sqlite.probe import Probed

_SHOWN = 5


def check_writer(exam: Exam) -> Iterator[DoctorFinding]:
    """Report who is writing, and whether the journal mode was changed."""
    database, writer = exam.context.database, exam.writer
    if not os.path.isfile(database.path):
        return
    if writer is None:
        yield ok("writer", database.path, "no process of this machine is writing")
    elif writer.stopped:
        yield warning("writer", database.path, f"{writer} keeps all writers waiting", f"kill -CONT {writer.pid}")
    else:
        yield ok("writer", database.path, f"{writer}{_since(writer)} is writing")
    if probe.journal_bytes(database, "-wal") is not None:
        text = "the database was switched to WAL, which shuts out readers and fails on network mounts"
        yield warning("wal", f"{database.path}-wal", text, "close what uses it; the next change switches it back")


def _since(writer: Holder) -> str:
    seconds = running_seconds(writer.pid)
    return "" if seconds is None else f", which began {human_age(timedelta(seconds=seconds))} ago,"


def check_database(exam: Exam) -> Iterator[DoctorFinding]:
    """Check schema, pages and journal of the database, where it can be opened without changing it."""
    path, found = exam.context.database.path, exam.probed
    if isinstance(found, ModelkeepError):
        yield _unreadable(exam, found)
    elif isinstance(found, Probed):
        yield from _schema(exam, found)
        if found.journal_mode != "delete":
            text = f"journal_mode is {found.journal_mode}, not delete: a power cut may lose acknowledged changes"
            yield warning("journal", path, text, "the next change switches it back")
        else:
            yield ok("journal", path, "journal_mode is delete, and no journal was left")
    elif exam.has_hot_journal:
        text = "a writer was killed during a change; nothing is lost, and the database was not opened"
        hint = "modelkeep status        (as an account that may write there)"
        yield warning("journal", f"{path}-journal", text, hint)


def _unreadable(exam: Exam, why: ModelkeepError) -> DoctorFinding:
    path = exam.context.database.path
    if isinstance(why, Busy):
        return warning("database", path, f"it could not be looked at: {why.message}", why.hint or "try again")
    if isinstance(why, SchemaMismatch):
        return error("schema", path, why.message, why.hint or "install a newer modelkeep")
    if isinstance(why, RegistryUnavailable):
        return error("database", path, why.message, why.hint or f"ls -l {path}")
    return error("database", path, why.message, _rescue(exam))


def _rescue(exam: Exam) -> str:
    return f"what can be read: modelkeep verify --log; {bring_back(exam.directory)}"


def _schema(exam: Exam, found: Probed) -> Iterator[DoctorFinding]:
    path = exam.context.database.path
    if found.schema < schema.VERSION:
        text = f"it is {found.schema}, this modelkeep writes {schema.VERSION}: reading is slow, writing refused"
        yield warning("schema", path, text, "modelkeep migrate")
    for kind, name, state in found.odd[:_SHOWN]:
        yield error("schema", path, f"the {kind} {name} is {state}", "modelkeep verify --log")
    if (more := len(found.odd) - _SHOWN) > 0:
        yield error(
            "schema", path, f"and {more} more of the schema are not as they should be", "modelkeep verify --log"
        )
    if found.damage is not None:
        text = f"the file is damaged: {found.damage.splitlines()[-1]}"
        yield error("database", path, text, _rescue(exam))
    if exam.has_tables:
        yield ok("schema", path, f"it is {found.schema}, as modelkeep makes it; {found.size_bytes >> 10} KiB")


def check_log(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that the log ends as `verify` would find it, and goes on from the last entry that this account saw."""
    found = exam.probed
    if not isinstance(found, Probed) or not found.has_log:
        return
    head = found.head
    if head is None:
        yield error("log", exam.context.database.path, "it has no entry", bring_back(exam.directory))
        return
    place = f"entry {head.seq}"
    if found.trouble is not None:
        yield error("log", place, f"the last entry cannot be read: {found.trouble}", "modelkeep verify --log")
        return
    known = None if found.registry is None else head_cache.recall(exam.context.state_dir, found.registry)
    if known is None:
        yield ok("head", place, "the last entry; this account has seen none before to compare it with")
        return
    match known.compare(head, probe.hash_at(exam.context.database, known.seq)):
        case "continues":
            text = f"the last entry; the log goes on from entry {known.seq}, which this account saw"
            yield ok("head", place, text)
        case "behind" if (of := backup_mark.backup_of(exam.directory)) is not None:
            yield ok("head", place, f"the last entry of a backup of {of}, which this account saw at {known.seq}")
        case "behind":
            text = f"the log went backwards: this account saw entry {known.seq}"
            hint = "bring back the newer registry.db, or modelkeep verify --accept-head"
            yield error("head", place, text, hint)
        case _:
            text = "it is not the one that this account saw: the log was rewritten"
            yield error("head", f"entry {known.seq}", text, "modelkeep verify --log")


CHECKS = (check_writer, check_database, check_log)
