"""`check`: a result is recorded, with the report that shows it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC

from msgspec import Struct
from msgspec.structs import asdict, replace

from modelkeep.changes.change_answer import answer
from modelkeep.changes.change_request import ChangeRequest, subject_of
from modelkeep.changes.evidence import STDIN, Evidence, from_file
from modelkeep.changes.runner import run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.answers.checks import Checked
from modelkeep.domain.policy.words import check_check_name
from modelkeep.domain.text import printable
from modelkeep.domain.times import At, format_time, parse_age
from modelkeep.domain.urls import scrub_text
from modelkeep.domain.verbs.check import RESULTS, Check
from modelkeep.errors import Conflict, UsageError
from modelkeep.reads.authority import require_permission
from modelkeep.reads.references import Say, version_of
from modelkeep.reads.snapshot import parse_local_moment, snapshot
from modelkeep.rendering import human_size
from modelkeep.store import backup_mark
from modelkeep.store.content.sweep_mark import BytesRemoved
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState
from modelkeep.store.ownership import require_own

#: How often evidence is stored at most: `gc --grace 0` in a loop may remove it each time.
_ATTEMPTS = 20


class CheckRequest(Struct, frozen=True):
    """A check that is to be recorded: of which version, its name, its result, until when it counts."""

    ref: str
    name: str
    expires: str | None
    message: str | None
    dry_run: bool


def record_check(context: Context, request: CheckRequest, result: str, evidence: str | None) -> Checked:
    """Record a result; ``evidence`` is the path of a file, ``-`` for standard input."""
    if result not in RESULTS:
        message = f"a check ends with pass, fail or warn, not '{printable(result)}'"
        swapped = (result, request.name) if request.name in RESULTS else (request.name, "pass")
        raise UsageError(message, printable(f"modelkeep check record {shlex.join([request.ref, *swapped])}"))
    request = prepared(context, request)
    command = f"check record {{}} {request.name} {result}"
    pinned(context, request, command)

    def found() -> Evidence | None:
        return None if evidence is None else from_file(context.bucket, evidence, dry_run=request.dry_run)

    return record(context, request, result, found, command, attempts=1 if evidence == STDIN else _ATTEMPTS)


def prepared(context: Context, request: CheckRequest) -> CheckRequest:
    """Refuse early what can be refused without evidence; return the request with the time until which it counts."""
    check_check_name(request.name)
    with context.database.reading() as reader:
        backup_mark.require_no_backup(context.directory)
        require_own(context.directory, SqlState(reader).registry_id, dry_run=request.dry_run)
    require_permission(context, Check.PERMISSION)
    return replace(request, expires=None if request.expires is None else _expiry(context, request.expires))


def _expiry(context: Context, text: str) -> str:
    """Return the time that ``--expires`` means: an age from now on, a time, or the end of a date."""
    try:
        if text[:-1].isdigit() and text[-1:].isalpha():
            return format_time((context.clock() + parse_age(text, "--expires")).astimezone(UTC))
        when = parse_local_moment(context, text, bare_date_end=True)
        if isinstance(when, At):
            return when.time
    except OverflowError:
        pass
    message = f"--expires takes a length of time or a date, not '{printable(text)}'"
    raise UsageError(message, "--expires 30d")


def pinned(context: Context, request: CheckRequest, command: str) -> str:
    """Return the version that is meant, by its number: a stage may have another holder when the command has ended."""
    with snapshot(context) as (reader, _):
        return version_of(reader, request.ref, context.say, command).ref


def record(
    context: Context,
    request: CheckRequest,
    result: str,
    find: Callable[[], Evidence | None],
    command: str,
    fields: tuple[tuple[str, str], ...] = (),
    *,
    attempts: int = _ATTEMPTS,
) -> Checked:
    """Find the evidence and write the entry; both again where `gc` has removed the evidence in between."""
    for _ in range(attempts):
        with suppress(BytesRemoved):
            return _record_once(context, request, result, find(), command, fields)
    message = f"gc removed the evidence of {request.name} while it was recorded"
    raise Conflict(message, "try again")


def _record_once(
    context: Context,
    request: CheckRequest,
    result: str,
    evidence: Evidence | None,
    command: str,
    fields: tuple[tuple[str, str], ...],
) -> Checked:
    check = Check(
        name=request.name,
        result=result,
        evidence=None if evidence is None else evidence.digest,
        expires=request.expires,
        evidence_bytes=None if evidence is None else evidence.stored_bytes,
    )
    documents = {}
    if evidence is not None and evidence.document is not None:
        documents[evidence.digest] = evidence.document

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, request.ref, say, command)
        before = SqlState(reader).check(found.model, found.number or 0, request.name)
        effect = Effect(request.name, NONE if before is None else before.result, result)
        return ChangeRequest(check, subject_of(found), fields=fields, documents=documents, effects=(effect,))

    change = answer(
        run_change(
            context,
            resolve,
            message=request.message,
            dry_run=request.dry_run,
            check_bytes=None if evidence is None else evidence.ensure_present,
        )
    )
    texts = {name: scrub_text(text) for name, text in fields}
    notes = [f"{texts['check.outcome']}"] if "check.outcome" in texts else []
    if evidence is not None:
        notes.append(f"evidence: {evidence.digest} ({human_size(evidence.size_bytes)})")
    if request.expires is not None:
        notes.append(f"it counts until {request.expires[:19]}Z")
    return Checked(
        **asdict(replace(change, notes=(*notes, *change.notes))),
        check=request.name,
        result=result,
        evidence=check.evidence,
        evidence_bytes=None if evidence is None else evidence.size_bytes,
        expires=request.expires,
        command=texts.get("check.command"),
        outcome=texts.get("check.outcome"),
    )
