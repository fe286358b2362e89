"""`deploy`: a version runs at a target, or has ended there."""

from __future__ import annotations

from shlex import quote

from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.shares import MOST_SHARES, check_share, share_words
from modelkeep.domain.state import Model, Version
from modelkeep.domain.text import pattern, printable
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, UsageError

_TARGET = pattern(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,198}[A-Za-z0-9])?")
#: ``stopped`` and ``failed`` end a deployment.
STATUSES = ("running", "starting", "stopped", "failed")
_OVER = ("stopped", "failed")


def is_over(status: str) -> bool:
    """Tell whether a status ends a deployment."""
    return status in _OVER


class Deploy(Command, frozen=True, kw_only=True):
    """Record that a version runs at ``target``, alone or with a ``share`` of the traffic in hundredths of a percent.

    The subject may name the stage whose versions should run there. Without one it is the stage that was recorded there
    before, else the highest that the version is in.
    """

    PERMISSION = "deploy"

    target: str
    status: str
    share: Ordinal | None = None

    def decide(self, proposal: Proposal) -> Decision:
        """Replace what ran there; with a share, only what this version had there."""
        if not _TARGET.fullmatch(self.target):
            message = f"not a name of a target: '{printable(self.target)}'"
            raise UsageError(message, "letters, digits, '.', '_', '/' and '-', as k8s/prod-eu")
        if self.status not in STATUSES:
            message = f"a deployment is {', '.join(STATUSES)}, not {printable(self.status)!r}"
            raise UsageError(message)
        model, version = proposal.model_and_version()
        if self.share is not None:
            check_share(self.share)
        stage = self._stage(proposal, model, version)
        present = proposal.state.deployments(model.seq, self.target)
        mine = next((each for each in present if each.version == version.number), None)
        if mine is None and self.status in _OVER:
            return AlreadySo(f"{model.ref(version.number)} does not run at {self.target}")
        if mine is None and self.share is not None and len(present) >= MOST_SHARES:
            message = f"{len(present)} versions of {model.name} run at {self.target}, and no more can be recorded there"
            hint = f"modelkeep deployment record {quote(model.ref(version.number))} --to {self.target}        (alone)"
            raise Conflict(message, hint)
        alike = mine is not None and (mine.status, mine.share, mine.stage) == (self.status, self.share, stage)
        if alike and not proposal.says("endpoint") and (self.share is not None or len(present) == 1):
            return AlreadySo(f"{model.ref(version.number)} is {self.status} at {self.target}")
        alone = self.share is None and self.status not in _OVER
        ends = tuple(Ended(each.seq, each.version) for each in present if alone or each.version == version.number)
        return (DeploymentRecorded(model.seq, self.target, version.number, ends, stage),)

    def _stage(self, proposal: Proposal, model: Model, version: Version) -> str | None:
        if proposal.subject().stage is not None:
            return proposal.stage().name
        held = {each.stage for each in proposal.state.open_tenures(model.seq, version.number, version.number)}
        highest = [each.name for each in proposal.state.stages() if each.name in held][-1:]
        return proposal.state.stage_of_target(model.seq, self.target) or (highest[0] if highest else None)

    def sentence(self, words: EntryWords) -> str:
        share = "" if self.share is None else f" with {share_words(self.share)}"
        return f"recorded {words.subject} {self.status} at {self.target}{share}"


class Ended(LogValue, frozen=True):
    """A deployment that an event ends, by the entry that recorded it, and its version."""

    deployment: Ordinal
    version: Ordinal


class DeploymentRecorded(Event, frozen=True):
    """A version runs at a target from here on, or where its status says so, no more.

    ``stage`` is the one whose versions should run there.
    """

    model: Ordinal
    target: str
    version: Ordinal
    ends: tuple[Ended, ...] = ()
    stage: str | None = None

    def project(self, recorded: Recorded) -> Changes:
        command = recorded.command(Deploy)
        named = (("model", "=", self.model), ("target", "=", self.target))
        for each in self.ends:
            yield Close("deployment", (*named, ("since_seq", "=", each.deployment)), recorded.seq)
        if command.status in _OVER:
            return
        row: Row = {"model": self.model, "target": self.target, "version": self.version}
        yield recorded.opened(
            "deployment", {**row, "stage": self.stage, "status": command.status, "share": command.share}
        )
