"""The write path: resolve, draft the intent, take the writers' lock, check, decide, append, commit.

A use case gives a function that resolves what was typed on a snapshot. The intent is drafted from its answer and
stays as it is. Under the lock, where an entry was written meanwhile, what was typed is resolved once more: a
reference that means something else by then is a `Conflict`, so that nothing is done to a version that its author
did not see. ``dry_run`` decides the same on the snapshot and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain import details as details_
from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.entry import Entry, Expect, Intent, Observed, Seen, Subject
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.text import check_text
from modelkeep.domain.verbs.interface import AlreadySo, Command
from modelkeep.domain.verbs.rollback import Rollback
from modelkeep.errors import Conflict, RegistryUnavailable
from modelkeep.provenance.urls import scrub_text
from modelkeep.reads import references
from modelkeep.reads.references import Say
from modelkeep.reads.snapshot import check_head, clock_warnings, remember_head
from modelkeep.store import backup_mark
from modelkeep.store.db import ledger
from modelkeep.store.db.interface import Reader, Writer
from modelkeep.store.db.ledger import Draft
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.db.state import SqlState

#: Raises where `gc` removed the bytes of some files.
EnsurePresent: TypeAlias = Callable[[Sequence[ManifestFile]], None]


class ChangeRequest(Struct, frozen=True):
    """A change with its references resolved: the parts of its intent, and what the answer says besides.

    ``fields`` are the details. ``documents`` are those that may be new. ``needed`` are versions (model and number)
    whose bytes must be in the store. ``effects`` are those that the events alone do not show. ``unchanged`` says why
    there is nothing to do, where only the details tell: deciding never sees those.
    """

    arguments: Command
    subject: Subject
    expect: Expect | None = None
    fields: tuple[tuple[str, str], ...] = ()
    documents: Mapping[str, bytes] = field(default_factory=dict)
    needed: tuple[tuple[int, int], ...] = ()
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    unchanged: str | None = None


class ChangeOutcome(Struct, frozen=True):
    """What became of a request: the entry that it led to, or why there was nothing to do."""

    request: ChangeRequest
    entry: Entry | None
    already: AlreadySo | None
    notes: tuple[str, ...] = ()


#: Makes the request from what was typed: called on a snapshot, and again under the lock where the log has grown since.
Resolve: TypeAlias = Callable[[Reader, Say], ChangeRequest]


class _Prepared(Struct, frozen=True):
    """A request and its draft.

    ``continues`` says whether the log goes on from the head that this account saw last, ``was_backup`` whether the
    directory still bears the mark of the backup that it was.
    """

    request: ChangeRequest
    draft: Draft
    continues: bool
    was_backup: bool


def run_change(context: Context, resolve: Resolve, *, message: str | None, dry_run: bool) -> ChangeOutcome:
    """Carry out one change in a session of its own."""
    with closing(Session(context.database)) as session:
        return ChangeRunner(context, session, message=message, dry_run=dry_run).run(resolve)


class ChangeRunner:
    """Carries out one change through a session; ``message`` is its reason."""

    def __init__(self, context: Context, session: Session, *, message: str | None, dry_run: bool) -> None:
        self._context = context
        self._session = session
        self._message = message
        self._dry_run = dry_run

    def run(self, resolve: Resolve, ensure_present: EnsurePresent | None = None) -> ChangeOutcome:
        """Carry out the change; ``ensure_present`` is called under the lock for the files of new documents."""
        prepared = self._prepare_on_snapshot(resolve)
        if isinstance(prepared, ChangeOutcome):
            return prepared
        with self._session.writing() as writer:
            request = _request_under_lock(writer, prepared, resolve)
            if request.unchanged is not None:
                return _nothing_to_do(request)
            if ensure_present is not None:
                for document in request.documents.values():
                    ensure_present(Manifest.from_bytes(document).files)
            seen = self._observed(writer, request)
            outcome = ledger.append(writer, prepared.draft, seen, self._context.now())
        notes: tuple[str, ...] = ()
        if outcome.entry is not None and outcome.entry_hash is not None:
            if prepared.was_backup:
                # After the commit: a crash in between leaves the mark, and the next change removes it.
                backup_mark.remove(self._context.directory)
            if prepared.continues:
                remember_head(self._context, outcome.entry, outcome.entry_hash)
            notes = clock_warnings(self._context, outcome.entry)
        return ChangeOutcome(request, outcome.entry, outcome.already, notes)

    def _prepare_on_snapshot(self, resolve: Resolve) -> _Prepared | ChangeOutcome:
        """Resolve what was typed and draft its intent, or return the outcome where nothing is to be written."""
        context = self._context
        # A snapshot keeps writers waiting: git is asked before it, and messages go out after it.
        claim = context.claim()
        notes: list[str] = []
        try:
            with self._session.reading() as reader:
                prepared = self._prepare(reader, resolve, claim, notes.append)
                if isinstance(prepared, ChangeOutcome):
                    return prepared
                if self._dry_run or not context.database.may_be_written:
                    outcome = self._decide(reader, prepared)
                    # What is so already needs no permission to write.
                    if self._dry_run or outcome.entry is None:
                        return outcome
                return prepared
        finally:
            for note in notes:
                context.say(note)

    def _prepare(self, reader: Reader, resolve: Resolve, claim: str | None, say: Say) -> _Prepared | ChangeOutcome:
        context = self._context
        context.database.check_mount()
        was_backup = backup_mark.require_no_backup(context.directory)
        continues = check_head(context, reader, say)
        request = resolve(reader, say)
        if request.unchanged is not None:
            return _nothing_to_do(request)
        references.refuse_change(reader, request.subject, request.arguments)
        draft = _draft(context, SqlState(reader), request, self._message, claim)
        return _Prepared(request, draft, continues, was_backup)

    def _decide(self, reader: Reader, prepared: _Prepared) -> ChangeOutcome:
        seen = self._observed(reader, prepared.request)
        outcome = ledger.decide_on(reader, prepared.draft, seen, self._context.now())
        return ChangeOutcome(prepared.request, outcome.entry, outcome.already)

    def _observed(self, reader: Reader, request: ChangeRequest) -> Observed:
        """Return what deciding takes from outside the log: the account, and which needed bytes are missing."""
        found = (manifests.manifest(reader, model, number) for model, number in request.needed)
        absent = {digest for manifest in found for digest in absent_of(self._context, manifest)}
        return observed(self._context, tuple(sorted(absent)))


def observed(context: Context, absent: tuple[str, ...]) -> Observed:
    """Return this machine's account of the writer, with the digests of versions whose bytes are missing."""
    return Observed(
        absent=absent,
        client=context.client,
        groups=(),
        uid=context.account.uid,
        user=context.account.user,
        user_namespace=context.account.user_namespace,
        via=None,
    )


def absent_of(context: Context, manifest: Manifest | None) -> tuple[str, ...]:
    """Return the manifest's digest where one of its files is missing from the store, or has another size."""
    if manifest is not None and context.artifacts.absent(manifest.files):
        return (manifest.digest,)
    return ()


def _request_under_lock(writer: Writer, prepared: _Prepared, resolve: Resolve) -> ChangeRequest:
    """Return the request under the lock; raise ``Conflict`` where what was typed means something else by now."""
    before, seen = prepared.request, prepared.draft.intent.seen
    head = SqlState(writer).head()
    if head is not None and seen is not None and (head.seq, head.hash) == (seen.seq, seen.hash):
        return before
    now = resolve(writer, ignore_note)
    if now.unchanged is not None:
        return now
    references.refuse_change(writer, now.subject, now.arguments)
    _check_same(before, now)
    return replace(now, needed=tuple(dict.fromkeys((*now.needed, *before.needed))))


def _check_same(before: ChangeRequest, now: ChangeRequest) -> None:
    """Refuse where a reference as typed means something else than when its author saw it."""
    one, other = before.subject, now.subject
    same = (one.version, one.digest) == (other.version, other.digest) and one.model in (None, other.model)
    # The draft already holds the details, so the new request must have the same ones.
    alike = (before.arguments, before.fields) == (now.arguments, now.fields)
    # A rollback whose version has left the stage meanwhile does nothing: deciding says so.
    if same and (alike or isinstance(before.arguments, Rollback)):
        return
    if same:
        message = f"{one.name} changed meanwhile"
        raise Conflict(message, "try again")
    message = f"{one.name} changed meanwhile: what was {one.version or 'none'} is {other.version or 'none'} now"
    raise Conflict(message, "look again, then name the version by its number")


def _nothing_to_do(request: ChangeRequest) -> ChangeOutcome:
    return ChangeOutcome(request, None, AlreadySo(request.unchanged or "", request.subject.version))


def _draft(context: Context, state: SqlState, request: ChangeRequest, message: str | None, claim: str | None) -> Draft:
    head = state.head()
    registry = state.registry_id()
    if head is None or registry is None:
        problem = f"the registry {context.directory} has an empty log"
        raise RegistryUnavailable(problem, f"modelkeep init {context.directory}")
    fields = (("reason", message or None), *request.fields, ("claimed", claim or None))
    # Secrets in URLs are gone before an entry exists.
    texts = [(name, scrub_text(check_text(value, name))) for name, value in fields if value is not None]
    details = details_.write(texts, iter(context.new_id, None)) if texts else None
    intent = Intent(
        registry=registry,
        id=context.new_id(),
        command=request.arguments,
        subject=request.subject,
        expect=request.expect,
        details=None if details is None else details.digest,
        seen=Seen(head.hash, head.seq),
        time=context.now(),
    )
    return Draft(intent, details, request.documents)


def ignore_note(_note: str) -> None:
    """Take a note that is said elsewhere: resolving says its notes once."""
