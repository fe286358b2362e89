"""`check`: what somebody or a program found when a version was checked."""

from __future__ import annotations

from collections.abc import Mapping

from modelkeep.domain.policy.words import check_check_name
from modelkeep.domain.record import Ordinal, Sha256
from modelkeep.domain.text import printable
from modelkeep.domain.times import check_stored_time
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import UsageError

RESULTS = ("pass", "fail", "warn")


class Check(Command, frozen=True, kw_only=True):
    """Record the result of a check: ``pass``, ``fail`` or ``warn``; it counts until ``expires``.

    ``evidence`` is the digest of a document, the report that shows it.
    """

    PERMISSION = "check"

    name: str
    result: str
    evidence: Sha256 | None = None
    expires: str | None = None

    def documents(self) -> Mapping[str, str]:
        return {} if self.evidence is None else {self.evidence: "evidence"}

    def decide(self, proposal: Proposal) -> Decision:
        """Record it, each time anew: the newest result of a name counts, and its age too."""
        check_check_name(self.name)
        if self.result not in RESULTS:
            message = f"a check ends with pass, fail or warn, not {printable(self.result)!r}"
            raise UsageError(message)
        check_stored_time(self.expires)
        if self.expires is not None and self.expires <= proposal.time:
            message = f"the check would expire at {self.expires}, which is past"
            raise UsageError(message)
        model, version = proposal.model_and_version()
        return (CheckRecorded(model.seq, version.number),)

    def sentence(self, words: EntryWords) -> str:
        return f"recorded {self.name} {self.result} for {words.subject}"


class CheckRecorded(Event, frozen=True):
    """A check of a version had a result."""

    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        command = recorded.command(Check)
        row: Row = {"model": self.model, "version": self.version, "name": command.name, "seq": recorded.seq}
        result: Row = {"result": command.result, "evidence": command.evidence, "expires": command.expires}
        yield Insert("check_result", {**row, **result})
