"""What changes print: ``stage: before -> after`` on stdout, what else there is to say on stderr."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.cli.views import errors
from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.changes import Change, Registered, RolledBack
from modelkeep.domain.record import Answer
from modelkeep.domain.text import printable
from modelkeep.rendering import counted, finding_words, rule_lines, verdict, visible

#: How many metrics the notes of a registration name at most.
_METRICS_SHOWN = 20
_DRY_RUN = "dry run: nothing was written"
#: The note of a change that has no ``before -> after``.
_DONE = {"describe": "described", "note": "noted on"}


class ChangeView(View, frozen=True):
    """What a change did: the effects, or why there was nothing to do."""

    answer: Change

    def identifiers(self) -> list[str]:
        return [self.answer.ref or self.answer.name]

    def lines(self) -> list[str]:
        """Return the effects."""
        return effects(self.answer) if self.answer.changed else []

    def notes(self) -> list[str]:
        """Return that nothing was to do, or was written, then the notes and the next command."""
        return [*self._outcome(), *_rules(self.answer), *self.answer.notes, *self.answer.hints]

    def _outcome(self) -> list[str]:
        change = self.answer
        if not change.changed:
            return [f"nothing to do: {change.why or 'it is so already'}"]
        if change.dry_run:
            return [_DRY_RUN]
        if not change.effects and change.action in _DONE:
            return [f"{_DONE[change.action]} {change.ref or change.name}"]
        return []

    @property
    def wrote(self) -> bool:
        return self.answer.changed and not self.answer.dry_run


class RollbackView(ChangeView, frozen=True):
    """What a rollback did: which version it left and which it went back to."""

    answer: RolledBack

    def notes(self) -> list[str]:
        """Return the notes of the change, with the former holders that it passed over."""
        passed_over = [f"{each.ref} was passed over: {each.why}" for each in self.answer.passed_over]
        return [*self._outcome(), *self.answer.notes, *passed_over, *self.answer.hints]


class RegisteredView(ChangeView, frozen=True):
    """What a registration did, and what was found out about the version."""

    answer: Registered

    def lines(self) -> list[str]:
        return self.identifiers()

    def notes(self) -> list[str]:
        change = self.answer
        return [
            *([] if change.changed else [change.why or f"already registered as {change.ref}"]),
            *change.notes,
            *(verdict(each) for each in change.verdict[:_METRICS_SHOWN]),
            *_more(len(change.verdict), "metric"),
            *(effects(change) if change.changed else []),
            *_rules(change),
            *(f"warning: {each}" for each in change.warnings[:_METRICS_SHOWN]),
            *_more(len(change.warnings), "warning"),
            *([_DRY_RUN] if change.dry_run and change.changed else []),
            *(f"next: {each}" for each in change.hints),
        ]


def _rules(change: Change) -> list[str]:
    """Return what the policy said: all of it of a dry run, with the plan; else only what does not hold."""
    if change.dry_run:
        return [
            *rule_lines(change.rules),
            *([f"plan {change.plan}"] if change.plan and change.action != "delete" else []),
        ]
    if change.action not in {"promote", "register"}:
        return []  # what is open of a request stands in its notes
    return [f"warning: {finding_words(each)}" for each in change.rules if not each.passed]


def _more(number: int, what: str) -> list[str]:
    """Return the note that there are more than are shown."""
    more = number - _METRICS_SHOWN
    return [f"{counted(more, f'more {what}', f'more {what}s')} (--json has all)"] if more > 0 else []


def effects(change: Change) -> list[str]:
    """Return what changed, a line each: ``production: fraud@3 -> fraud@4``."""
    return [printable(f"{each.what}: {visible(each.before)} -> {visible(each.after)}") for each in change.effects]


class ItemOutcome(Answer, frozen=True):
    """One of several items: its change, or its error."""

    item: str
    change: Change | None
    error: errors.ErrorFields | None


class ChangesView(View, frozen=True):
    """What became of each of several items."""

    changes: Sequence[ItemOutcome]

    def identifiers(self) -> list[str]:
        return [each for view in self._views() for each in view.identifiers()]

    def lines(self) -> list[str]:
        return [each for view in self._views() for each in view.lines()]

    def notes(self) -> list[str]:
        """Return the notes of each change, and the error of each item that was refused."""
        notes = []
        for each in self.changes:
            if each.error is not None:
                notes.append(errors.as_text(each.error).rstrip("\n"))
            if each.change is not None:
                named = len(self.changes) > 1
                notes += [
                    f"{each.item}: {note}" if named and each.item not in note else note
                    for note in ChangeView(each.change).notes()
                ]
        return notes

    @property
    def wrote(self) -> bool:
        return any(view.wrote for view in self._views())

    def _views(self) -> list[ChangeView]:
        return [ChangeView(each.change) for each in self.changes if each.change is not None]
