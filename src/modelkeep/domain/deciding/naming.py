"""Deciding `alias`, `tag`, `describe`, `note` and `rename`: what versions and models are called."""

from __future__ import annotations

from modelkeep.domain import intents
from modelkeep.domain.deciding.common import AlreadySo, Decision, Question
from modelkeep.domain.events import AliasRemoved, AliasSet, Described, Event, ModelRenamed, NoteAdded, Tagged
from modelkeep.domain.names import check_name
from modelkeep.domain.state import Model
from modelkeep.errors import Conflict, UsageError


def alias(question: Question, arguments: intents.Alias) -> Decision:
    """Move aliases to a version and take others away."""
    model = question.model()
    _check_alias_arguments(question, arguments, model)
    happened: list[Event] = []
    for name in arguments.add:
        version = question.version(model)
        question.check_alias(name)
        if question.state.alias(model.seq, name) != version.number:
            happened.append(AliasSet(name, model.seq, version.number))
    happened += [
        AliasRemoved(name, model.seq) for name in arguments.remove if question.state.alias(model.seq, name) is not None
    ]
    if not happened:
        return AlreadySo("the aliases are so already", version=question.subject().version)
    if question.intent.expect is not None:
        changed = (*arguments.add, *arguments.remove)[0]
        question.check_expected(question.state.alias(model.seq, changed), f"{model.name}@{changed}")
    return tuple(happened)


def tag(question: Question, arguments: intents.Tag) -> Decision:
    """Set the tags of the details; the lines to remove must still stand."""
    model = question.model()
    version = question.optional_version(model)
    number = None if version is None else version.number
    for line in arguments.remove:
        if not question.state.has_tag_line(model.seq, number, line):
            message = f"a tag of {model.name} changed meanwhile"
            raise Conflict(message, "try again")
    if not arguments.remove and question.intent.details is None:
        return AlreadySo("the tags are so already", version=number)
    return (Tagged(model.seq, number),)


def describe(question: Question) -> Decision:
    """Set the description of a version or a model."""
    model = question.model()
    version = question.optional_version(model)
    return (Described(model.seq, None if version is None else version.number),)


def note(question: Question) -> Decision:
    """Add a note to a version or a model."""
    model = question.model()
    version = question.optional_version(model)
    if question.intent.details is None:
        message = "a note needs a text"
        raise UsageError(message, f'modelkeep note {model.name} "what there is to say"')
    return (NoteAdded(model.seq, None if version is None else version.number),)


def rename(question: Question, arguments: intents.Rename) -> Decision:
    """Give a model a name that no other model ever bore."""
    model = question.model()
    if arguments.to == model.name:
        return AlreadySo(f"the model is called {model.name}")
    check_name(arguments.to)
    bearer = question.state.model_named(arguments.to)
    if bearer is not None and bearer.seq != model.seq:
        message = f"the name {arguments.to} belongs to the model {bearer.name}"
        raise Conflict(message, "a name that a model ever bore is never given to another")
    return (ModelRenamed(model.seq),)


def _check_alias_arguments(question: Question, arguments: intents.Alias, model: Model) -> None:
    names = (*arguments.add, *arguments.remove)
    if not names or len(set(names)) != len(names):
        message = "alias needs names, each once"
        raise UsageError(message, f"modelkeep alias {model.name}@1 champion")
    if question.intent.expect is not None and len(names) > 1:
        message = "--expect compares one alias"
        raise UsageError(message)
