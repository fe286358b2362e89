"""`register`: the arguments and the captured provenance, the bytes into the store, then the entry.

A look at the names refuses what it can before a byte is copied. The bytes are durable before the entry exists. The
number is taken inside the transaction.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from typing import BinaryIO

from msgspec.structs import replace

from modelkeep.changes.artifact_intake import with_bytes
from modelkeep.changes.register_answer import compared, registered, unchanged
from modelkeep.changes.register_request import (
    Provenance,
    Request,
    check,
    collect_provenance,
    data_of,
    guess_training,
    run_fields,
    scrubbed,
)
from modelkeep.changes.request import ChangeRequest, expectation
from modelkeep.changes.runner import ChangeRunner, EnsurePresent, ignore_note
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Registered
from modelkeep.domain.entry import Subject
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.labels import fold
from modelkeep.domain.names import check_name
from modelkeep.domain.stages import check_alias
from modelkeep.domain.verbs.create import check_free
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Code, Parent, Register
from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.provenance import code as code_
from modelkeep.provenance import machine
from modelkeep.reads import references
from modelkeep.reads.references import Say, stage_named, version_of
from modelkeep.store import backup_mark
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.db.state import SqlState
from modelkeep.store.ingest.artifact import Ingested
from modelkeep.store.ownership import require_own


def register(
    context: Context,
    request: Request,
    *,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Registered:
    """Register the next version of a model; see `Registry.register`."""
    check(request)
    found = collect_provenance(context, request)
    with closing(Session(context.database)) as session:
        with session.reading() as reader:
            context.database.check_mount()
            backup_mark.require_no_backup(context.directory)
            require_own(context.directory, SqlState(reader).registry_id, dry_run=request.dry_run)
            _check_names(reader, request)
        registration = _Registration(context, session, request, found)
        return with_bytes(context, session, request, registration.run, stdin=stdin, progress=progress)


def _check_names(reader: Reader, request: Request) -> None:
    """Refuse unknown and malformed names before a byte is copied; deciding checks all of them again.

    A taken label and ``--expect`` are left to deciding: the same bytes again may be a success all the same.
    """
    state = SqlState(reader)
    model = state.model_named(request.name)
    if model is None or model.deleted:
        check_name(request.name)
        check_free(request.name, model, reuse=request.reuse_name)
    stage = None if request.stage is None else stage_named(reader, request.stage)
    for alias in request.aliases:
        check_alias(fold(alias), state.stages())
    for parent in request.parents:
        _parent(reader, ignore_note, parent)
    if stage is None and request.expect is not None:
        message = "--expect compares with the holder of a stage"
        raise UsageError(message, "add --stage")
    expectation(reader, request.expect, None if model is None else model.seq)


class _Registration:
    """One registration: its arguments, its provenance, and the session of its transactions."""

    def __init__(self, context: Context, session: Session, request: Request, found: Provenance) -> None:
        self._context = context
        self._session = session
        self._request = request
        self._found = found

    def run(self, taken: Ingested, ensure_present: EnsurePresent | None) -> Registered:
        """Write the entry for the bytes that were taken in, and return the answer."""
        request, found = self._request, self._found
        if request.trained_at is None:
            found = replace(found, trained=guess_training(taken.newest_mtime_ns) or found.trained)

        def resolve(reader: Reader, say: Say) -> ChangeRequest:
            return _resolved(reader, say, request, found, taken)

        runner = ChangeRunner(self._context, self._session, message=request.message, dry_run=request.dry_run)
        outcome = runner.run(resolve, ensure_present)
        if outcome.entry is None:
            with self._session.reading() as reader:
                return unchanged(reader, request, found, outcome, taken)
        answer = registered(request, outcome, outcome.entry, taken, found)
        # The version is committed: a failure of this read may not look like a refused change.
        with suppress(ModelkeepError), self._session.reading() as reader:
            return compared(reader, request, outcome.entry, answer)
        return answer


def _resolved(reader: Reader, say: Say, request: Request, found: Provenance, taken: Ingested) -> ChangeRequest:
    state = SqlState(reader)
    bearer = state.model_named(request.name)
    model = None if bearer is None or bearer.deleted else bearer
    if model is not None and fold(model.name) != fold(request.name):
        say(f"note: {request.name} is called {model.name} now")
    stage = None if request.stage is None else stage_named(reader, request.stage)
    parents = [_parent(reader, say, text) for text in request.parents]
    arguments = Register(
        aliases=tuple(dict.fromkeys(fold(alias) for alias in request.aliases)),
        bump=request.bump,
        code=_code(found.code),
        data=tuple(Data(spec.name, spec.version, spec.digest, spec.role) for spec in found.data),
        form=taken.form,
        if_exists=request.if_exists,
        label=request.label,
        metrics=scrubbed(request.metrics),
        metrics_on=data_of(found.on),
        parents=tuple(parent for parent, _ in parents),
        reuse=request.reuse_name,
        runs=tuple(run.id for run in found.runs),
        symlinks=taken.symlinks,
        trained=found.trained,
    )
    document = taken.manifest.to_bytes()
    digest = digest_of(document)
    subject = Subject(
        digest=digest,
        model=None if model is None else model.seq,
        name=request.name if model is None else model.name,
        stage=None if stage is None else stage.name,
        version=None,
    )
    return ChangeRequest(
        arguments=arguments,
        subject=subject,
        expect=expectation(reader, request.expect, subject.model),
        fields=_fields(request, found, [address for _, address in parents]),
        documents={digest: document} if taken.manifest.files else {},
    )


def _code(code: code_.Code) -> Code | None:
    if code.commit is None and code.dirty is None:
        return None
    state = None if code.dirty is None else "dirty" if code.dirty else "clean"
    return Code(commit=code.commit, diff=code.diff, state=state)


def _parent(reader: Reader, say: Say, text: str) -> tuple[Parent, str | None]:
    """Return a parent by what identifies it, and its address where it is not a version here."""
    if "://" in text:
        return Parent(), text
    resolved = version_of(reader, text, say, "register NAME PATH --parent {}")
    deleted = references.deletion_sentence(reader, resolved.model, resolved.name, resolved.number or 0)
    if deleted is not None:
        say(f"note: the parent {deleted}")
    return Parent(resolved.digest, resolved.model, resolved.number), None


def _fields(request: Request, found: Provenance, parents: list[str | None]) -> tuple[tuple[str, str], ...]:
    """Return the details: what people type freely, paths, addresses, names of machines and people."""
    fields: list[tuple[str, str]] = []
    if request.description:
        fields.append(("description", request.description))
    if request.author:
        fields.append(("author", request.author))
    fields += [(f"param.{key}", value) for key, value in request.params]
    fields += [(f"tag.{key}", value) for key, value in request.tags]
    host = machine.hostname()
    if host:
        fields.append(("host", host))
    fields += [("source", os.fspath(path)) for path in request.paths]
    for name, value in (("code.remote", found.code.remote), ("code.branch", found.code.branch)):
        if value:
            fields.append((name, value))
    fields += [(f"data.{n}", spec.location) for n, spec in enumerate(found.data) if spec.location is not None]
    if found.on is not None and found.on.location is not None:
        fields.append(("on", found.on.location))
    fields += [(f"parent.{n}", address) for n, address in enumerate(parents) if address is not None]
    return (*fields, *run_fields(found.runs))
