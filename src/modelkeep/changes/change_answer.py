"""The answer of a change: what its entry did, as ``what: before -> after``, or why there was nothing to do."""

from __future__ import annotations

from modelkeep.changes.runner import ChangeOutcome
from modelkeep.domain.answers.changes import Change, Effect, RuleFinding, findings
from modelkeep.domain.entry import Entry


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
        hints=_hints(outcome, rules),
        rules=rules or request.rules,
        plan=plan or request.plan,
    )


def _hints(outcome: ChangeOutcome, rules: tuple[RuleFinding, ...]) -> tuple[str, ...]:
    """Return the line that acknowledges what broke the glass."""
    if outcome.entry is None or outcome.dry_run or not any(rule.waived for rule in rules):
        return ()
    return (f"another person has to look at it: modelkeep acknowledge {outcome.entry.seq}",)


def judged(entry: Entry) -> tuple[tuple[RuleFinding, ...], str | None]:
    """Return what the policy said of a version that an entry promoted, and the digest of the plan; nothing without."""
    results, plan = next((found for event in entry.events if any(found := event.judgement())), ((), None))
    return findings(results), plan


def effects_of(entry: Entry, name: str) -> tuple[Effect, ...]:
    """Return the effects that the events of an entry show by themselves."""
    return tuple(effect for event in entry.events for effect in event.effects(name))
