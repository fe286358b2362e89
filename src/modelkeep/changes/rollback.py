"""`rollback`: a stage goes back to a version that was good, with the notes of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from shlex import join, quote

from msgspec.structs import asdict, replace

from modelkeep.changes.change_answer import answer
from modelkeep.changes.change_request import ChangeRequest, Resolve, expectation, subject_of
from modelkeep.changes.runner import ChangeOutcome, missing_artifact
from modelkeep.changes.shares_left import notes_on_shares_left
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Passed, RolledBack
from modelkeep.domain.json_values import to_text
from modelkeep.domain.refs import Digest, Label, Number, parse_ref
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Tenure
from modelkeep.domain.times import parse_stored
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.rollback import (
    PassedOver,
    Rollback,
    ShareEnded,
    StageRolledBack,
    explain_obstacle,
    find_target,
    share_of,
)
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.reads.references import Say, stage_named, version_of, version_or_model
from modelkeep.rendering import human_age
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import aliases_of, last_tenure
from modelkeep.store.db.sql.manifests import manifest
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.serving import targets_of
from modelkeep.store.db.sql.versions import evaluations_of, values_of
from modelkeep.store.db.state import SqlState

_MOST_METRICS = 3


def rollback(
    context: Context,
    ref: str,
    stage: str | None,
    *,
    to: str | None,
    keep_good: bool,
    confirmed: bool,
    expect: str | None,
) -> Resolve:
    """Return the change that goes back to the last version that was known to be good."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        state = SqlState(reader)
        stage_def = state.stages()[-1] if stage is None else stage_named(reader, stage)
        _check_fixed(ref, found, stage=stage, to=to, keep_good=keep_good)
        holder = state.holder(found.model, stage_def.name)
        bare = found.number is None and to is None
        if found.number is not None:
            leaving = found.number
        elif holder is not None:
            leaving = holder.version
        else:
            raise _empty_stage(state, found, stage_def)
        version = state.version(found.model, leaving)
        if version is None:
            problem = f"there is no version to leave in {stage_def.name}"
            raise NotFound(problem)
        back, looked_at, notes = leaving, tuple[int, ...](), tuple[str, ...]()
        if holder is not None and share_of(state, found.model, stage_def.name, leaving) is not None:
            back, marked = holder.version, not keep_good and not version.bad
            if to is not None and _version_to_return_to(reader, say, found, to) != back:
                message = (
                    f"{found.ref} has a share of {stage_def.name}, which goes back to {found.name}@{back}, the holder"
                )
                raise Conflict(message, f"modelkeep rollback {quote(found.ref)} {quote(stage_def.name)}")
            notes = (*_notes_on_mark(reader, found, leaving, marked=marked),)
        elif holder is not None and holder.version == leaving:
            if to is not None:
                back = _version_to_return_to(reader, say, found, to)
                looked_at = (back,)
            else:
                back, looked_at = find_good_version(context, reader, found, holder)
            marked = not keep_good and not version.bad
            notes = _notes_on_rollback(reader, found, holder, back, marked=marked, now=context.clock())
        return ChangeRequest(
            command=Rollback(
                because=None,
                confirmed=("yes" if confirmed else "no") if bare else None,
                keep_good=keep_good,
                to=back,
            ),
            intent_subject=replace(subject_of(found, stage_def), version=leaving, digest=version.digest),
            expect=expectation(reader, expect, found.model),
            needed=tuple((found.model, number) for number in looked_at),
            notes=(*notes, *_notes_on_shares(state, found, stage_def, leaving, back)),
        )

    return resolve


def rolled_back(outcome: ChangeOutcome) -> RolledBack:
    """Return the answer of a rollback that was carried out."""
    subject = outcome.request.subject
    events = () if outcome.entry is None else outcome.entry.events
    event = next((each for each in events if isinstance(each, StageRolledBack)), None)
    ended = next((each for each in events if isinstance(each, ShareEnded)), None)
    if ended is not None and isinstance(outcome.request.command, Rollback):
        return RolledBack(
            **asdict(answer(outcome)),
            stage=subject.stage or "",
            left=f"{subject.name}@{subject.version}",
            to=f"{subject.name}@{outcome.request.command.to}",
            marked_bad=any(isinstance(each, VersionMarked) for each in events),
        )
    return RolledBack(
        **asdict(answer(outcome)),
        stage=subject.stage or "",
        left=None if event is None else f"{subject.name}@{event.from_}",
        to=None if event is None else f"{subject.name}@{event.to}",
        marked_bad=any(isinstance(each, VersionMarked) for each in events),
        passed_over=()
        if event is None
        else tuple(Passed(f"{subject.name}@{one.version}", explain_obstacle(one.why)) for one in event.passed_over),
    )


def find_good_version(context: Context, reader: Reader, found: Resolved, holder: Tenure) -> tuple[int, tuple[int, ...]]:
    """Return the version that a rollback goes back to, and the versions whose bytes were looked for on the way."""
    state = SqlState(reader)
    absent: tuple[str, ...] = ()
    looked: list[int] = []
    while True:
        target = find_target(state, found.model, holder, absent)
        if target.tenure is None:
            # The hint may only name a version that has its bytes.
            left = [one.version for one in target.passed_over if one.why == "left"]
            lost = [
                digest for each in left for digest in missing_artifact(context, manifest(reader, found.model, each))
            ]
            if not lost:
                raise _nothing_to_go_back_to(found, holder, target.passed_over)
            absent += tuple(lost)
            continue
        number = target.tenure.version
        looked.append(number)
        missing = missing_artifact(context, manifest(reader, found.model, number))
        if not missing:
            return number, tuple(looked)
        absent += missing


def _version_to_return_to(reader: Reader, say: Say, found: Resolved, to: str) -> int:
    ref = to if "@" in to or to.startswith(("sha256:", "models:")) else f"{found.name}@{to}"
    target_version = version_of(reader, ref, say, f"rollback {quote(found.name)} --to {{}}")
    if target_version.model != found.model or target_version.number is None:
        message = f"--to names a version of {found.name}, not {to}"
        raise UsageError(message, f"modelkeep history {quote(found.name)}")
    return target_version.number


def _check_fixed(ref: str, found: Resolved, *, stage: str | None, to: str | None, keep_good: bool) -> None:
    """Refuse a reference by stage or alias: it may mean another version a second later.

    The hint does the rest of what was asked for: without ``--to`` it would go back to another version.
    """
    selector = parse_ref(ref).selector
    if selector is None or isinstance(selector, (Number, Label, Digest)):
        return
    message = f"rollback takes the version to leave by number, label or digest; @{selector} moves"
    words = [found.ref] if stage is None else [found.ref, stage]
    words += [] if to is None else ["--to", to]
    raise UsageError(message, f"modelkeep rollback {join(words)}{' --keep-good' if keep_good else ''}")


def _empty_stage(state: SqlState, found: Resolved, stage: StageDef) -> Conflict:
    message = f"{found.name} has nothing in {stage.name} to roll back from"
    last = state.last_holder(found.model, stage.name)
    if last is None:
        return Conflict(message, f"modelkeep promote {quote(found.name)}@latest {stage.name}")
    gone = state.version(found.model, last.version)
    if gone is None or gone.deleted:
        return Conflict(
            message, f"modelkeep history {quote(found.name)} {stage.name}        (its last holder was deleted)"
        )
    return Conflict(
        message, f"modelkeep promote {quote(found.name)}@{last.version} {stage.name}        (its last holder)"
    )


def _nothing_to_go_back_to(found: Resolved, holder: Tenure, passed: tuple[PassedOver, ...]) -> Conflict:
    reasons = [f"{found.name}@{one.version}: {explain_obstacle(one.why)}" for one in passed]
    message = f"nothing to go back to: {found.name}@{holder.version} has no former holder that may come back"
    if reasons:
        message += f" ({'; '.join(reasons)})"
    left = [one.version for one in passed if one.why == "left"]
    if left:
        return Conflict(
            message, f"modelkeep rollback {quote(found.name)}@{holder.version} {holder.stage} --to {left[0]}"
        )
    return Conflict(message, f"modelkeep retire {quote(found.name)}@{holder.version} {holder.stage}")


def _notes_on_rollback(
    reader: Reader, found: Resolved, leaving: Tenure, back: int, *, marked: bool, now: datetime
) -> tuple[str, ...]:
    """Return why the version that comes back counts as good, and what the one that is left still is."""
    parts = []
    before = last_tenure(reader, found.model, back, leaving.stage)
    if before is not None:
        since, until = (parse_stored(text) for text in before)
        ended = human_age(now - until)
        parts.append(f"{found.name}@{back} was active for {human_age(until - since)}, until {ended} ago")
    metrics = values_of(evaluations_of(reader, None, found.model, back, back).get(back, ()))
    parts += [f"{metric} {to_text(value)}" for metric, value in list(metrics.items())[:_MOST_METRICS]]
    notes = ["; ".join(parts)] if parts else []
    return (*notes, *_notes_on_mark(reader, found, leaving.version, marked=marked))


def _notes_on_shares(state: SqlState, found: Resolved, stage: StageDef, leaving: int, back: int) -> Iterator[str]:
    """Yield what the rollback leaves as it is: the shares of other versions."""
    shares = state.shares(found.model, stage.name)
    yield from notes_on_shares_left(found.name, (each for each in shares if each.version not in (leaving, back)))


def _notes_on_mark(reader: Reader, found: Resolved, leaving: int, *, marked: bool) -> Iterator[str]:
    """Yield that the version that is left is bad, and what still means it or runs it."""
    left = f"{found.name}@{leaving}"
    if marked:
        yield f"{left} is marked bad (undo: modelkeep mark {left} good)"
    aliases = aliases_of(reader, found.model, leaving)
    targets = targets_of(reader, found.model, leaving)
    if targets:
        yield f"warning: {left} still runs at {', '.join(targets)}"
    if aliases:
        yield f"still pointing at {left}: {', '.join(f'{found.name}@{alias}' for alias in aliases)}"
