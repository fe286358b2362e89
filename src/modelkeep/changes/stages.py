"""`promote`, `rollback` and `retire`: the changes of which version holds a stage, and the notes of their answers."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from modelkeep.changes.change_answer import answer
from modelkeep.changes.request import ChangeRequest, Resolve, expectation, subject_of
from modelkeep.changes.runner import ChangeOutcome, absent_of, run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change, Passed, RolledBack
from modelkeep.domain.refs import Digest, Label, Number, parse_ref
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Tenure
from modelkeep.domain.times import parse_stored
from modelkeep.domain.verbs.archive import VersionRestored
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.promote import Promote
from modelkeep.domain.verbs.retire import Retire
from modelkeep.domain.verbs.rollback import PassedOver, Rollback, StageRolledBack, explain_obstacle, find_target
from modelkeep.errors import Conflict, ModelkeepError, NotFound, UsageError
from modelkeep.reads.references import (
    Say,
    stage_named,
    version_of,
    version_or_model,
)
from modelkeep.rendering import human_age
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import aliases_of, ever_held, last_tenure, newest_metrics
from modelkeep.store.db.sql.manifests import manifest
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState

_MOST_METRICS = 3


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
            notes=_notes_on_skipped_stages(reader, found, where),
        )

    outcome = run_change(context, resolve, message=message, dry_run=dry_run)
    promoted = answer(outcome, "promote", dry_run=dry_run)
    return replace(promoted, notes=(*promoted.notes, *_notes_on_force(context, outcome))) if force else promoted


def retire(ref: str, stage: str, expect: str | None) -> Resolve:
    """Return what resolves a `retire`; see `Registry.retire`."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        where = stage_named(reader, stage)
        subject = subject_of(found, where)
        if found.number is None:
            # The author retires the present holder, not one that comes a moment later.
            subject = replace(subject, **_holder_fields(SqlState(reader), found.model, where.name))
        return ChangeRequest(Retire(), subject, expect=expectation(reader, expect, found.model))

    return resolve


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
        state = SqlState(reader)
        where = state.stages()[-1] if stage is None else stage_named(reader, stage)
        _check_fixed(ref, found)
        holder = state.holder(found.model, where.name)
        bare = found.number is None
        if holder is None and bare:
            raise _empty_stage(state, found, where)
        leaving = holder.version if bare and holder is not None else found.number
        version = None if leaving is None else state.version(found.model, leaving)
        if leaving is None or version is None:
            problem = f"there is no version to leave in {where.name}"
            raise NotFound(problem)
        looked_at: tuple[int, ...] = ()
        if holder is None or holder.version != leaving:
            back = leaving
        elif to is not None:
            back = _version_of_to(reader, say, found, to)
            looked_at = (back,)
        else:
            back, looked_at = _find_good_version(context, reader, found, holder)
        return ChangeRequest(
            arguments=Rollback(
                because=None,
                confirmed=("yes" if confirmed else "no") if bare else None,
                keep_good=keep_good,
                to=back,
            ),
            subject=replace(subject_of(found, where), version=leaving, digest=version.digest),
            expect=expectation(reader, expect, found.model),
            needed=tuple((found.model, number) for number in looked_at),
        )

    outcome = run_change(context, resolve, message=message, dry_run=dry_run)
    return _rollback_answer(context, outcome, dry_run=dry_run)


def _holder_fields(state: SqlState, model: int, stage: str) -> dict[str, Any]:
    """Return version and digest of a stage's holder as fields of a subject; nothing for an empty stage."""
    holder = state.holder(model, stage)
    version = None if holder is None else state.version(model, holder.version)
    return {} if version is None else {"version": version.number, "digest": version.digest}


def _find_good_version(
    context: Context, reader: Reader, found: Resolved, holder: Tenure
) -> tuple[int, tuple[int, ...]]:
    """Return the version that a rollback goes back to, and the versions whose bytes were looked for on the way."""
    state = SqlState(reader)
    absent: tuple[str, ...] = ()
    looked: list[int] = []
    while True:
        walked = find_target(state, found.model, holder, absent)
        if walked.tenure is None:
            # The hint may only name a version that has its bytes.
            left = [one.version for one in walked.passed_over if one.why == "left"]
            lost = [digest for each in left for digest in absent_of(context, manifest(reader, found.model, each))]
            if not lost:
                raise _nothing_to_go_back_to(found, holder, walked.passed_over)
            absent += tuple(lost)
            continue
        number = walked.tenure.version
        looked.append(number)
        missing = absent_of(context, manifest(reader, found.model, number))
        if not missing:
            return number, tuple(looked)
        absent += missing


def _version_of_to(reader: Reader, say: Say, found: Resolved, to: str) -> int:
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


def _empty_stage(state: SqlState, found: Resolved, where: StageDef) -> Conflict:
    message = f"{found.name} has nothing in {where.name} to roll back from"
    last = state.last_holder(found.model, where.name)
    if last is None:
        return Conflict(message, f"modelkeep promote {found.name}@latest {where.name}")
    gone = state.version(found.model, last.version)
    if gone is None or gone.deleted:
        return Conflict(message, f"modelkeep history {found.name} {where.name}        (its last holder was deleted)")
    return Conflict(message, f"modelkeep promote {found.name}@{last.version} {where.name}        (its last holder)")


def _nothing_to_go_back_to(found: Resolved, holder: Tenure, passed: tuple[PassedOver, ...]) -> Conflict:
    reasons = [f"{found.name}@{one.version}: {explain_obstacle(one.why)}" for one in passed]
    message = f"nothing to go back to: {found.name}@{holder.version} has no former holder that may come back"
    if reasons:
        message += f" ({'; '.join(reasons)})"
    left = [one.version for one in passed if one.why == "left"]
    if left:
        return Conflict(message, f"modelkeep rollback {found.name}@{holder.version} {holder.stage} --to {left[0]}")
    return Conflict(message, f"modelkeep retire {found.name}@{holder.version} {holder.stage}")


def _notes_on_force(context: Context, outcome: ChangeOutcome) -> tuple[str, ...]:
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


def _rollback_answer(context: Context, outcome: ChangeOutcome, *, dry_run: bool) -> RolledBack:
    plain = answer(outcome, "rollback", dry_run=dry_run)
    subject = outcome.request.subject
    events = () if outcome.entry is None else outcome.entry.events
    event = next((each for each in events if isinstance(each, StageRolledBack)), None)
    marked = any(isinstance(each, VersionMarked) for each in events)
    notes: tuple[str, ...] = ()
    if event is not None:
        # The change is committed: a failure of this read may not look like a refused change.
        with suppress(ModelkeepError), context.database.reading() as reader:
            notes = _rollback_notes(reader, subject.name, event, marked=marked, now=context.clock())
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


def _notes_on_skipped_stages(reader: Reader, found: Resolved, where: StageDef) -> tuple[str, ...]:
    """Return a note for each stage below that the version never held."""
    notes = []
    for stage in SqlState(reader).stages():
        if stage.name == where.name:
            break
        if not ever_held(reader, found.model, found.number or 0, stage.name):
            notes.append(f"note: {found.ref} was never in {stage.name}")
    return tuple(notes)


def _rollback_notes(
    reader: Reader, name: str, event: StageRolledBack, *, marked: bool, now: datetime
) -> tuple[str, ...]:
    """Return why the version that came back counts as good, and what the one that was left still is."""
    left, back = f"{name}@{event.from_}", f"{name}@{event.to}"
    parts = []
    before = last_tenure(reader, event.model, event.to, event.stage)
    if before is not None:
        since, until = (parse_stored(text) for text in before)
        ended = human_age(now - until)
        parts.append(f"{back} was live for {human_age(until - since)}, until {ended} ago")
    metrics = newest_metrics(reader, event.model, event.to)
    parts += [f"{metric} {value}" for metric, value in list(metrics.items())[:_MOST_METRICS]]
    notes = ["; ".join(parts)] if parts else []
    if marked:
        notes.append(f"{left} is marked bad (undo: modelkeep mark {left} good)")
    aliases = aliases_of(reader, event.model, event.from_)
    if aliases:
        notes.append(f"still pointing at {left}: {', '.join(f'{name}@{alias}' for alias in aliases)}")
    return tuple(notes)
