"""`describe`: the one description of a version or a model; its text stands in the details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.details import Details
from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, opened
from modelkeep.domain.verbs.wording import Texts, subject_name

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Describe(Command, frozen=True):
    """Set the description in the details; none in them takes the present one away."""


class Described(Event, frozen=True):
    """The description of a version, or without one of the model, changed."""

    model: Ordinal
    version: Ordinal | None = None


def decide(question: Question, _command: Describe) -> Decision:
    """Set the description of a version or a model."""
    model = question.model()
    version = question.optional_version(model)
    return (Described(model.seq, None if version is None else version.number),)


def described_rows(recorded: Recorded, event: Described) -> Changes:
    """Yield the end of the old description and the row of the new one."""
    version = event.version or 0
    yield Close("description", (("model", "=", event.model), ("version", "=", version)), recorded.seq)
    yield from description_rows(recorded.seq, event.model, version, recorded.details)


def description_rows(seq: int, model: int, version: int, details: Details | None) -> Changes:
    """Yield the row of a description, none where it is empty or redacted."""
    text = None if details is None else details.value("description")
    if text:
        yield opened("description", {"model": model, "version": version, "text": text}, seq)


def sentence(entry: Entry, _command: Describe, texts: Texts) -> str:
    """Return what the entry did."""
    described = any(field == "description" and value for field, value in texts)
    about = subject_name(entry)
    return f"described {about}" if described else f"changed the description of {about}"
