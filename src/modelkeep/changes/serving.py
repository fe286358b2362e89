"""`deployment record` and `signal`: where a version runs, and what monitoring measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from shlex import quote

from msgspec.structs import replace

from modelkeep.changes.change_answer import answer
from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.changes.runner import ChangeOutcome, missing_artifact
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Change, Effect
from modelkeep.domain.json_values import to_text
from modelkeep.domain.numbers import as_number, metric_value
from modelkeep.domain.policy.rules import Rules
from modelkeep.domain.shares import share_words
from modelkeep.domain.state import Tenure
from modelkeep.domain.text import printable
from modelkeep.domain.urls import is_url, scrub
from modelkeep.domain.verbs.acknowledge import ItemOpened
from modelkeep.domain.verbs.deploy import Deploy, is_over
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.rollback import find_target
from modelkeep.domain.verbs.signal import Signal, firing_rules, has_enough, is_passed, tenures_left
from modelkeep.errors import UsageError
from modelkeep.reads.references import Say, stage_named, version_of
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import serving as select
from modelkeep.store.db.sql.manifests import manifest
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState


def record_deployment(
    ref: str, target: str, *, endpoint: str | None, status: str, share: int | None, stage: str | None
) -> Resolve:
    """Return the change that records that a version runs at a target, or has ended there."""
    address = None if endpoint is None else _address(endpoint)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"deployment record {{}} --to {quote(target)}")
        stage_def = None if stage is None else stage_named(reader, stage)
        rows = select.OF_MODEL.rows(reader, None, model=found.model, target=target)
        mine = next((row for row in rows if row[2] == found.number), None)
        before = None if mine is None else mine[7]
        alone = share is not None or len(rows) == 1
        wanted = None if stage_def is None else stage_def.name
        same = mine is not None and (mine[4], mine[5]) == (status, share) and wanted in (None, mine[6]) and alone
        others = [f"{found.name}@{row[2]}" for row in rows if row is not mine]
        displaced = mine is None and share is None and not is_over(status)
        version = SqlState(reader).version(found.model, found.number or 0)
        bad = version is not None and version.bad and not is_over(status)
        return ChangeRequest(
            Deploy(target=target, status=status, share=share),
            subject_of(found, stage_def),
            # What is recorded anew keeps its address.
            fields=tuple(("endpoint", each) for each in (address or before,) if each and not is_over(status)),
            effects=(Effect(target, _present(found, mine, others if displaced else ()), _then(found, status, share)),),
            notes=(f"warning: {found.ref} is marked bad",) if bad else (),
            unchanged=f"{found.ref} is {status} at {target}" if same and address in (None, before) else None,
        )

    return resolve


def signal(
    context: Context,
    ref: str,
    name: str,
    value: str,
    *,
    count: int | None,
    window: timedelta | None,
    source: str | None,
) -> Resolve:
    """Return the change that records what monitoring measured, with what the policy makes of it."""
    if as_number(value) is None:
        message = f"the value of a signal is a number, not '{printable(value)}'"
        raise UsageError(message, f"modelkeep signal {quote(ref)} {quote(name)} 0.12")
    seconds = None if window is None else int(window.total_seconds())
    if seconds == 0:
        message = "a window is a length of time, not 0"
        raise UsageError(message, "--window 1h")
    command = Signal(name=name, value=value.strip(), count=count, window=seconds)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"signal {{}} {quote(name)} {quote(value)}")
        row = reader.row(select.NEWEST_VALUE, model=found.model, version=found.number, name=name)
        before = NONE if row is None else to_text(metric_value(row[0]))
        policy, tenures = _judged_by(reader, found)
        leaves = tenures_left(firing_rules(policy, command, tenures), tenures)
        holding = (each for each in leaves if each.share is None)
        looked_at = [version for tenure in holding for version in _candidates(context, reader, tenure)]
        still = select.targets_of(reader, found.model, found.number or 0) if leaves else []
        return ChangeRequest(
            command,
            subject_of(found),
            fields=() if source is None else (("source", source),),
            needed=tuple((found.model, number) for number in looked_at),
            notes=(*_without_count(policy, command, tenures), *_still_running(found, still)),
            effects=(Effect(f"{printable(name)} of {found.ref}", before, to_text(metric_value(command.value))),),
        )

    return resolve


def signalled_version(context: Context, ref: str) -> str:
    """Return the version that ``ref`` is now, by its number."""
    with snapshot(context) as (reader, _):
        return version_of(reader, ref, context.say, "signal {} --evidently FILE").ref


def signalled(outcome: ChangeOutcome) -> Change:
    """Return the answer of a signal: what it said, what the policy made of it, and what a person has to do."""
    change = answer(outcome)
    if outcome.entry is None:
        return change
    events = outcome.entry.events
    notes, hints = list[str](), list[str]()
    if any(isinstance(event, VersionMarked) for event in events):
        notes.append(f"{change.ref} is marked bad (undo: modelkeep mark {change.ref} good)")
    if any(isinstance(event, ItemOpened) for event in events):
        notes.append("a person has to look at it")
        hints += [] if change.seq is None else [f"next: modelkeep acknowledge {change.seq}"]
    return replace(change, notes=(*change.notes, *notes), hints=(*change.hints, *hints))


def _judged_by(reader: Reader, found: Resolved) -> tuple[Rules, tuple[Tenure, ...]]:
    """Return the rules in force, and the tenures of a version that they may end."""
    state, number = SqlState(reader), found.number or 0
    policy = state.policy()
    if policy is None or not policy.rules.signals:
        return Rules(), ()
    return policy.rules, tuple(state.open_tenures(found.model, number, number))


def _without_count(rules: Rules, command: Signal, tenures: Sequence[Tenure]) -> Iterator[str]:
    """Yield a warning for each rule that would act and asks how many observations a signal is from, which nobody said."""
    held = {tenure.stage for tenure in tenures}
    for rule in rules.signals:
        acts = held and rule.then != "observe" and is_passed(rule, command, held)
        if acts and command.count is None and not has_enough(rule, command):
            yield (
                f"warning: the policy's rule for {printable(command.name)} ({rule.then}) takes at least {rule.count} "
                "observations, and --count does not say how many there were"
            )


def _still_running(found: Resolved, targets: Sequence[str]) -> tuple[str, ...]:
    return (f"warning: {found.ref} still runs at {', '.join(targets)}",) if targets else ()


def _candidates(context: Context, reader: Reader, holder: Tenure) -> list[int]:
    """Return the versions whose bytes are looked for, until one has them."""
    state, absent, looked = SqlState(reader), tuple[str, ...](), list[int]()
    while (back := find_target(state, holder.model, holder, absent).tenure) is not None:
        looked.append(back.version)
        missing = missing_artifact(context, manifest(reader, holder.model, back.version))
        if not missing:
            break
        absent += missing
    return looked


def _address(endpoint: str) -> str:
    """Return an endpoint without user, query and fragment; ``UsageError`` for what is no URL."""
    if not is_url(endpoint):
        message = f"an endpoint is a URL, not '{printable(endpoint)}'"
        raise UsageError(message, "--endpoint https://scorer.example/fraud")
    return scrub(endpoint)


def _present(found: Resolved, mine: tuple[object, ...] | None, displaced: list[str] | tuple[str, ...]) -> str:
    if mine is not None:
        return _then(found, str(mine[4]), mine[5] if isinstance(mine[5], int) else None)
    return ", ".join(displaced) or NONE


def _then(found: Resolved, status: str, share: int | None) -> str:
    part = "" if share is None else f", {share_words(share)}"
    return f"{found.ref} {status}{part}"
