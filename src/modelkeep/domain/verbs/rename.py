"""`rename`: a model bears another name; the old one keeps answering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.create import check_free, name_row
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.wording import Texts, model_name

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Rename(Command, frozen=True):
    """Give a model another name; ``reuse`` allows one that a deleted model bore."""

    to: str
    reuse: bool = False


class ModelRenamed(Event, frozen=True):
    """A model bears another name from now on."""

    model: Ordinal


def decide(question: Question, command: Rename) -> Decision:
    """Give a model a name that no other model ever bore."""
    model = question.model()
    if command.to == model.name:
        return AlreadySo(f"the model is called {model.name}")
    bearer = question.state.model_named(command.to)
    check_free(command.to, None if bearer is None or bearer.seq == model.seq else bearer, reuse=command.reuse)
    return (ModelRenamed(model.seq),)


def renamed_rows(recorded: Recorded, event: ModelRenamed) -> Changes:
    """Yield the end of the old name and the row of the new one."""
    yield Close("model_name", (("model", "=", event.model),), recorded.seq)
    yield name_row(recorded.seq, event.model, recorded.command(Rename).to)


def sentence(entry: Entry, command: Rename, _texts: Texts) -> str:
    """Return what the entry did."""
    return f"renamed {model_name(entry)} to {command.to}"
