"""`alias`: movable names for versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.stages import check_imported_alias
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, opened
from modelkeep.domain.verbs.wording import Texts, model_name
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Alias(Command, frozen=True):
    """Point aliases at a version, and take others off the model."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class AliasSet(Event, frozen=True):
    """An alias points at a version."""

    alias: str
    model: Ordinal
    version: Ordinal


class AliasRemoved(Event, frozen=True):
    """An alias points at nothing any more."""

    alias: str
    model: Ordinal


def decide(question: Question, command: Alias) -> Decision:
    """Move aliases to a version and take others away."""
    model = question.model()
    _check(question, command, model)
    events: list[Event] = []
    for name in command.add:
        version = question.version(model)
        check_free_of_stages(question, name)
        if question.state.alias(model.seq, name) != version.number:
            events.append(AliasSet(name, model.seq, version.number))
    events += [
        AliasRemoved(name, model.seq) for name in command.remove if question.state.alias(model.seq, name) is not None
    ]
    if not events:
        return AlreadySo("the aliases are so already", version=question.subject().version)
    if question.intent.expect is not None:
        changed = (*command.add, *command.remove)[0]
        question.check_expected(question.state.alias(model.seq, changed), f"{model.name}@{changed}")
    return tuple(events)


def check_free_of_stages(question: Question, alias: str) -> None:
    """Raise ``UsageError`` for what can be no alias in this registry: it may not be a stage or mean one."""
    check_imported_alias(alias, question.state.stages())


def _check(question: Question, command: Alias, model: Model) -> None:
    names = (*command.add, *command.remove)
    if not names or len(set(names)) != len(names):
        message = "alias needs names, each once"
        raise UsageError(message, f"modelkeep alias {model.name}@1 champion")
    if question.intent.expect is not None and len(names) > 1:
        message = "--expect compares one alias"
        raise UsageError(message)


def set_rows(recorded: Recorded, event: AliasSet) -> Changes:
    """Yield the end of what the alias was and the row of what it is."""
    yield from removed_rows(recorded, event)
    yield opened("alias", {"model": event.model, "alias": event.alias, "version": event.version}, recorded.seq)


def removed_rows(recorded: Recorded, event: AliasSet | AliasRemoved) -> Changes:
    """Yield the end of what the alias was."""
    yield Close("alias", (("model", "=", event.model), ("alias", "=", event.alias)), recorded.seq)


def removed_words(entry: Entry) -> list[str]:
    """Return the part of a sentence for each alias that the entry took away."""
    return [
        f"took the alias {event.alias} off {model_name(entry)}"
        for event in entry.events
        if isinstance(event, AliasRemoved)
    ]


def sentence(entry: Entry, _command: Alias, _texts: Texts) -> str:
    """Return what the entry did."""
    parts = [
        f"called {model_name(entry)}@{event.version} {event.alias}"
        for event in entry.events
        if isinstance(event, AliasSet)
    ]
    return ", ".join([*parts, *removed_words(entry)])
