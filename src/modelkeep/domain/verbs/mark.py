"""`mark`: a version is bad, or good again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, opened
from modelkeep.domain.verbs.wording import Texts, subject_name
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Mark(Command, frozen=True):
    """Set or lift the mark: ``mark`` is ``bad`` or ``good``."""

    mark: str


class VersionMarked(Event, frozen=True):
    """A version is ``bad``, or ``good`` again."""

    mark: str
    model: Ordinal
    version: Ordinal


def decide(question: Question, command: Mark) -> Decision:
    """Set or lift the mark; a version that has it already is no change."""
    model = question.model()
    version = question.version(model)
    if command.mark not in ("bad", "good"):
        message = f"a version is marked bad or good, not {command.mark!r}"
        raise UsageError(message)
    if version.bad == (command.mark == "bad"):
        mark = "marked bad" if version.bad else "not marked bad"
        return AlreadySo(f"{model.name}@{version.number} is {mark}", version=version.number)
    return (VersionMarked(command.mark, model.seq, version.number),)


def mark_rows(recorded: Recorded, event: VersionMarked) -> Changes:
    """Yield the row of the mark, or its end."""
    if event.mark == "bad":
        yield opened("mark", {"model": event.model, "version": event.version}, recorded.seq)
    else:
        yield Close("mark", (("model", "=", event.model), ("version", "=", event.version)), recorded.seq)


def sentence(entry: Entry, command: Mark, _texts: Texts) -> str:
    """Return what the entry did."""
    return f"marked {subject_name(entry)} {'bad' if command.mark == 'bad' else 'good again'}"
