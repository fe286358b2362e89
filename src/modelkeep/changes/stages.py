"""`promote`, `rollback` and `retire`: which version holds a stage."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from msgspec.structs import replace

from modelkeep.changes import stage_notes
from modelkeep.changes.change_answer import change
from modelkeep.changes.observed import absent_of
from modelkeep.changes.runner import ChangeOutcome, ChangeRequest, run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change, Passed, RolledBack
from modelkeep.domain.entry import Entry
from modelkeep.domain.refs import Digest, Label, Number, parse_ref
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Tenure
from modelkeep.domain.verbs.archive import VersionRestored
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.promote import Promote
from modelkeep.domain.verbs.retire import Retire
from modelkeep.domain.verbs.rollback import PassedOver, Rollback, StageRolledBack, explain_obstacle, find_target
from modelkeep.errors import Conflict, ModelkeepError, NotFound, UsageError
from modelkeep.reads.references import (
    Say,
    expectation,
    last_stage,
    stage_named,
    subject_of,
    version_of,
    version_or_model,
)
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.manifests import manifest
from modelkeep.store.db.sql.references import Resolved
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

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"promote {{}} {stage}")
        where = stage_named(reader, stage)
        return ChangeRequest(
            arguments=Promote(force=force),
            subject=subject_of(found, where),
            expect=expectation(reader, expect, found.model),
            needed=((found.model, found.number or 0),),
            notes=stage_notes.skipped(reader, found, where),
        )

    outcome = run_change(context, resolve, message=message, dry_run=dry_run)
    answer = change(outcome, "promote", dry_run=dry_run)
    return replace(answer, notes=(*answer.notes, *_forced(context, outcome))) if force else answer


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

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        where = stage_named(reader, stage)
        subject = subject_of(found, where)
        if found.number is None:
            # The author retires the present holder, not one that comes a moment later.
            subject = replace(subject, **_held(SqlState(reader), found.model, where.name))
        return ChangeRequest(
            arguments=Retire(),
            subject=subject,
            expect=expectation(reader, expect, found.model),
        )

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "retire", dry_run=dry_run)


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

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        stages = SqlState(reader).stages()
        where = last_stage(stages) if stage is None else stage_named(reader, stage)
        _check_fixed(ref, found)
        return _rollback_request(context, reader, say, found, where, _Options(to, expect, keep_good, confirmed))

    outcome = run_change(context, resolve, message=message, dry_run=dry_run)
    return _rolled_back(context, outcome, dry_run=dry_run)


class _Options(NamedTuple):
    """The options of a rollback."""

    to: str | None
    expect: str | None
    keep_good: bool
    confirmed: bool


def _rollback_request(
    context: Context,
    reader: Reader,
    say: Say,
    found: Resolved,
    where: StageDef,
    options: _Options,
) -> ChangeRequest:
    state = SqlState(reader)
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
    elif options.to is not None:
        back = _named(reader, say, found, options.to)
        look_at = ((found.model, back),)
    else:
        back, look_at = _walked(context, reader, found, holder)
    return ChangeRequest(
        arguments=Rollback(
            because=None,
            confirmed=("yes" if options.confirmed else "no") if bare else None,
            keep_good=options.keep_good,
            to=back,
        ),
        subject=replace(subject_of(found, where), version=leaving, digest=version.digest),
        expect=expectation(reader, options.expect, found.model),
        needed=look_at,
    )


def _held(state: SqlState, model: int, stage: str) -> dict[str, Any]:
    """Return version and digest of a stage's holder as fields of a subject; nothing for an empty stage."""
    holder = state.holder(model, stage)
    version = None if holder is None else state.version(model, holder.version)
    return {} if version is None else {"version": version.number, "digest": version.digest}


def _walked(
    context: Context,
    reader: Reader,
    found: Resolved,
    holder: Tenure,
) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return the version that a rollback goes back to, and the versions whose bytes were looked for on the way."""
    state = SqlState(reader)
    absent: tuple[str, ...] = ()
    looked: list[tuple[int, int]] = []
    while True:
        walked = find_target(state, found.model, holder, absent)
        if walked.tenure is None:
            # The hint may only name a version that has its bytes.
            left = [one.version for one in walked.passed_over if one.why == "left"]
            lost = [digest for each in left for digest in absent_of(context, manifest(reader, found.model, each))]
            if not lost:
                raise _nothing(found, holder, walked.passed_over)
            absent += tuple(lost)
            continue
        number = walked.tenure.version
        looked.append((found.model, number))
        missing = absent_of(context, manifest(reader, found.model, number))
        if not missing:
            return number, tuple(looked)
        absent += missing


def _named(reader: Reader, say: Say, found: Resolved, to: str) -> int:
    ref = to if "@" in to or to.startswith(("sha256:", "models:")) else f"{found.name}@{to}"
    target_version = version_of(reader, ref, say, f"rollback {found.name} --to {{}}")
    if target_version.model != found.model or target_version.number is None:
        message = f"--to names a version of {found.name}, not {to}"
        raise UsageError(message, f"modelkeep history {found.name}")
    return target_version.number


def _check_fixed(ref: str, found: Resolved) -> None:
    """Refuse to leave a stage or an alias: it may mean another version a second later."""
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
    reasons = [f"{found.name}@{one.version}: {explain_obstacle(one.why)}" for one in passed]
    message = f"nothing to go back to: {found.name}@{holder.version} has no former holder that may come back"
    if reasons:
        message += f" ({'; '.join(reasons)})"
    left = [one.version for one in passed if one.why == "left"]
    if left:
        return Conflict(message, f"modelkeep rollback {found.name}@{holder.version} {holder.stage} --to {left[0]}")
    return Conflict(message, f"modelkeep retire {found.name}@{holder.version} {holder.stage}")


def _forced(context: Context, outcome: ChangeOutcome) -> tuple[str, ...]:
    """Return notes on what ``--force`` did and did not do."""
    entry = outcome.entry
    if entry is None:
        return ()
    subject = outcome.request.subject
    name = f"{subject.name}@{subject.version}"
    notes = [f"{name} is archived no more" for event in entry.events if isinstance(event, VersionRestored)]
    # The change is committed: a failure of this read may not look like a refused change.
    with suppress(ModelkeepError), context.database.reading() as reader:
        version = SqlState(reader).version(subject.model or 0, subject.version or 0)
        if version is not None and version.bad:
            notes.append(f"{name} is still marked bad (lift it: modelkeep mark {name} good)")
    return tuple(notes)


def _rolled_back(context: Context, outcome: ChangeOutcome, *, dry_run: bool) -> RolledBack:
    plain = change(outcome, "rollback", dry_run=dry_run)
    subject = outcome.request.subject
    event = _event(outcome.entry)
    marked = outcome.entry is not None and any(isinstance(each, VersionMarked) for each in outcome.entry.events)
    notes: tuple[str, ...] = ()
    if event is not None:
        # The change is committed: a failure of this read may not look like a refused change.
        with suppress(ModelkeepError), context.database.reading() as reader:
            notes = stage_notes.went_back(reader, subject.name, event, marked=marked, now=context.clock())
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
