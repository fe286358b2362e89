"""`register`: store the bytes of a version, then write its entry.

The names are resolved first, so that a wrong one is refused before a byte is copied. The bytes are durable before the
entry exists; where `gc` ran meanwhile, their presence is checked under the writers' lock (`sweep_mark`). The version
gets its number inside the transaction.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import closing
from functools import partial
from typing import BinaryIO, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, Resolve, expectation
from modelkeep.changes.inspecting import FoundContents, find_contents
from modelkeep.changes.register_answer import against_production, registered, unchanged
from modelkeep.changes.register_early import refuse_early
from modelkeep.changes.register_notes import note_same_bytes, note_same_training
from modelkeep.changes.register_request import (
    Provenance,
    Request,
    check,
    collect_provenance,
    guess_training,
    run_fields,
)
from modelkeep.changes.runner import ChangeRunner, ignore_note
from modelkeep.context import Context
from modelkeep.domain import metrics_document as metrics_document_
from modelkeep.domain.answers.changes import Registered
from modelkeep.domain.entry import Expect, Subject
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.labels import fold
from modelkeep.domain.names import check_name
from modelkeep.domain.stages import StageDef, check_alias
from modelkeep.domain.state import Model
from modelkeep.domain.urls import is_url
from modelkeep.domain.verbs.create import check_name_is_free
from modelkeep.domain.verbs.register import Code, Parent, Register, Trained
from modelkeep.errors import Conflict, UsageError
from modelkeep.provenance import code as code_
from modelkeep.provenance import machine
from modelkeep.provenance.inputs import parse_uri
from modelkeep.reads import references
from modelkeep.reads.authority import require_permission, roles_apply
from modelkeep.reads.references import Say, stage_named, version_of
from modelkeep.store import backup_mark
from modelkeep.store.content.ranged_file import stored_files
from modelkeep.store.content.sweep_mark import BytesRemoved, StoredBytes
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.db.state import SqlState
from modelkeep.store.ingest.artifact import Ingested, ingest, measure
from modelkeep.store.ingest.move import remove
from modelkeep.store.ingest.ranges import source_files
from modelkeep.store.named_paths import name_from_disk
from modelkeep.store.ownership import require_own

Progress: TypeAlias = Callable[[int, int], None]

#: How often the bytes of one registration are stored at most: `gc --grace 0` in a loop may remove them each time.
_ATTEMPTS = 20
_NOT_INSPECTED = FoundContents()


def register(
    context: Context, request: Request, *, stdin: BinaryIO | None = None, progress: Progress | None = None
) -> Registered:
    """Register the next version of a model; see `Registry.register`."""
    check(request)
    provenance = collect_provenance(context, request)
    with closing(Session(context.database)) as session:
        with session.reading() as reader:
            backup_mark.require_no_backup(context.directory)
            require_own(context.directory, SqlState(reader).registry_id, dry_run=request.dry_run)
            # Deciding checks all names again. A taken label and --expect are left to it: the same bytes again may be a
            # success all the same.
            names = _resolve_names(reader, ignore_note, request)
            has_roles, is_judged = (
                roles_apply(reader),
                names.stage is not None and SqlState(reader).policy() is not None,
            )
        if has_roles:
            _check_permission(context, request, names.stage)
        if is_judged:
            resolve = partial(_resolve_with, request, provenance)
            refuse_early(context, session, request, resolve, progress)
        done = _Registration(context, session, request, provenance).run(stdin, progress)
        if provenance.features:
            from modelkeep.changes import feature_views  # most versions have none

            done = feature_views.record(context, session, provenance.features, done)
    context.listener.told(context)
    return done


def _check_permission(context: Context, request: Request, stage: StageDef | None) -> None:
    """Raise ``Denied`` before a byte is copied; deciding asks again."""
    command = Register(aliases=tuple(request.aliases), form="", if_exists="")
    subject = Subject(request.name, stage=None if stage is None else stage.name)
    require_permission(context, *command.permissions(subject))


class _Registration:
    """One registration: its arguments, its provenance, and the session of its transactions."""

    def __init__(self, context: Context, session: Session, request: Request, provenance: Provenance) -> None:
        self._context = context
        self._session = session
        self._request = request
        self._provenance = provenance

    def run(self, stdin: BinaryIO | None, progress: Progress | None) -> Registered:
        """Store the bytes, or for a dry run only measure them, and write the entry.

        Where `gc` removed some of the bytes in between, the writers' lock is released and everything is stored again.
        """
        request, bucket = self._request, self._context.bucket
        paths, selection, move = request.paths, request.selection, request.move
        if request.dry_run:
            if "-" in paths:
                message = "standard input cannot be looked at without being used up"
                raise UsageError(message, "leave out --dry-run, or give a file")
            measured = measure(paths, selection, secrets=False, move=move, progress=progress)
            return self._write(measured, find_contents(request, source_files(measured.sources)), None)
        for _ in range(1 if "-" in paths else _ATTEMPTS):
            stored = StoredBytes(bucket)
            ingested = ingest(
                bucket, paths, selection, stdin=stdin, stored=self._of_sizes, move=move, progress=progress
            )
            # What was stored is inspected, not the source: it may have changed since.
            contents = find_contents(request, stored_files(bucket, ingested.manifest.files))
            try:
                done = self._write(ingested, contents, partial(stored.ensure_present, ingested.manifest.files))
            except BytesRemoved:
                continue
            return replace(done, notes=(*done.notes, *remove(paths, ingested.sources))) if move else done
        message = f"gc removed the bytes of {request.name} while they were registered"
        raise Conflict(message, "try again")

    def _of_sizes(self, sizes: Collection[int]) -> dict[int, tuple[str, ...]]:
        with self._session.reading() as reader:
            return {size: reachable.of_size(reader, size) for size in sizes}

    def _write(self, ingested: Ingested, contents: FoundContents, check_bytes: Callable[[], None] | None) -> Registered:
        """Write the entry for the bytes that were ingested, and return the answer."""
        request, provenance = self._request, self._provenance
        provenance = replace(provenance, trained=guess_training(provenance.trained, ingested.newest_mtime_ns))

        runner = ChangeRunner(self._context, self._session, message=request.message, dry_run=request.dry_run)
        outcome = runner.run(_resolve_with(request, provenance, ingested, contents), check_bytes)
        if outcome.entry is not None:
            return registered(
                request, outcome, outcome.entry, ingested, provenance, contents=contents, cwd=self._context.cwd
            )
        with self._session.reading() as reader:
            return unchanged(reader, request, provenance, outcome, ingested)


class _Names(Struct, frozen=True):
    """What the names in a request mean; a parent that is no version of this registry has its address."""

    model: Model | None
    stage: StageDef | None
    parents: tuple[tuple[Parent, str | None], ...]
    expect: Expect | None


def _resolve_names(reader: Reader, say: Say, request: Request) -> _Names:
    """Return what the names mean; refuse unknown and malformed ones."""
    state = SqlState(reader)
    model = state.model_named(request.name)
    if model is None or model.deleted:
        check_name(request.name)
        check_name_is_free(request.name, model, reuse=request.reuse_name)
        if request.reuse_name and model is None:
            say(f"note: --reuse-name was not needed: no model bore the name {request.name}")
        model = None
    elif request.reuse_name:
        say(f"note: --reuse-name was not needed: {model.name} was not deleted")
    elif fold(model.name) != fold(request.name):
        say(f"note: {request.name} is called {model.name} now")
    for alias in request.aliases:
        check_alias(fold(alias), state.stages())
    return _Names(
        model=model,
        stage=None if request.stage is None else stage_named(reader, request.stage),
        parents=tuple(_parent(reader, say, text, request.derived_by) for text in request.parents),
        expect=expectation(reader, request.expect, None if model is None else model.seq),
    )


def _resolve_with(
    request: Request, provenance: Provenance, ingested: Ingested, contents: FoundContents = _NOT_INSPECTED
) -> Resolve:
    """Return what makes the change for some bytes."""
    return lambda reader, say: _resolve_request(reader, say, request, provenance, ingested, contents)


def _resolve_request(
    reader: Reader, say: Say, request: Request, provenance: Provenance, ingested: Ingested, contents: FoundContents
) -> ChangeRequest:
    names = _resolve_names(reader, say, request)
    model = None if names.model is None else names.model.seq
    name = request.name if names.model is None else names.model.name
    digest = ingested.manifest.digest
    metrics, metrics_document, documents = metrics_document_.split(request.metrics)
    if ingested.manifest.files:
        documents[digest] = ingested.manifest.to_bytes()
    documents |= contents.documents
    documents |= provenance.attached.documents
    if (environment := provenance.environment.document()) is not None:
        documents[digest_of(environment)] = environment
    if model is not None and request.if_exists != "new":
        note_same_bytes(reader, say, model, name, ingested)
    change = ChangeRequest(
        command=Register(
            aliases=tuple(dict.fromkeys(fold(alias) for alias in request.aliases)),
            bump=request.bump,
            code=_code(provenance.code),
            data=tuple(each.data for each in provenance.data),
            form=ingested.form,
            if_exists=request.if_exists,
            inspected=contents.inspected,
            interface=contents.signature,
            label=request.label,
            licence=request.licence,
            metrics=metrics,
            metrics_document=metrics_document,
            metrics_on=None if provenance.on is None else provenance.on.data,
            parents=tuple(parent for parent, _ in names.parents),
            reuse=request.reuse_name,
            runs=tuple(run.id for run in provenance.runs),
            symlinks=ingested.symlinks,
            trained=None if provenance.trained == Trained() else provenance.trained,
            environment=None if environment is None else digest_of(environment),
            ci=None if provenance.ci is None else provenance.ci.system,
            attachments=provenance.attached.attachments,
        ),
        intent_subject=Subject(
            digest=digest, model=model, name=name, stage=None if names.stage is None else names.stage.name, version=None
        ),
        expect=names.expect,
        fields=_fields(request, provenance, [address for _, address in names.parents]),
        documents=documents,
        hints=() if names.stage is not None else (f"modelkeep promote {{}} {SqlState(reader).stages()[0].name}",),
        verdict=against_production(
            reader, model, name, request.metrics, None if provenance.on is None else provenance.on.data
        ),
    )
    note_same_training(reader, say, change)
    return change


def _code(code: code_.Code) -> Code | None:
    if code.commit is None and code.dirty is None:
        return None
    state = None if code.dirty is None else "dirty" if code.dirty else "clean"
    return Code(commit=code.commit, diff=code.diff, state=state)


def _parent(reader: Reader, say: Say, text: str, derived_by: str | None) -> tuple[Parent, str | None]:
    """Return a parent by what identifies it, and its address where it is no version of this registry."""
    if is_url(text):
        return Parent(by=derived_by), parse_uri(text)
    resolved = version_of(reader, text, say, "register NAME PATH --parent {}")
    deleted = references.deletion_sentence(reader, resolved.model, resolved.name, resolved.number or 0)
    if deleted is not None:
        say(f"note: the parent {deleted}")
    return Parent(resolved.digest, resolved.model, resolved.number, derived_by), None


def _fields(request: Request, provenance: Provenance, parents: list[str | None]) -> tuple[tuple[str, str], ...]:
    """Return the fields of the details: free texts, paths, addresses, names of machines and people."""
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
    fields += [("source", name_from_disk(os.fspath(path))) for path in request.paths]
    code = provenance.code
    found = (("code.remote", code.remote), ("code.branch", code.branch), ("code.work_tree", code.work_tree))
    fields += [(name, value) for name, value in found if value]
    fields += [(f"data.{n}", spec.location) for n, spec in enumerate(provenance.data) if spec.location is not None]
    if provenance.on is not None and provenance.on.location is not None:
        fields.append(("on", provenance.on.location))
    fields += [(f"parent.{n}", address) for n, address in enumerate(parents) if address is not None]
    fields += () if provenance.ci is None else provenance.ci.fields
    return (*fields, *run_fields(provenance.runs))
