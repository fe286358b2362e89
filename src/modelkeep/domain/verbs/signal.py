"""`signal`: monitoring saw something of a version that is in use, and what the policy makes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.numbers import as_number
from modelkeep.domain.policy.words import CONSEQUENCES, check_signal_name
from modelkeep.domain.record import Count, Ordinal
from modelkeep.domain.state import Model, Tenure, Version
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.acknowledge import ItemOpened
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal, ends_of
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.rollback import ShareEnded, StageRolledBack, ended_shares, find_target, make_rollback
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Rules, SignalRule


class Signal(Command, frozen=True, kw_only=True):
    """Record a value that monitoring measured, over ``count`` observations in a ``window`` of seconds."""

    PERMISSION = "signal"

    name: str
    value: str
    count: Count | None = None
    window: Ordinal | None = None

    def decide(self, proposal: Proposal) -> Decision:
        """Record the value; what the policy makes of it happens in the same entry."""
        check_signal_name(self.name)
        if as_number(self.value) is None:
            message = f"the value of a signal is a number, not '{printable(self.value)}'"
            raise UsageError(message)
        model, version = proposal.model_and_version()
        return (SignalReceived(model.seq, version.number), *_consequences(proposal, self, model, version))

    def sentence(self, words: EntryWords) -> str:
        then = [
            f"automatic rollback of {event.stage} to {words.ref(event.to)}" for event in words.events(StageRolledBack)
        ]
        then += ended_shares(words)
        then += [f"{words.ref(event.version)} is {event.mark}" for event in words.events(VersionMarked)]
        then += ["a person must look at it" for _ in words.events(ItemOpened)]
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


def is_passed(rule: SignalRule, signal: Signal, held: Collection[str]) -> bool:
    """Tell whether a rule is about a signal of a version that is in these stages, and its bound is passed."""
    value = as_number(signal.value)
    above, below = (None if bound is None else as_number(bound) for bound in (rule.above, rule.below))
    if rule.name != signal.name or value is None or (rule.stage is not None and rule.stage not in held):
        return False
    return (above is not None and value > above) or (below is not None and value < below)


def has_enough(rule: SignalRule, signal: Signal) -> bool:
    """Tell whether a signal is from as many observations as a rule asks for."""
    return rule.count is None or (signal.count is not None and signal.count >= rule.count)


def firing_rules(rules: Rules, signal: Signal, tenures: Sequence[Tenure]) -> tuple[SignalRule, ...]:
    """Return the rules that count for a signal of a version with these tenures: those with the strongest consequence.

    There are several where the version is in several stages. A version that is in no stage any more has none.
    """
    held = {tenure.stage for tenure in tenures}
    firing = [rule for rule in rules.signals if held and is_passed(rule, signal, held) and has_enough(rule, signal)]
    strongest = max((CONSEQUENCES.index(each.then) for each in firing), default=None)
    return tuple(each for each in firing if CONSEQUENCES.index(each.then) == strongest)


def tenures_left(rules: Sequence[SignalRule], tenures: Sequence[Tenure]) -> tuple[Tenure, ...]:
    """Return the tenures that rules end: those in their stages, or where one has no stage in every stage."""
    return _about([rule for rule in rules if rule.then == "rollback"], tenures)


def _about(rules: Sequence[SignalRule], tenures: Sequence[Tenure]) -> tuple[Tenure, ...]:
    stages = {rule.stage for rule in rules}
    return tuple(each for each in tenures if None in stages or each.stage in stages)


def _consequences(proposal: Proposal, signal: Signal, model: Model, version: Version) -> Iterator[Event]:
    policy = proposal.state.policy()
    if policy is None:
        return
    tenures = proposal.state.open_tenures(model.seq, version.number, version.number)
    firing = firing_rules(policy.rules, signal, tenures)
    then = firing[0].then if firing else "observe"
    if then == "observe":
        return
    for tenure in tenures_left(firing, tenures):
        yield from _left(proposal, tenure, f"signal {signal.name}")
    if then in ("mark", "rollback") and not version.bad:
        yield VersionMarked("bad", model.seq, version.number)
    if not proposal.state.has_open_signal(model.seq, version.number, signal.name):
        yield ItemOpened(_item(firing, tenures), model.seq, version.number)


def _left(proposal: Proposal, tenure: Tenure, rule: str) -> Iterator[Event]:
    """Yield that a version leaves a stage: its share ends, or the stage goes back to the last version that was good.

    Where there is none the version stays: a person decides.
    """
    if tenure.share is not None:
        yield ShareEnded(tenure.model, tenure.stage, ends_of(tenure), rule)
        return
    target = find_target(proposal.state, tenure.model, tenure, proposal.observed.absent)
    if target.tenure is not None:
        yield make_rollback(proposal.state, tenure, target.tenure, target.passed_over, rule=rule)


def _item(firing: Sequence[SignalRule], tenures: Sequence[Tenure]) -> str:
    """Return what is open: ``canary`` where the version has only shares of stages that the rules are about, else ``signal``."""
    about = _about(firing, tenures)
    return "canary" if about and all(each.share is not None for each in about) else "signal"
