"""What an entry changed, as ``what: before -> after``."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.entry import Entry
from modelkeep.domain.verbs import AnyEvent
from modelkeep.domain.verbs.promote import VersionPromoted
from modelkeep.domain.verbs.question import End
from modelkeep.domain.verbs.retire import StageRetired
from modelkeep.domain.verbs.rollback import StageRolledBack

NONE = "none"


def of_events(entry: Entry, name: str) -> tuple[Effect, ...]:
    """Return the effects that the events of an entry tell by themselves."""
    return tuple(effect for event in entry.events for effect in _of(event, name))


def _of(event: AnyEvent, name: str) -> Iterator[Effect]:
    match event:
        case VersionPromoted():
            yield Effect(event.stage, _ended(event.ends, name), f"{name}@{event.version}")
        case StageRolledBack():
            yield Effect(event.stage, f"{name}@{event.from_}", f"{name}@{event.to}")
        case StageRetired():
            yield Effect(event.stage, _ended(event.ends, name), NONE)
        case _:
            pass


def _ended(ends: tuple[End, ...], name: str) -> str:
    return f"{name}@{ends[0].version}" if ends else NONE
