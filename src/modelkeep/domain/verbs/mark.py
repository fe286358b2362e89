"""`mark`: a version is bad, or good again."""

from __future__ import annotations

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import UsageError


class Mark(Command, frozen=True):
    """Set or lift the mark: ``mark`` is ``bad`` or ``good``."""

    PERMISSION = "mark"

    mark: str

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_and_version()
        if self.mark not in ("bad", "good"):
            message = f"a version is marked bad or good, not {self.mark!r}"
            raise UsageError(message)
        if version.bad == (self.mark == "bad"):
            mark = "marked bad" if version.bad else "not marked bad"
            return AlreadySo(f"{model.ref(version.number)} is {mark}")
        return (VersionMarked(self.mark, model.seq, version.number),)

    def sentence(self, words: EntryWords) -> str:
        return f"marked {words.subject} {'bad' if self.mark == 'bad' else 'good again'}"


class VersionMarked(Event, frozen=True):
    """A version is ``bad``, or ``good`` again."""

    mark: str
    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        if self.mark == "bad":
            yield recorded.opened("mark", {"model": self.model, "version": self.version})
        else:
            yield Close("mark", (("model", "=", self.model), ("version", "=", self.version)), recorded.seq)
