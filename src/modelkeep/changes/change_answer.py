"""What a change did, in the words of its entry, or why there was nothing to do."""

from __future__ import annotations

from modelkeep.changes import effects
from modelkeep.changes.runner import Done
from modelkeep.domain.answers.changes import Change


def change(done: Done, action: str, *, dry_run: bool) -> Change:
    """Return what a change did, in the words of its entry, or why there was nothing to do."""
    subject = done.asked.subject
    number = subject.version
    ref = None if number is None else f"{subject.name}@{number}"
    if done.entry is None:
        why = None if done.already is None else done.already.why
        return Change(action, subject.name, ref, changed=False, seq=None, why=why, dry_run=dry_run)
    return Change(
        action,
        subject.name,
        ref,
        changed=True,
        seq=None if dry_run else done.entry.seq,
        effects=effects.of_events(done.entry, subject.name) + done.asked.effects,
        dry_run=dry_run,
        notes=(*done.asked.notes, *done.notes),
        hints=done.asked.hints,
    )
