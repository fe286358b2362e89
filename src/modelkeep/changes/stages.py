"""`promote`, `rollback` and `retire`: who holds a stage, and the way back."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from modelkeep.changes import stage_notes
from modelkeep.changes.change_answer import change
from modelkeep.changes.observed import absent_of
from modelkeep.changes.runner import Asked, Done, carry_out
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change, Passed, RolledBack
from modelkeep.domain.entry import Entry
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.selectors import Digest, Label, Number
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Tenure
from modelkeep.domain.verbs.archive import VersionRestored
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.promote import Promote
from modelkeep.domain.verbs.retire import Retire
from modelkeep.domain.verbs.rollback import PassedOver, Rollback, StageRolledBack, explain_obstacle, find_target
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.reads.references import (
    Say,
    expectation,
    last_stage,
    stage_named,
    subject_of,
    version_of,
    version_or_model,
)
from modelkeep.store.db.sql.manifests import manifest
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.state import SqlState


def promote(
    context: Context,
    ref: str,
    stage: str,
    *,
    force: bool,
    expect: str | None,
    message: str | None,
    dry_run: bool,
) -> Change:
    """Make a version the holder of a stage; see `Registry.promote`."""

    def resolve(connection: Connection, say: Say) -> Asked:
        found = version_of(connection, ref, say, f"promote {{}} {stage}")
        where = stage_named(connection, stage)
        return Asked(
            arguments=Promote(force=force),
            subject=subject_of(found, where),
            expect=expectation(connection, expect, found.model),
            look_at=((found.model, found.number or 0),),
            notes=stage_notes.skipped(connection, found, where),
        )

    done = carry_out(context, resolve, message=message, dry_run=dry_run)
    answer = change(done, "promote", dry_run=dry_run)
    return replace(answer, notes=(*answer.notes, *_forced(context, done))) if force else answer


def retire(
    context: Context,
    ref: str,
    stage: str,
    *,
    expect: str | None,
    message: str | None,
    dry_run: bool,
) -> Change:
    """Empty a stage; see `Registry.retire`."""

    def resolve(connection: Connection, say: Say) -> Asked:
        found = version_or_model(connection, ref, say)
        where = stage_named(connection, stage)
        subject = subject_of(found, where)
        if found.number is None:
            # What holds it now is what its author means to retire, not what holds it a moment later.
            subject = replace(subject, **_held(SqlState(connection), found.model, where.name))
        return Asked(
            arguments=Retire(),
            subject=subject,
            expect=expectation(connection, expect, found.model),
        )

    return change(carry_out(context, resolve, message=message, dry_run=dry_run), "retire", dry_run=dry_run)


def rollback(  # noqa: PLR0913  as many as the command has flags
    context: Context,
    ref: str,
    stage: str | None,
    *,
    to: str | None,
    keep_good: bool,
    confirmed: bool,
    expect: str | None,
    message: str | None,
    dry_run: bool,
) -> RolledBack:
    """Go back to the last version that was known to be good; see `Registry.rollback`."""

    def resolve(connection: Connection, say: Say) -> Asked:
        found = version_or_model(connection, ref, say)
        stages = SqlState(connection).stages()
        where = last_stage(stages) if stage is None else stage_named(connection, stage)
        _check_fixed(ref, found)
        return _asked_back(context, connection, say, found, where, _Wish(to, expect, keep_good, confirmed, dry_run))

    done = carry_out(context, resolve, message=message, dry_run=dry_run)
    return _rolled_back(context, done, dry_run=dry_run)


class _Wish:
    """How somebody wants to go back."""

    def __init__(self, to: str | None, expect: str | None, keep_good: bool, confirmed: bool, dry_run: bool) -> None:
        self.to = to
        self.expect = expect
        self.keep_good = keep_good
        self.confirmed = confirmed
        self.dry_run = dry_run


def _asked_back(
    context: Context,
    connection: Connection,
    say: Say,
    found: Resolved,
    where: StageDef,
    wish: _Wish,
) -> Asked:
    state = SqlState(connection)
    holder = state.holder(found.model, where.name)
    bare = found.number is None
    if holder is None and bare:
        raise _empty(state, found, where)
    leaving = holder.version if bare and holder is not None else found.number
    version = None if leaving is None else state.version(found.model, leaving)
    if leaving is None or version is None:
        message = f"there is no version to leave in {where.name}"
        raise NotFound(message)
    look_at: tuple[tuple[int, int], ...] = ()
    if holder is None or holder.version != leaving:
        back = leaving
    elif wish.to is not None:
        back = _named(connection, say, found, wish.to)
        look_at = ((found.model, back),)
    else:
        back, look_at = _walked(context, connection, found, holder)
    return Asked(
        arguments=Rollback(
            because=None,
            confirmed=("yes" if wish.confirmed else "no") if bare else None,
            keep_good=wish.keep_good,
            to=back,
        ),
        subject=replace(subject_of(found, where), version=leaving, digest=version.digest),
        expect=expectation(connection, wish.expect, found.model),
        look_at=look_at,
    )


def _held(state: SqlState, model: int, stage: str) -> dict[str, Any]:
    """Return version and digest of the holder of a stage, as a subject has them; nothing for nobody."""
    holder = state.holder(model, stage)
    version = None if holder is None else state.version(model, holder.version)
    return {} if version is None else {"version": version.number, "digest": version.digest}


def _walked(
    context: Context,
    connection: Connection,
    found: Resolved,
    holder: Tenure,
) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return the version a bare rollback goes back to, and those whose bytes were looked at on the way."""
    state = SqlState(connection)
    absent: tuple[str, ...] = ()
    looked: list[tuple[int, int]] = []
    while True:
        walked = find_target(state, found.model, holder, absent)
        if walked.tenure is None:
            # Only what has its bytes may be the hint's.
            left = [one.version for one in walked.passed_over if one.why == "left"]
            lost = [digest for each in left for digest in absent_of(context, manifest(connection, found.model, each))]
            if not lost:
                raise _nothing(found, holder, walked.passed_over)
            absent += tuple(lost)
            continue
        number = walked.tenure.version
        looked.append((found.model, number))
        missing = absent_of(context, manifest(connection, found.model, number))
        if not missing:
            return number, tuple(looked)
        absent += missing


def _named(connection: Connection, say: Say, found: Resolved, to: str) -> int:
    ref = to if "@" in to or to.startswith(("sha256:", "models:")) else f"{found.name}@{to}"
    target_version = version_of(connection, ref, say, f"rollback {found.name} --to {{}}")
    if target_version.model != found.model or target_version.number is None:
        message = f"--to names a version of {found.name}, not {to}"
        raise UsageError(message, f"modelkeep history {found.name}")
    return target_version.number


def _check_fixed(ref: str, found: Resolved) -> None:
    """Refuse to leave something that moves: in a second it may mean another version."""
    selector = parse_ref(ref).selector
    if selector is None or isinstance(selector, (Number, Label, Digest)):
        return
    message = f"rollback takes the version to leave by number, label or digest; @{selector} moves"
    raise UsageError(message, f"modelkeep rollback {found.name}@{found.number}")


def _empty(state: SqlState, found: Resolved, where: StageDef) -> Conflict:
    message = f"{found.name} has nothing in {where.name} to roll back from"
    last = state.last_holder(found.model, where.name)
    if last is None:
        return Conflict(message, f"modelkeep promote {found.name}@latest {where.name}")
    gone = state.version(found.model, last.version)
    if gone is None or gone.deleted:
        return Conflict(message, f"modelkeep history {found.name} {where.name}        (its last holder was deleted)")
    return Conflict(message, f"modelkeep promote {found.name}@{last.version} {where.name}        (its last holder)")


def _nothing(found: Resolved, holder: Tenure, passed: tuple[PassedOver, ...]) -> Conflict:
    told = [f"{found.name}@{one.version}: {explain_obstacle(one.why)}" for one in passed]
    message = f"nothing to go back to: {found.name}@{holder.version} has no former holder that may come back"
    if told:
        message += " (" + "; ".join(told) + ")"
    left = [one.version for one in passed if one.why == "left"]
    if left:
        return Conflict(message, f"modelkeep rollback {found.name}@{holder.version} {holder.stage} --to {left[0]}")
    return Conflict(message, f"modelkeep retire {found.name}@{holder.version} {holder.stage}")


def _forced(context: Context, done: Done) -> tuple[str, ...]:
    """Return what ``--force`` did and did not do."""
    entry = done.entry
    if entry is None:
        return ()
    subject = done.asked.subject
    name = f"{subject.name}@{subject.version}"
    notes = [f"{name} is archived no more" for event in entry.events if isinstance(event, VersionRestored)]
    with context.database.reading() as connection:
        state = SqlState(connection)
        version = state.version(subject.model or 0, subject.version or 0)
    if version is not None and version.bad:
        notes.append(f"{name} is still marked bad (lift it: modelkeep mark {name} good)")
    return tuple(notes)


def _rolled_back(context: Context, done: Done, *, dry_run: bool) -> RolledBack:
    plain = change(done, "rollback", dry_run=dry_run)
    subject = done.asked.subject
    event = _event(done.entry)
    marked = done.entry is not None and any(isinstance(each, VersionMarked) for each in done.entry.events)
    notes: tuple[str, ...] = ()
    if event is not None:
        with context.database.reading() as connection:
            notes = stage_notes.went_back(connection, subject.name, event, marked=marked, now=context.clock())
    return RolledBack(
        action="rollback",
        name=subject.name,
        ref=plain.ref,
        changed=plain.changed,
        seq=plain.seq,
        effects=plain.effects,
        why=plain.why,
        dry_run=dry_run,
        notes=(*notes, *plain.notes),
        stage=subject.stage or "",
        left=None if event is None else f"{subject.name}@{event.from_}",
        to=None if event is None else f"{subject.name}@{event.to}",
        marked_bad=marked,
        passed_over=()
        if event is None
        else tuple(Passed(f"{subject.name}@{one.version}", explain_obstacle(one.why)) for one in event.passed_over),
    )


def _event(entry: Entry | None) -> StageRolledBack | None:
    if entry is None:
        return None
    return next((event for event in entry.events if isinstance(event, StageRolledBack)), None)
