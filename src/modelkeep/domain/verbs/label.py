"""`label`: a version that has no label gets one, for ever."""

from __future__ import annotations

from shlex import quote

from modelkeep.domain.labels import check_label, label_key, label_sort_key
from modelkeep.domain.policy.patterns import check_new_label
from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Assign, Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict


class Label(Command, frozen=True):
    """Give a version that has no label this one."""

    PERMISSION = "annotate"

    label: str

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_and_version()
        if version.label is not None:
            name = model.ref(version.number)
            if label_key(version.label) == label_key(check_label(self.label)):
                return AlreadySo(f"{name} bears the label {version.label}")
            message = f"{name} bears the label {version.label}, and a version has one label for ever"
            raise Conflict(message, f"modelkeep alias {quote(name)} ALIAS        (aliases can move)")
        check_label_is_free(proposal, model, self.label)
        check_new_label(proposal, self.label)
        return (VersionLabelled(model.seq, version.number, self.label),)

    def sentence(self, words: EntryWords) -> str:
        return f"labelled {words.subject} {self.label}"


class VersionLabelled(Event, frozen=True):
    """A version bears a label."""

    model: Ordinal
    version: Ordinal
    label: str

    def project(self, recorded: Recorded) -> Changes:
        where = (("model", "=", self.model), ("number", "=", self.version))
        sets = (("label", self.label), ("label_key", label_key(self.label)), ("label_seq", recorded.seq))
        yield Assign("version", where, sets)
        row: Row = {"model": self.model, "sort_key": label_sort_key(self.label), "version": self.version}
        yield Insert("label_order", row)


def check_label_is_free(proposal: Proposal, model: Model, label: str) -> None:
    """Raise ``Conflict`` where a version of the model bears or bore the label."""
    taken = proposal.state.version_labelled(model.seq, label_key(check_label(label)))
    if taken is None:
        return
    known = proposal.state.version(model.seq, taken)
    if known is not None and known.deleted:
        message = f"{model.ref(taken)}, which was deleted, bore the label {label}"
        raise Conflict(message, "a label is never given again: give another")
    message = f"{model.ref(taken)} bears the label {label} already"
    if known is not None and known.label is not None and known.label != label:
        message = f"{model.ref(taken)} bears the label {known.label}, which is the same as {label}"
    raise Conflict(message, f"modelkeep show {model.ref(taken)}")
