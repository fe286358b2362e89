"""`label`: a version that has no label gets one, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.labels import check_label, label_key
from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Assign, Changes, Recorded
from modelkeep.domain.verbs.wording import Texts, subject_name
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Label(Command, frozen=True):
    """Give a version that has no label this one."""

    label: str


class VersionLabelled(Event, frozen=True):
    """A version bears a label."""

    model: Ordinal
    version: Ordinal
    label: str


def decide(question: Question, command: Label) -> Decision:
    """Give the version its label; a label is given once."""
    model = question.model()
    version = question.version(model)
    name = f"{model.name}@{version.number}"
    if version.label is not None:
        if label_key(version.label) == label_key(check_label(command.label)):
            return AlreadySo(f"{name} bears the label {version.label}", version=version.number)
        message = f"{name} bears the label {version.label}, and a version has one label for ever"
        raise Conflict(message, f"modelkeep alias {name} NAME        (aliases can move)")
    check_label_is_free(question, model, command.label)
    return (VersionLabelled(model.seq, version.number, command.label),)


def check_label_is_free(question: Question, model: Model, label: str) -> None:
    """Raise ``Conflict`` where a version of the model bears or bore the label."""
    taken = question.state.version_labelled(model.seq, label_key(check_label(label)))
    if taken is None:
        return
    known = question.state.version(model.seq, taken)
    if known is not None and known.deleted:
        message = f"{model.name}@{taken}, which was deleted, bore the label {label}"
        raise Conflict(message, "a label is never given again: give another")
    message = f"{model.name}@{taken} bears the label {label} already"
    raise Conflict(message, f"modelkeep show {model.name}@{taken}")


def label_rows(recorded: Recorded, event: VersionLabelled) -> Changes:
    """Yield the label that the row of the version gets."""
    where = (("model", "=", event.model), ("number", "=", event.version))
    sets = (("label", event.label), ("label_key", label_key(event.label)), ("label_seq", recorded.seq))
    yield Assign("version", where, sets)


def sentence(entry: Entry, command: Label, _texts: Texts) -> str:
    """Return what the entry did."""
    return f"labelled {subject_name(entry)} {command.label}"
