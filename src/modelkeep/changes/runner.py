"""The way every change goes: resolve, draft the intent, lock, look again, decide, append, tell.

A use case gives `carry_out` a function that resolves what was typed on a connection. It runs once
before the intent exists and once more under the lock: where a reference means another version by
then, the change is refused rather than done to something its author did not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from modelkeep.changes.observed import absent_of, observed
from modelkeep.context import Context
from modelkeep.domain import details as details_
from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.decide import AlreadySo
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, Expect, Intent, Observed, Seen, Subject
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.text import check_text
from modelkeep.domain.verbs import AnyCommand
from modelkeep.domain.verbs.rollback import Rollback
from modelkeep.errors import Conflict, RegistryUnavailable
from modelkeep.provenance.urls import scrub_text
from modelkeep.reads import deletions
from modelkeep.reads.head_check import after, check_head
from modelkeep.store import backup_mark
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import Draft
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.sqlite.session import Session, changing
from modelkeep.store.db.state import SqlState

#: Raises where `gc` removed the bytes of some files.
PutBack: TypeAlias = Callable[[Sequence[ManifestFile]], None]


class Asked(Struct, frozen=True):
    """What somebody asked for, resolved: the intent's parts, and what only the telling needs.

    ``fields`` are the details; ``documents`` the ones that may be new; ``look_at`` are the
    versions (model and number) whose bytes must be there. ``effects`` are what the answer shows
    where the events alone do not tell it. ``unchanged`` says why there is nothing to do, where only
    the texts tell, which deciding never sees.
    """

    arguments: AnyCommand
    subject: Subject
    expect: Expect | None = None
    fields: tuple[tuple[str, str], ...] = ()
    documents: Mapping[str, bytes] = field(default_factory=dict)
    look_at: tuple[tuple[int, int], ...] = ()
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    unchanged: str | None = None


class Done(Struct, frozen=True):
    """What became of it: the entry it left, or why there was nothing to do."""

    asked: Asked
    entry: Entry | None
    already: AlreadySo | None
    notes: tuple[str, ...]


def carry_out(
    context: Context,
    resolve: Callable[[Connection, Callable[[str], None]], Asked],
    *,
    message: str | None,
    dry_run: bool,
) -> Done:
    """Do what was asked, or with ``dry_run`` decide the same and write nothing."""
    if dry_run:
        with context.database.reading() as connection:
            return rehearse(context, connection, resolve, message=message)
    with changing(context.database) as session:
        return carry_out_in(context, session, resolve, message=message)


def rehearse(
    context: Context,
    connection: Connection,
    resolve: Callable[[Connection, Callable[[str], None]], Asked],
    *,
    message: str | None,
) -> Done:
    """Decide the same as in earnest, and write nothing."""
    asked, draft, _ = _drafted(context, connection, resolve, message)
    if draft is None:
        return _nothing(asked)
    # Nothing was copied, so nothing of what would be new is in the store.
    looked = _look(context, connection, replace(asked, documents={}))
    outcome = ledger.ask(connection, draft, looked, context.now())
    return Done(asked, outcome.entry, outcome.already, ())


def carry_out_in(
    context: Context,
    session: Session,
    resolve: Callable[[Connection, Callable[[str], None]], Asked],
    *,
    message: str | None,
    put_back: PutBack | None = None,
) -> Done:
    """Do what was asked, through a session that is open already.

    ``put_back`` raises under the lock where the bytes of a new document are gone: `gc` may have removed them.
    """
    if context.database.may_be_written:
        done = _alone(context, session, resolve, message, put_back)
        if done is not None:
            return done
    with session.reading() as connection:
        asked, draft, goes_on = _drafted(context, connection, resolve, message)
        if draft is None:
            return _nothing(asked)
        # What would be new has just been put into the store, or is seen to be missing under the lock.
        looked = replace(asked, documents={})
        if not context.database.may_be_written:
            already = ledger.ask(connection, draft, _look(context, connection, looked), context.now()).already
            if already is not None:
                return Done(asked, None, already, ())  # what is so already needs no permission
    with session.practising() as practice:
        if practice is not None:
            ledger.prepare(practice, draft, _look(context, practice, looked), context.now())
    was_backup = backup_mark.require_no_backup(context.directory)
    with session.writing() as connection:
        # Where nobody has written since, every reference still means what it meant.
        again = asked if session.unchanged(connection) else resolve(connection, _silent)
        if again.unchanged is not None:
            return _nothing(again)
        deletions.refuse_change(connection, again.subject, again.arguments)
        _check_same(asked, again)
        again = replace(again, look_at=tuple(dict.fromkeys((*again.look_at, *asked.look_at))))
        done, entry_hash = _appended(context, connection, again, draft, put_back, was_backup=was_backup)
    return _remembered(context, done, entry_hash, goes_on=goes_on)


def _alone(
    context: Context,
    session: Session,
    resolve: Callable[[Connection, Callable[[str], None]], Asked],
    message: str | None,
    put_back: PutBack | None,
) -> Done | None:
    """Look, decide and write in one go where nobody else writes or waits to; None where somebody does."""
    was_backup = backup_mark.require_no_backup(context.directory)
    claim = context.claim()  # it may ask git, for which nobody is to wait
    said: list[str] = []
    heard = replace(context, claim=lambda: claim, say=said.append)  # nor for whoever reads what is said
    try:
        with session.alone() as connection:
            if connection is None:
                return None
            asked, draft, goes_on = _drafted(heard, connection, resolve, message)
            if draft is None:
                return _nothing(asked)
            done, entry_hash = _appended(heard, connection, asked, draft, put_back, was_backup=was_backup)
    finally:
        for text in said:
            context.say(text)
    return _remembered(context, done, entry_hash, goes_on=goes_on)


def _appended(
    context: Context,
    connection: Connection,
    asked: Asked,
    draft: Draft,
    put_back: PutBack | None,
    *,
    was_backup: bool,
) -> tuple[Done, str | None]:
    """Append what was asked, under the lock; return the entry's hash too."""
    if was_backup:
        backup_mark.remove(context.directory)
    seen = asked
    if put_back is not None:
        for data in asked.documents.values():
            put_back(Manifest.from_bytes(data).files)
        seen = replace(asked, documents={})  # `put_back` has looked already, and would have raised
    outcome = ledger.append(connection, draft, _look(context, connection, seen), context.now())
    return Done(seen, outcome.entry, outcome.already, ()), outcome.entry_hash


def _remembered(context: Context, done: Done, entry_hash: str | None, *, goes_on: bool) -> Done:
    if done.entry is None or entry_hash is None:
        return done
    return replace(done, notes=after(context, done.entry, entry_hash, goes_on=goes_on))


def _drafted(
    context: Context,
    connection: Connection,
    resolve: Callable[[Connection, Callable[[str], None]], Asked],
    message: str | None,
) -> tuple[Asked, Draft | None, bool]:
    """Return what was asked, resolved, and its draft, None where there is nothing to do.

    The third says whether the log goes on from what this account saw of it.
    """
    context.database.check_mount()
    backup_mark.require_no_backup(context.directory)
    goes_on = check_head(context, connection)
    asked = resolve(connection, context.say)
    if asked.unchanged is not None:
        return asked, None, goes_on
    deletions.refuse_change(connection, asked.subject, asked.arguments)
    return asked, _draft(context, SqlState(connection), asked, message), goes_on


def _nothing(asked: Asked) -> Done:
    return Done(asked, None, AlreadySo(asked.unchanged or "", asked.subject.version), ())


def details_of(context: Context, fields: Sequence[tuple[str, str]]) -> Details | None:
    """Return salted details; secrets in URLs are gone before an entry exists."""
    checked = [(name, scrub_text(check_text(value, name))) for name, value in fields]
    if not checked:
        return None

    def salts() -> Iterator[str]:
        while True:
            yield context.chance()

    return details_.write(checked, salts())


def _draft(context: Context, state: SqlState, asked: Asked, message: str | None) -> Draft:
    head = state.head()
    registry = state.registry_id()
    if head is None or registry is None:
        problem = f"the registry {context.directory} has an empty log"
        raise RegistryUnavailable(problem, f"modelkeep init {context.directory}")
    claim = context.claim()
    fields = [("reason", message)] if message else []
    fields += asked.fields
    fields += [("claimed", claim)] if claim else []
    details = details_of(context, fields)
    intent = Intent(
        registry=registry,
        id=context.chance(),
        command=asked.arguments,
        subject=asked.subject,
        expect=asked.expect,
        details=None if details is None else details.digest,
        seen=Seen(head.hash, head.seq),
        time=context.now(),
    )
    return Draft(intent, details, asked.documents)


def _look(context: Context, connection: Connection, asked: Asked) -> ledger.Look:
    def look(_state: SqlState) -> Observed:
        absent: list[str] = []
        for data in asked.documents.values():
            absent += absent_of(context, Manifest.from_bytes(data))
        for model, number in asked.look_at:
            absent += absent_of(context, manifests.manifest(connection, model, number))
        return observed(context, tuple(sorted(set(absent))))

    return look


def _check_same(asked: Asked, again: Asked) -> None:
    """Refuse where a reference as typed means something else than when its author saw it."""
    one, other = asked.subject, again.subject
    same = (one.version, one.digest) == (other.version, other.digest) and one.model in (None, other.model)
    # The details were written before the lock: what would be told now must be what they say.
    alike = (asked.arguments, asked.fields) == (again.arguments, again.fields)
    # A rollback says itself what it does when its version is not live there any more.
    if same and (alike or isinstance(asked.arguments, Rollback)):
        return
    if same:
        message = f"{one.name} changed meanwhile"
        raise Conflict(message, "try again")
    message = f"{one.name} changed meanwhile: what was {one.version} is {other.version} now"
    raise Conflict(message, "look again, then name the version by its number")


def _silent(_text: str) -> None:
    """What was said before the lock need not be said again."""
