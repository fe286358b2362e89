"""What changes print: ``stage: before -> after`` on stdout, what else there is to say on stderr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelkeep.cli.views import errors
from modelkeep.cli.views.interface import Document, View
from modelkeep.domain.answers.changes import Change, Registered, RolledBack
from modelkeep.domain.record import Answer
from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError
from modelkeep.rendering import verdict

_DRY_RUN = "dry run: nothing was written"
#: The note of a change that has no ``before -> after``.
_DONE = {"describe": "described", "note": "noted on"}


class ChangeDocument(Change, Document, frozen=True):
    """What a change did: the effects, or why there was nothing to do."""


class RollbackDocument(RolledBack, Document, frozen=True):
    """What a rollback did: which version it left and which it went back to."""


class RegisteredDocument(Registered, Document, frozen=True):
    """What a registration did, and what was found out about the version."""


class ChangeView(View, frozen=True):
    """A change of one thing: its effects, none where it was so already."""

    change: Change

    def document(self) -> Document:
        return ChangeDocument.of(self.change)

    def lines(self) -> list[str]:
        return effects(self.change) if self.change.changed else []

    def identifiers(self) -> list[str]:
        return [self.change.ref or self.change.name]

    def notes(self) -> list[str]:
        """Return that nothing was to do, or was written, then the notes and the next command."""
        change = self.change
        first = []
        if not change.changed:
            first = [f"nothing to do: {change.why or 'it is so already'}"]
        elif change.dry_run:
            first = [_DRY_RUN]
        elif not change.effects and change.action in _DONE:
            first = [f"{_DONE[change.action]} {change.ref or change.name}"]
        return [*first, *change.notes, *change.hints]

    @property
    def wrote(self) -> bool:
        return self.change.changed and not self.change.dry_run


class EvaluatedView(ChangeView, frozen=True):
    """Metrics that were added to a version: its ref, whether they were new or not."""

    def lines(self) -> list[str]:
        return self.identifiers()


class RolledBackView(ChangeView, frozen=True):
    """A rollback, with the former holders that it passed over."""

    change: RolledBack

    def document(self) -> RollbackDocument:
        return RollbackDocument.of(self.change)

    def notes(self) -> list[str]:
        passed_over = [f"{each.ref} was passed over: {each.why}" for each in self.change.passed_over]
        notes = super().notes()
        end = len(notes) - len(self.change.hints)
        return [*notes[:end], *passed_over, *notes[end:]]


class RegisteredView(ChangeView, frozen=True):
    """A registration: the ref of the version, and beside it what was found out and what comes next."""

    change: Registered

    def document(self) -> RegisteredDocument:
        return RegisteredDocument.of(self.change)

    def lines(self) -> list[str]:
        return self.identifiers()

    def notes(self) -> list[str]:
        change = self.change
        return [
            *([] if change.changed else [change.why or f"already registered as {change.ref}"]),
            *change.notes,
            *(verdict(each) for each in change.verdict),
            *(effects(change) if change.changed else []),
            *(f"warning: {each}" for each in change.warnings),
            *([_DRY_RUN] if change.dry_run and change.changed else []),
            *(f"next: {each}" for each in change.hints),
        ]


def effects(change: Change) -> list[str]:
    """Return what changed, a line each: ``production: fraud@3 -> fraud@4``."""
    return [printable(f"{each.what}: {each.before} -> {each.after}") for each in change.effects]


class Outcome(NamedTuple):
    """What became of one item of several: its change, or the error that refused it."""

    item: str
    change: Change | None
    error: ModelkeepError | None


class ItemOutcome(Answer, frozen=True):
    """One of several items: its change, or its error."""

    item: str
    change: Change | None
    error: errors.ErrorFields | None


class ChangesDocument(Document, frozen=True):
    """What became of each of several items."""

    changes: tuple[ItemOutcome, ...]


class ChangesView(View, frozen=True):
    """Changes of several things, each made or refused by itself."""

    outcomes: Sequence[Outcome]

    def document(self) -> ChangesDocument:
        return ChangesDocument(
            tuple(
                ItemOutcome(each.item, each.change, None if each.error is None else errors.fields(each.error))
                for each in self.outcomes
            )
        )

    def lines(self) -> list[str]:
        return [line for change in self._changes() for line in ChangeView(change).lines()]

    def identifiers(self) -> list[str]:
        return [change.ref or change.name for change in self._changes()]

    def notes(self) -> list[str]:
        """Return the notes of each change, and the error of each item that was refused."""
        notes = []
        for item, change, error in self.outcomes:
            if error is not None:
                notes.append(errors.as_text(error).rstrip("\n"))
            if change is not None:
                named = len(self.outcomes) > 1
                notes += [
                    f"{item}: {note}" if named and item not in note else note for note in ChangeView(change).notes()
                ]
        return notes

    @property
    def wrote(self) -> bool:
        return any(ChangeView(change).wrote for change in self._changes())

    def _changes(self) -> list[Change]:
        return [each.change for each in self.outcomes if each.change is not None]
