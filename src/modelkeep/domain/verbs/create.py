"""`create`: a model without a version. `register` creates a model in the same way where it is missing."""

from __future__ import annotations

from modelkeep.domain.labels import fold
from modelkeep.domain.names import check_imported_name
from modelkeep.domain.policy.patterns import check_model_name
from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.describe import description_rows
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded
from modelkeep.domain.verbs.tag import tag_rows
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict


class Create(Command, frozen=True):
    """Create a model; ``reuse`` allows a name that a deleted model bore."""

    PERMISSION = "register"

    reuse: bool = False

    def decide(self, proposal: Proposal) -> Decision:
        subject = proposal.subject()
        if (subject.version, subject.stage) != (None, None):
            message = "a model is created without a version or a stage"
            raise Conflict(message)
        name = subject.name
        bearer = proposal.state.model_named(name)
        if bearer is not None and not bearer.deleted and fold(bearer.name) == fold(name):
            return AlreadySo(f"the model {bearer.name} exists")
        check_name_is_free(name, bearer, reuse=self.reuse)
        check_model_name(proposal, name)
        return (ModelCreated(proposal.seq),)

    def sentence(self, words: EntryWords) -> str:
        return f"created the model {words.model}"


class ModelCreated(Event, frozen=True):
    """A model exists; it is named by the ``seq`` of this entry."""

    model: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        yield Insert("model", {"seq": self.model})
        yield from name_rows(recorded, self.model, recorded.subject.name)
        if isinstance(recorded.entry.intent.command, Create):  # the details of `register` are about the version
            yield from tag_rows(recorded, self.model, 0)
            yield from description_rows(recorded, self.model, 0)


def check_name_is_free(name: str, bearer: Model | None, *, reuse: bool) -> None:
    """Raise ``Conflict`` where a model may not get a name because another one (``bearer``) bears or bore it."""
    check_imported_name(name)
    if bearer is None or (bearer.deleted and reuse):
        return
    if bearer.deleted:
        message = f"a deleted model bore the name {name}"
        raise Conflict(message, "give another name, or register with --reuse-name")
    message = f"the name {name} belongs to the model {bearer.name}"
    raise Conflict(message, "a name that a model ever bore is never given to another")


def name_rows(recorded: Recorded, model: int, name: str) -> Changes:
    """Yield the rows of a name that a model bears from an entry on."""
    yield recorded.opened("model_name", {"model": model, "name": name, "folded": fold(name)})
    yield from recorded.word_rows(model, 0, [("name", name)])
