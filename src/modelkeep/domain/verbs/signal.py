"""`signal`: monitoring saw something of a version that is in use, and what the policy makes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from modelkeep.domain.numbers import as_number
from modelkeep.domain.policy.rules import SignalRule
from modelkeep.domain.policy.words import CONSEQUENCES, check_signal_name
from modelkeep.domain.record import Count, Ordinal
from modelkeep.domain.state import Model, Tenure, Version
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.acknowledge import ItemOpened
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal, ends_of
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.rollback import StageRolledBack, find_target
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import UsageError


class Signal(Command, frozen=True, kw_only=True):
    """Record a value that monitoring measured, over ``count`` observations in a ``window`` of seconds."""

    PERMISSION = "signal"

    name: str
    value: str
    count: Count | None = None
    window: Ordinal | None = None

    def decide(self, proposal: Proposal) -> Decision:
        check_signal_name(self.name)
        if as_number(self.value) is None:
            message = f"the value of a signal is a number, not '{printable(self.value)}'"
            raise UsageError(message)
        model, version = proposal.model_and_version()
        return (SignalReceived(model.seq, version.number), *_consequences(proposal, self, model, version))

    def sentence(self, words: EntryWords) -> str:
        then = [f"{event.stage} went back to {words.ref(event.to)}" for event in words.events(StageRolledBack)]
        then += [f"{words.ref(event.version)} is {event.mark}" for event in words.events(VersionMarked)]
        return ", ".join([f"signalled {self.name} {self.value} of {words.subject}", *then])


class SignalReceived(Event, frozen=True):
    """A value that monitoring measured of a version."""

    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        command = recorded.command(Signal)
        row: Row = {"seq": recorded.seq, "model": self.model, "version": self.version}
        measured: Row = {"name": command.name, "value": command.value, "observations": command.count}
        yield Insert("signal", {**row, **measured, "window_seconds": command.window})


def fires(rule: SignalRule, signal: Signal, held: Collection[str]) -> bool:
    """Tell whether a rule is about a signal of a version that holds these stages, and its bound is passed."""
    value = as_number(signal.value)
    above, below = (None if bound is None else as_number(bound) for bound in (rule.above, rule.below))
    if rule.name != signal.name or value is None or (rule.stage is not None and rule.stage not in held):
        return False
    if rule.count is not None and (signal.count is None or signal.count < rule.count):
        return False
    return (above is not None and value > above) or (below is not None and value < below)


def _consequences(proposal: Proposal, signal: Signal, model: Model, version: Version) -> Iterator[Event]:
    """Yield what the policy makes of a signal: the rule with the strongest consequence counts."""
    policy = proposal.state.policy()
    if policy is None:
        return
    tenures = proposal.state.open_tenures(model.seq, version.number, version.number)
    held = [tenure.stage for tenure in tenures]
    firing = [rule for rule in policy.rules.signals if fires(rule, signal, held)]
    rule = max(firing, key=lambda each: CONSEQUENCES.index(each.then), default=None)
    if rule is None or rule.then == "observe":
        return
    if rule.then == "rollback":
        for tenure in tenures:
            if tenure.share is None and rule.stage in (None, tenure.stage):
                yield from _rolled_back(proposal, model, tenure, f"signal {rule.name}")
    if rule.then in ("mark", "rollback") and not version.bad:
        yield VersionMarked("bad", model.seq, version.number)
    yield ItemOpened("signal", model.seq, version.number)


def _rolled_back(proposal: Proposal, model: Model, holder: Tenure, rule: str) -> Iterator[Event]:
    """Yield that a stage goes back to the last version that was good, nothing where there is none."""
    target = find_target(proposal.state, model.seq, holder, proposal.observed.absent)
    if target.tenure is not None:
        yield StageRolledBack(
            model=model.seq,
            stage=holder.stage,
            to=target.tenure.version,
            from_=holder.version,
            came_from=target.tenure.came_from,
            ends=ends_of(holder),
            passed_over=target.passed_over,
            rule=rule,
        )
