"""`promote`: a version gets a stage."""

from __future__ import annotations

from shlex import quote

from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.archive import VersionRestored, make_restoration
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, End, Event, Proposal, check_reserved, ends_of
from modelkeep.domain.verbs.rows import Changes, Recorded
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict


class Promote(Command, frozen=True):
    """Give a version a stage; ``force``: also if it is bad or archived. The other fields are reserved."""

    MAY_EXPECT = True

    break_glass: bool = False
    force: bool = False
    request: Ordinal | None = None
    share: Ordinal | None = None

    def decide(self, proposal: Proposal) -> Decision:
        """Make the version the holder of the stage; the one it displaces is superseded there."""
        check_reserved(self.break_glass, self.request, self.share)
        model, version = proposal.model_and_version()
        stage = proposal.stage()
        holder = proposal.state.holder(model.seq, stage.name)
        name = model.ref(version.number)
        if holder is not None and holder.version == version.number:
            return AlreadySo(f"{name} is in {stage.name}")
        if version.bad and not self.force:
            message = f"{name} is marked bad"
            raise Conflict(message, f"modelkeep mark {quote(name)} good        (or promote it with --force)")
        if version.archived and not self.force:
            message = f"{name} is archived"
            raise Conflict(message, f"modelkeep archive {quote(name)} --undo        (or promote it with --force)")
        promotion = make_promotion(proposal, model, stage, version.number, version.form)
        proposal.check_present(name, version)
        if version.archived:
            return (make_restoration(proposal, model, version.number, version.number), promotion)
        return (promotion,)

    def sentence(self, words: EntryWords) -> str:
        parts = []
        for event in words.entry.events:
            if isinstance(event, VersionRestored):
                parts.append(f"restored {words.ref(event.first)} from the archive")
            elif isinstance(event, VersionPromoted):
                share = "" if event.share is None else f" at {event.share / 100:g}%"
                parts.append(
                    f"promoted {words.ref(event.version)} to {event.stage}{share}{words.in_place_of(event.ends)}"
                )
        return ", ".join(parts)


class RuleResult(LogValue, frozen=True):
    """Reserved: what a rule found, its value and its bound, and whether it passed."""

    rule: str
    value: str
    bound: str
    passed: bool = False


class VersionPromoted(Event, frozen=True):
    """A version took a stage, or with ``share`` a part of it in hundredths of a percent.

    ``came_from`` is the entry that opened the tenure before this one in the stage.
    """

    model: Ordinal
    stage: str
    version: Ordinal
    came_from: Ordinal | None = None
    ends: tuple[End, ...] = ()
    share: Ordinal | None = None
    approvals: tuple[Ordinal, ...] = ()
    verdict: tuple[RuleResult, ...] = ()
    rule: str | None = None

    def project(self, recorded: Recorded) -> Changes:
        yield from recorded.ended_rows(self.model, self.ends, self.version)
        yield recorded.tenure_row(self.model, self.stage, self.version, came_from=self.came_from, share=self.share)


def make_promotion(proposal: Proposal, model: Model, stage: StageDef, number: int, form: str) -> VersionPromoted:
    """Return the event that makes a version the holder of a stage; it ends the present holder's tenure.

    Raises ``Conflict`` where the intent expects another holder, and where a version whose bytes live elsewhere
    (``pointer``) would get a protected stage.
    """
    if stage.protected and form == "pointer":
        message = f"{stage.name} is protected, and the bytes of this version live elsewhere"
        raise Conflict(message)
    holder = proposal.state.holder(model.seq, stage.name)
    proposal.check_expected(None if holder is None else holder.version, f"the holder of {stage.name}")
    before = proposal.state.last_holder(model.seq, stage.name)
    return VersionPromoted(
        model=model.seq,
        stage=stage.name,
        version=number,
        came_from=None if before is None else before.seq,
        ends=ends_of(holder),
    )
