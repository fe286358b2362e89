"""`check`: the result of a check of a version by a person or a program."""

from __future__ import annotations

from collections.abc import Mapping

from modelkeep.domain.policy.words import check_check_name
from modelkeep.domain.record import Ordinal, Sha256
from modelkeep.domain.text import printable
from modelkeep.domain.times import check_stored_time
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Damaged, UsageError

RESULTS = ("pass", "fail", "warn")
#: Evidence of up to so many bytes is a document beside the log; larger evidence is a content of the store.
MOST_IN_DOCUMENT = 1 << 20


class Check(Command, frozen=True, kw_only=True):
    """Record the result of a check: ``pass``, ``fail`` or ``warn``; it counts until ``expires``.

    ``evidence`` is the digest of the report that shows it: of a document, or where ``evidence_bytes`` is its size, of a
    content of the store.
    """

    PERMISSION = "check"

    name: str
    result: str
    evidence: Sha256 | None = None
    expires: str | None = None
    evidence_bytes: Ordinal | None = None

    def documents(self) -> Mapping[str, str]:
        return {} if self.evidence is None or self.evidence_bytes is not None else {self.evidence: "evidence"}

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
        self._check_evidence(proposal)
        model, version = proposal.model_and_version()
        return (CheckRecorded(model.seq, version.number),)

    def _check_evidence(self, proposal: Proposal) -> None:
        """Raise ``Damaged`` where evidence is not where its size says."""
        if self.evidence_bytes is not None:
            is_right = self.evidence is not None and self.evidence_bytes > MOST_IN_DOCUMENT
        else:
            is_right = self.evidence is None or len(proposal.document(self.evidence, "evidence")) <= MOST_IN_DOCUMENT
        if not is_right:
            message = f"evidence of up to {MOST_IN_DOCUMENT} bytes is a document, larger evidence is in the store"
            raise Damaged(message)

    def sentence(self, words: EntryWords) -> str:
        return f"recorded {self.name} {self.result} for {words.subject}"


class CheckRecorded(Event, frozen=True):
    """A check of a version had a result."""

    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        command = recorded.command(Check)
        row: Row = {"model": self.model, "version": self.version, "name": command.name, "seq": recorded.seq}
        result: Row = {"result": command.result, "expires": command.expires}
        evidence: Row = {"evidence": command.evidence, "evidence_bytes": command.evidence_bytes}
        yield Insert("check_result", {**row, **result, **evidence})
