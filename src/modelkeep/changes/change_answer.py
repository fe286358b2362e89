"""The answer of a change: what its entry did, as ``what: before -> after``, or why there was nothing to do."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.changes.runner import ChangeOutcome
from modelkeep.domain.answers.changes import Change, Effect, RuleFinding, findings
from modelkeep.domain.entry import Entry
from modelkeep.domain.shares import share_words
from modelkeep.domain.verbs.acknowledge import ItemOpened
from modelkeep.domain.verbs.interface import End, Event
from modelkeep.domain.verbs.promote import VersionPromoted
from modelkeep.domain.verbs.retire import StageRetired
from modelkeep.domain.verbs.rollback import ShareEnded, StageRolledBack

NONE = "none"


def answer(outcome: ChangeOutcome) -> Change:
    """Return the answer of a change that was carried out."""
    request, dry_run = outcome.request, outcome.dry_run
    action = str(request.command.__struct_config__.tag)
    name, number = request.name, request.version
    ref = None if number is None else f"{name}@{number}"
    if outcome.entry is None:
        why = None if outcome.already is None else outcome.already.why
        return Change(action, name, ref, changed=False, seq=None, why=why, dry_run=dry_run)
    rules, plan = judged(outcome.entry)
    return Change(
        action,
        name,
        ref,
        changed=True,
        seq=None if dry_run else outcome.entry.seq,
        effects=effects_of(outcome.entry, name) + request.effects,
        dry_run=dry_run,
        notes=(*request.notes, *outcome.notes),
        hints=_hints(outcome),
        rules=rules or request.rules,
        plan=plan or request.plan,
    )


def _hints(outcome: ChangeOutcome) -> tuple[str, ...]:
    """Return the line that acknowledges what broke the glass."""
    entry = outcome.entry
    if entry is None or outcome.dry_run:
        return ()
    if not any(isinstance(event, ItemOpened) and event.item == "break-glass" for event in entry.events):
        return ()
    return (f"another person has to look at it: modelkeep acknowledge {entry.seq}",)


def judged(entry: Entry) -> tuple[tuple[RuleFinding, ...], str | None]:
    """Return what the policy said of a version that an entry promoted, and the digest of the plan; nothing without."""
    promoted = next((event for event in entry.events if isinstance(event, VersionPromoted)), None)
    return ((), None) if promoted is None else (findings(promoted.verdict), promoted.plan)


def effects_of(entry: Entry, name: str) -> tuple[Effect, ...]:
    """Return the effects that the events of an entry show by themselves."""
    return tuple(effect for event in entry.events for effect in _effects(event, name))


def _effects(event: Event, name: str) -> Iterator[Effect]:
    match event:
        case VersionPromoted(share=int()):
            before = _ended(event.ends, name)
            yield Effect(_share_of(event.stage), before, f"{name}@{event.version} at {share_words(event.share or 0)}")
        case VersionPromoted():
            yield Effect(event.stage, _ended(event.ends, name), f"{name}@{event.version}")
        case StageRolledBack():
            yield Effect(event.stage, f"{name}@{event.from_}", f"{name}@{event.to}")
        case StageRetired():
            yield Effect(event.stage, _ended(event.ends[:1], name), NONE)
            yield from (Effect(_share_of(event.stage), f"{name}@{end.version}", NONE) for end in event.ends[1:])
        case ShareEnded():
            yield Effect(_share_of(event.stage), _ended(event.ends, name), NONE)
        case _:
            pass


def _share_of(stage: str) -> str:
    return f"share of {stage}"


def _ended(ends: tuple[End, ...], name: str) -> str:
    return f"{name}@{ends[0].version}" if ends else NONE
