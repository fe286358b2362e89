"""`register`: what was typed, what is found out, the bytes into the store, then the entry.

Everything that can be refused cheaply is refused before a byte is copied; the bytes are durable
before the entry exists; the number is taken inside the transaction.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

from msgspec.structs import replace

from modelkeep.changes import effects, idempotency, verdict
from modelkeep.changes.artifact_intake import with_bytes
from modelkeep.changes.provenance import Provenance, collect_provenance, data_of, guess_training, run_fields, summary
from modelkeep.changes.register_request import Request, check, scrubbed
from modelkeep.changes.runner import Asked, Done, PutBack, carry_out_in, rehearse
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Registered
from modelkeep.domain.entry import Subject
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.labels import fold
from modelkeep.domain.manifest import Manifest
from modelkeep.domain.names import check_name
from modelkeep.domain.stages import check_alias
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.promote import VersionPromoted
from modelkeep.domain.verbs.register import Code, Parent, Register, VersionRegistered
from modelkeep.errors import ModelkeepError
from modelkeep.provenance import git, machine, values
from modelkeep.provenance.urls import scrub_text
from modelkeep.reads import deletions
from modelkeep.reads.references import Say, expectation, stage_named, version_of
from modelkeep.store.db.sql.registration import known
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.sqlite.session import Session, changing
from modelkeep.store.db.state import SqlState
from modelkeep.store.ingest.artifact import Ingested
from modelkeep.store.ownership import require_own

_NOTHING = "sha256:" + "0" * 64


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
    with changing(context.database) as session:
        with session.reading() as connection:
            require_own(context.directory, SqlState(connection).registry_id, dry_run=request.dry_run)
            _check_early(context, connection, request, found)

        def carried_out(taken: Ingested, put_back: PutBack | None) -> Registered:
            return _carried_out(context, session, request, found, taken, put_back)

        return with_bytes(context, session, request, carried_out, stdin=stdin, progress=progress)


def _carried_out(
    context: Context, session: Session, request: Request, found: Provenance, taken: Ingested, put_back: PutBack | None
) -> Registered:
    if request.trained_at is None:
        found = replace(found, trained=guess_training(taken.newest_mtime_ns) or found.trained)

    def resolve(connection: Connection, say: Say) -> Asked:
        return _asked(connection, say, request, found, taken)

    if request.dry_run:
        with session.reading() as connection:
            done = rehearse(context, connection, resolve, message=request.message)
    else:
        done = carry_out_in(context, session, resolve, message=request.message, put_back=put_back)
    with session.reading() as connection:
        if done.entry is None:
            return _unchanged(connection, request, found, done, taken)
        return _told(connection, request, done, taken, found)


def _check_early(context: Context, connection: Connection, request: Request, found: Provenance) -> None:
    """Decide on bytes that nobody has, so that what will be refused is refused before the copying.

    What the same bytes again would make moot (a label that is theirs, who held the stage before) waits.
    """
    no_bytes = Manifest(files=())
    nothing = Ingested(no_bytes, "file", symlinks=False, newest_mtime_ns=None, notes=(), size_bytes=0, new_bytes=0)

    def resolve(connection: Connection, _say: Say) -> Asked:
        asked = _asked(connection, _unheard, request, found, nothing)
        asked = replace(asked, subject=replace(asked.subject, digest=_NOTHING))
        if asked.subject.model is None or request.if_exists == "new" or not isinstance(asked.arguments, Register):
            return asked
        return replace(asked, expect=None, arguments=replace(asked.arguments, label=None, bump=None))

    rehearse(replace(context, say=_unheard), connection, resolve, message=None)


def _asked(
    connection: Connection,
    say: Say,
    request: Request,
    found: Provenance,
    taken: Ingested,
) -> Asked:
    state = SqlState(connection)
    model = state.model_named(request.name)
    if model is not None and fold(model.name) != fold(request.name):
        say(f"note: {request.name} is called {model.name} now")
    if model is None or model.deleted:
        check_name(request.name)
    for alias in request.aliases:
        check_alias(fold(alias), state.stages())
    stage = None if request.stage is None else stage_named(connection, request.stage)
    parents = [_parent(connection, say, text) for text in request.parents]
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
        runs=tuple(run.id for run in found.runs),
        symlinks=taken.symlinks,
        trained=found.trained,
    )
    document = taken.manifest.to_bytes()
    digest = digest_of(document)
    subject = Subject(
        digest=digest,
        model=None if model is None or model.deleted else model.seq,
        name=request.name if model is None or model.deleted else model.name,
        stage=None if stage is None else stage.name,
        version=None,
    )
    return Asked(
        arguments=arguments,
        subject=subject,
        expect=expectation(connection, request.expect, subject.model),
        fields=_fields(request, found, [address for _, address in parents]),
        documents={digest: document} if taken.manifest.files else {},
    )


def _unheard(_text: str) -> None:
    """What is said on the way is said when it is done in earnest."""


def _code(code: git.Code) -> Code | None:
    if code.commit is None and code.dirty is None:
        return None
    state = None if code.dirty is None else "dirty" if code.dirty else "clean"
    return Code(commit=code.commit, diff=code.diff, state=state)


def _parent(
    connection: Connection,
    say: Say,
    text: str,
) -> tuple[Parent, str | None]:
    """Return a parent by what identifies it, and its address where it is not a version here."""
    if "://" in text:
        return Parent(), text
    resolved = version_of(connection, text, say, "register NAME PATH --parent {}")
    gone = deletions.told(connection, resolved.model, resolved.name, resolved.number or 0)
    if gone is not None:
        say(f"note: the parent {gone}")
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


def _unchanged(connection: Connection, request: Request, found: Provenance, done: Done, taken: Ingested) -> Registered:
    """Answer the same bytes again: a success that changes nothing, unless something given differs."""
    subject, arguments = done.asked.subject, done.asked.arguments
    number = None if done.already is None else done.already.version
    if done.already is None or number is None or subject.model is None or not isinstance(arguments, Register):
        message = "register answered without a version"
        raise ModelkeepError(message)
    ref = f"{subject.name}@{number}"
    there = known(connection, subject.model, number)
    if request.if_exists == "match":
        given = idempotency.Given(
            command=arguments,
            subject=subject,
            fields=tuple((name, scrub_text(value)) for name, value in done.asked.fields),
            runs=tuple(run.id for run in found.runs if not run.captured),
            commit=found.code.commit if request.code not in ("auto", "none") else None,
            trained=found.trained.ended if request.trained_at is not None and found.trained is not None else None,
        )
        idempotency.check(there, given, ref)
    return Registered(
        action="register",
        name=subject.name,
        ref=ref,
        changed=False,
        seq=None,
        why=done.already.why,
        dry_run=request.dry_run,
        notes=taken.notes,
        version=number,
        label=there.label,
        digest=there.digest,
        size_bytes=there.size_bytes,
        files=there.files,
    )


def _told(connection: Connection, request: Request, done: Done, taken: Ingested, found: Provenance) -> Registered:
    entry = done.entry
    if entry is None:
        message = "register answered without an entry"
        raise ModelkeepError(message)
    registered = next(event for event in entry.events if isinstance(event, VersionRegistered))
    name = done.asked.subject.name
    ref = f"{name}@{registered.version}"
    changes = effects.of_events(entry, name)
    promoted = [event for event in entry.events if isinstance(event, VersionPromoted)]
    stages = SqlState(connection).stages()
    displaced = next(
        (event.ends[0].version for event in promoted if event.stage == stages[-1].name and event.ends), None
    )
    against = verdict.against_production(
        connection, registered.model, name, registered.version, scrubbed(request.metrics), displaced
    )
    return Registered(
        action="register",
        name=name,
        ref=ref,
        changed=True,
        seq=None if request.dry_run else entry.seq,
        effects=changes,
        dry_run=request.dry_run,
        notes=(summary(taken, found), *taken.notes, *done.notes),
        hints=() if promoted else (f"modelkeep promote {ref} {stages[0].name}",),
        version=registered.version,
        label=registered.label,
        digest=done.asked.subject.digest or taken.manifest.digest,
        size_bytes=taken.size_bytes,
        files=len(taken.manifest.files),
        verdict=against,
        warnings=tuple(values.number_warnings(request.metrics)),
    )
