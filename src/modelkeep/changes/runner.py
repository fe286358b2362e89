"""The write path: resolve, draft the intent, take the writers' lock, check, decide, append, commit.

A use case passes a function that resolves what was typed. The runner calls it on a snapshot and drafts the intent.
If the log has grown when the runner has the lock, it resolves again. A reference that now means another version is a
`Conflict`, so that nothing happens to a version that the author did not see. With ``dry_run`` the runner decides on the
snapshot and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, Resolve, check_same, refuse_deleted
from modelkeep.context import Context
from modelkeep.domain import details as details_
from modelkeep.domain.entry import Entry, Intent, Observed, Seen
from modelkeep.domain.manifest import Manifest
from modelkeep.domain.text import check_text
from modelkeep.domain.urls import scrub_text
from modelkeep.domain.verbs.interface import AlreadySo
from modelkeep.errors import Damaged
from modelkeep.reads.authority import Membership, groups_with_roles, observation
from modelkeep.reads.references import Say
from modelkeep.reads.snapshot import check_head, clock_warnings, remember_head
from modelkeep.store import backup_mark
from modelkeep.store.content.artifacts import missing_from
from modelkeep.store.db import ledger
from modelkeep.store.db.interface import Reader, Writer
from modelkeep.store.db.ledger import IntentDraft
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.db.state import SqlState


class ChangeOutcome(Struct, frozen=True):
    """What became of a request: the entry that it led to, or why there was nothing to do."""

    request: ChangeRequest
    entry: Entry | None
    already: AlreadySo | None
    dry_run: bool
    notes: tuple[str, ...] = ()


class _Prepared(Struct, frozen=True):
    """A request and its draft.

    ``continues`` says whether the log goes on from the head that this account saw last, ``was_backup`` whether the
    directory still bears the mark of the backup that it was.
    """

    request: ChangeRequest
    draft: IntentDraft
    continues: bool
    was_backup: bool


def run_change(
    context: Context,
    resolve: Resolve,
    *,
    message: str | None,
    dry_run: bool,
    check_bytes: Callable[[], None] | None = None,
) -> ChangeOutcome:
    """Carry out one change in a session of its own, then tell the hooks; ``check_bytes`` is called under the lock."""
    with closing(Session(context.database)) as session:
        outcome = ChangeRunner(context, session, message=message, dry_run=dry_run).run(resolve, check_bytes)
    context.listener.told(context)
    return outcome


class ChangeRunner:
    """Carries out one change through a session; ``message`` is its reason."""

    def __init__(self, context: Context, session: Session, *, message: str | None, dry_run: bool) -> None:
        self._context = context
        self._session = session
        self._message = message
        self.dry_run = dry_run
        self._membership = Membership(context)

    def run(self, resolve: Resolve, check_bytes: Callable[[], None] | None = None) -> ChangeOutcome:
        """Carry out the change; ``check_bytes`` is called under the writers' lock."""
        # A snapshot keeps writers waiting: git is asked before it, and notes are said after it.
        claim = self._context.claim()
        notes: list[str] = []
        try:
            prepared = self._prepare(resolve, claim, notes.append)
        finally:
            for note in notes:
                self._context.say(note)
        return prepared if isinstance(prepared, ChangeOutcome) else self._write(prepared, resolve, check_bytes)

    def _prepare(self, resolve: Resolve, claim: str | None, say: Say) -> _Prepared | ChangeOutcome:
        """Prepare the change on a snapshot; where groups bear roles, the name service is asked about them before."""
        while True:
            with self._session.reading() as reader:
                groups = groups_with_roles(reader)
                if not self._membership.lacks(groups):
                    return self._prepare_on(reader, resolve, claim, say)
            self._membership.among(groups)

    def _prepare_on(self, reader: Reader, resolve: Resolve, claim: str | None, say: Say) -> _Prepared | ChangeOutcome:
        """Resolve what was typed and draft its intent, or return the outcome where nothing is to be written."""
        context = self._context
        was_backup = backup_mark.require_no_backup(context.directory)
        continues = check_head(context, reader, say)
        request = resolve(reader, say)
        if request.unchanged is not None:
            return self._unchanged(request)
        refuse_deleted(reader, request)
        draft = _draft(context, SqlState(reader), request, self._message, claim)
        if self.dry_run or not context.database.may_be_written:
            outcome = ledger.decide_on(reader, draft, self._observe(reader, request), context.now())
            # A change that is not needed asks for no permission to write.
            if self.dry_run or outcome.entry is None:
                return ChangeOutcome(request, outcome.entry, outcome.already, self.dry_run)
        return _Prepared(request, draft, continues, was_backup)

    def _write(self, prepared: _Prepared, resolve: Resolve, check_bytes: Callable[[], None] | None) -> ChangeOutcome:
        """Take the writers' lock, decide, and append the entry."""
        context = self._context
        with self._session.writing() as writer:
            request = _request_under_lock(writer, prepared, resolve)
            if request.unchanged is not None:
                return self._unchanged(request)
            if check_bytes is not None:
                check_bytes()
            outcome = ledger.append(writer, prepared.draft, self._observe(writer, request), context.now())
        notes: tuple[str, ...] = ()
        if outcome.entry is not None and outcome.entry_hash is not None:
            if prepared.was_backup:
                # After the commit: a crash in between leaves the mark, and the next change removes it.
                backup_mark.remove(context.directory)
            if prepared.continues:
                remember_head(context, outcome.entry, outcome.entry_hash)
            notes = clock_warnings(context, outcome.entry)
        done = ChangeOutcome(request, outcome.entry, outcome.already, self.dry_run, notes)
        context.listener.add(context, done)
        return done

    def _unchanged(self, request: ChangeRequest) -> ChangeOutcome:
        already = AlreadySo(request.unchanged or "", request.version)
        return ChangeOutcome(request, None, already, self.dry_run)

    def _observe(self, reader: Reader, request: ChangeRequest) -> Observed:
        """Return what `decide` takes from outside the log: the account, and the needed versions without their bytes."""
        found = (manifests.manifest(reader, model, number) for model, number in request.needed)
        absent = {digest for manifest in found for digest in missing_artifact(self._context, manifest)}
        groups = self._membership.among(groups_with_roles(reader))
        return observation(self._context, tuple(sorted(absent)), groups)


def missing_artifact(context: Context, manifest: Manifest | None) -> tuple[str, ...]:
    """Return the digest of the manifest if a file of it is missing from the store or has another size, else ()."""
    if manifest is not None and missing_from(context.bucket, manifest.files):
        return (manifest.digest,)
    return ()


def _request_under_lock(writer: Writer, prepared: _Prepared, resolve: Resolve) -> ChangeRequest:
    """Return the request, resolved again if the log has grown; ``Conflict`` where it means something else now."""
    before, seen = prepared.request, prepared.draft.intent.seen
    head = SqlState(writer).head()
    if head is not None and seen is not None and (head.seq, head.hash) == (seen.seq, seen.hash):
        return before
    now = resolve(writer, ignore_note)
    if now.unchanged is not None:
        return now
    refuse_deleted(writer, now)
    check_same(before, now)
    return replace(now, needed=tuple(dict.fromkeys((*now.needed, *before.needed))))


def _draft(
    context: Context, state: SqlState, request: ChangeRequest, message: str | None, claim: str | None
) -> IntentDraft:
    head = state.head()
    registry = state.registry_id()
    if head is None or registry is None:
        problem = f"the registry {context.directory} has an empty log"
        raise Damaged(problem)
    fields = (("reason", message or None), *request.fields, ("claimed", claim or None))
    # Secrets in URLs are gone before an entry exists.
    texts = [(name, scrub_text(check_text(value, name))) for name, value in fields if value is not None]
    details = details_.write(texts, iter(context.new_id, None)) if texts else None
    intent = Intent(
        registry=registry,
        id=context.new_id(),
        command=request.command,
        subject=request.intent_subject,
        expect=request.expect,
        details=None if details is None else details.digest,
        seen=Seen(head.hash, head.seq),
        time=context.now(),
    )
    return IntentDraft(intent, details, request.documents)


def ignore_note(_note: str) -> None:
    """Drop a note: a reference is resolved more than once, and its notes are said only once."""
