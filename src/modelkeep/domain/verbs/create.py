"""`create`: a model without a version. `register` creates a model in the same way where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.labels import fold
from modelkeep.domain.names import check_imported_name
from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.describe import description_rows
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, opened
from modelkeep.domain.verbs.tag import tag_rows
from modelkeep.domain.verbs.wording import Texts, model_name
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Create(Command, frozen=True):
    """Create a model; ``reuse`` allows a name that a deleted model bore."""

    reuse: bool = False


class ModelCreated(Event, frozen=True):
    """A model exists; it is named by the ``seq`` of this entry."""

    model: Ordinal


def decide(question: Question, command: Create) -> Decision:
    """Create the model; one that exists is no change."""
    subject = question.subject()
    bearer = question.state.model_named(subject.name)
    if bearer is not None and not bearer.deleted and fold(bearer.name) == fold(subject.name):
        return AlreadySo(f"the model {bearer.name} exists")
    return (new_model(question, bearer, reuse=command.reuse),)


def new_model(question: Question, bearer: Model | None, *, reuse: bool) -> ModelCreated:
    """Return the event that creates the model of the intent; ``bearer`` is the model that bears or bore its name."""
    check_free(question.subject().name, bearer, reuse=reuse)
    return ModelCreated(question.seq)


def check_free(name: str, bearer: Model | None, *, reuse: bool) -> None:
    """Raise ``Conflict`` where a model may not get a name because another one bears or bore it."""
    check_imported_name(name)
    if bearer is None or (bearer.deleted and reuse):
        return
    if bearer.deleted:
        message = f"a deleted model bore the name {name}"
        raise Conflict(message, "give another name")
    message = f"the name {name} belongs to the model {bearer.name}"
    raise Conflict(message, "a name that a model ever bore is never given to another")


def model_rows(recorded: Recorded, event: ModelCreated) -> Changes:
    """Yield the row of the model and that of its name; details of `create` are about the model."""
    yield Insert("model", {"seq": event.model})
    yield name_row(recorded.seq, event.model, recorded.subject.name)
    if isinstance(recorded.entry.intent.command, Create):
        yield from tag_rows(recorded.seq, event.model, 0, recorded.details)
        yield from description_rows(recorded.seq, event.model, 0, recorded.details)


def name_row(seq: int, model: int, name: str) -> Insert:
    """Return the row of a name that a model bears from an entry on."""
    return opened("model_name", {"model": model, "name": name, "folded": fold(name)}, seq)


def sentence(entry: Entry, _command: Create, _texts: Texts) -> str:
    """Return what the entry did."""
    return f"created the model {model_name(entry)}"
