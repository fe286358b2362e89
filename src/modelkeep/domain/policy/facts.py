"""The rules of a stage about facts: what each finds of the version that asks for the stage, approvals aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from modelkeep.domain.metric_directions import LOWER
from modelkeep.domain.metrics import MetricKey
from modelkeep.domain.numbers import as_number
from modelkeep.domain.policy.candidate import Candidate, has_document, measured
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.rules import Gate, RequiredCheck, Rules, Soak, StageRules
from modelkeep.domain.policy.shown import MISSING, short
from modelkeep.domain.times import format_time, parse_stored

if TYPE_CHECKING:
    from decimal import Decimal

    from modelkeep.domain.verbs.interface import Proposal

#: Numbers of more digits are shown with an exponent.
_PLAIN_DIGITS = 30
_LONGEST_DATA = 60
#: Words of ``require`` that ask for a document, by the kind of it.
_DOCUMENTS = {"environment": "environment", "signature": "interface"}


def facts(proposal: Proposal, candidate: Candidate, rules: Rules, stage: StageRules) -> Iterator[RuleResult]:
    """Yield what each rule of a stage says but those about approvals.

    Values and bounds say nothing that changes as time passes: only whether the rule holds may change.
    """
    if stage.after:
        yield _after(proposal, candidate, stage.after)
    if stage.soak is not None:
        yield _soaked(proposal, candidate, stage.soak)
    for word in stage.require:
        yield _metadata(proposal, candidate, word, warn=False)
    for word in stage.recommend:
        yield _metadata(proposal, candidate, word, warn=True)
    for gate in stage.gates:
        yield from _gate(proposal, candidate, rules, gate)
    for check in stage.checks:
        yield _check(proposal, candidate, check)
    if (stage.formats, stage.pickles, stage.signature) != (None, None, None):
        from modelkeep.domain.policy.contents import content_results  # few stages ask for them

        yield from content_results(proposal, candidate, stage)


def age_words(seconds: int) -> str:
    """Return a duration as the policy writes it: ``12h``, ``30d``, ``90s``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _after(proposal: Proposal, candidate: Candidate, after: Sequence[str]) -> RuleResult:
    held = () if candidate.is_new else proposal.state.stages_held(candidate.model.seq, candidate.number)
    first = next((stage for stage in after if stage in held), None)
    value = f"never in {' or '.join(after)}" if first is None else f"was in {first}"
    return RuleResult("after", value, f"in {' or '.join(after)} before", first is not None)


def _soaked(proposal: Proposal, candidate: Candidate, soak: Soak) -> RuleResult:
    tenure = None
    if not candidate.is_new:
        tenure = proposal.state.latest_tenure(candidate.model.seq, soak.stage, candidate.number)
    bound = f"{age_words(soak.seconds)} in {soak.stage} until now"
    if tenure is None:
        return RuleResult("soak", f"never in {soak.stage}", bound, passed=False, warn=soak.warn)
    if tenure.until is not None:
        left = _second(proposal.state.time_of(tenure.until))
        return RuleResult("soak", f"left {soak.stage} at {left}", bound, passed=False, warn=soak.warn)
    since = parse_stored(proposal.state.time_of(tenure.seq))
    soaked = since + timedelta(seconds=soak.seconds)
    value = f"in {soak.stage} since {_second(format_time(since))}"
    bound = f"{bound}: from {_second(format_time(soaked))} on"
    return RuleResult("soak", value, bound, parse_stored(proposal.time) >= soaked, warn=soak.warn)


def _metadata(proposal: Proposal, candidate: Candidate, word: str, *, warn: bool) -> RuleResult:
    there = {
        "data": candidate.has_data,
        "code": candidate.code_commit is not None,
        "clean-code": candidate.code_commit is not None and candidate.code_state == "clean",
        "licence": candidate.licence is not None,
        "description": candidate.is_described,
        "label": candidate.label is not None,
        "reason": proposal.says("reason"),
    }
    if word in _DOCUMENTS:
        passed = has_document(proposal, candidate, _DOCUMENTS[word])
    else:
        passed = there[word] if word in there else word.removeprefix("tag.") in candidate.tags
    missing = "dirty" if word == "clean-code" and candidate.code_state == "dirty" else MISSING
    return RuleResult(word, "there" if passed else missing, "there", passed, warn=warn)


def _gate(proposal: Proposal, candidate: Candidate, rules: Rules, gate: Gate) -> Iterator[RuleResult]:
    """Yield a result for each bound of a metric; a missing or ambiguous value and one that is no number do not hold."""
    name = f"metric {gate.metric}" + ("" if gate.data is None else f" on {gate.data}")
    by_data = candidate.metrics.get(gate.metric, {})
    places = _places(by_data, gate.data)
    text = by_data[places[0]] if len(places) == 1 else None
    value = None if text is None else as_number(text)
    shown = _shown(text, places, gate.data)
    for word, sign, bound in (("min", ">=", gate.min), ("max", "<=", gate.max)):
        limit = None if bound is None else as_number(bound)
        if bound is not None:
            holds = value is not None and limit is not None and (value >= limit if sign == ">=" else value <= limit)
            yield RuleResult(f"{name} {word}", shown, f"{sign} {bound}", holds, warn=gate.warn)
    if gate.no_worse_than_production is not None:
        data = places[0] if len(places) == 1 else None
        bound, holds = _against(proposal, candidate, rules, gate, (value, data))
        production = proposal.state.stages()[-1].name
        yield RuleResult(f"{name} against {production}", shown, bound, holds, warn=gate.warn)


def _against(
    proposal: Proposal,
    candidate: Candidate,
    rules: Rules,
    gate: Gate,
    measured_on: tuple[Decimal | None, str | None],
) -> tuple[str, bool]:
    """Return the bound that the holder of the last stage sets, measured on the same data, and whether it is kept.

    ``measured_on`` is the candidate's value and the data it was measured on.

    Where nothing holds the stage, its last holder counts unless it is bad or deleted: who empties the stage lowers no
    bound. Where there is none, any number will do. Where the holder has no number to compare with, none will.
    """
    value, data = measured_on
    production = proposal.state.stages()[-1].name
    holder = proposal.state.last_holder(candidate.model.seq, production)
    version = None if holder is None else proposal.state.version(candidate.model.seq, holder.version)
    if holder is None or (holder.until is not None and (version is None or version.bad or version.deleted)):
        return f"a number: nothing is in {production}", value is not None
    ref = candidate.model.ref(holder.version)
    if holder.until is not None:
        ref = f"{ref}, the last in {production},"
    on = "" if data is None else f" on {data}"
    text = measured(proposal.state, candidate.model.seq, holder.version, gate.metric).get(data)
    theirs = None if text is None else as_number(text)
    margin = None if gate.no_worse_than_production is None else as_number(gate.no_worse_than_production)
    if theirs is None or margin is None:
        has = f"has {short(text)}" if text is not None else f"has no {gate.metric}"
        return f"as good as {ref}, which {has}{on}", False
    told = (each.better for each in rules.metrics if each.metric == gate.metric)
    lower = (gate.direction or next(told, None)) == LOWER
    limit = _exact_sum(theirs, margin if lower else margin.copy_negate())
    holds = value is not None and (value <= limit if lower else value >= limit)
    return f"{'<=' if lower else '>='} {_plain(limit)}: {ref} has {short(text or '')}{on}", holds


def _places(by_data: Mapping[str | None, str], data: str | None) -> tuple[str | None, ...]:
    """Return the data whose value is meant: one, none, or several where none is meant more than another.

    ``data`` None: by the rule of `domain.metrics`. ``NAME`` alone: without a version, else the newest on any version.
    """
    exact = MetricKey("", data).candidates(by_data)
    if exact or data is None:
        return exact
    return tuple(each for each in by_data if each is not None and each.startswith(f"{data}@"))[:1]


def _shown(text: str | None, places: Sequence[str | None], data: str | None) -> str:
    """Return the value of a metric as people read it, with the data where the rule leaves that open."""
    if text is not None:
        return short(text) if places[0] in (None, data) else f"{short(text)} on {_brief(places[0])}"
    return f"measured on {' and '.join(map(_brief, places[:3]))}" if places else MISSING


def _brief(data: str | None) -> str:
    """Return the name of a dataset, cut where it is very long: `verdict_size` counts on that."""
    name = str(data)
    return name if len(name) <= _LONGEST_DATA else f"{name[: _LONGEST_DATA - 3]}..."


def _exact_sum(one: Decimal, other: Decimal) -> Decimal:
    """Return a sum with all its digits: the context of `decimal` would round it to 28."""
    from decimal import Context, Inexact

    exponents = [each.as_tuple() for each in (one, other)]
    lowest = min(int(each.exponent) for each in exponents)
    highest = max(int(each.exponent) + len(each.digits) for each in exponents)
    return Context(prec=max(highest - lowest, 0) + 2, traps=[Inexact]).add(one, other)


def _plain(number: Decimal) -> str:
    """Return a number without exponent, unless that would have very many digits."""
    plain = abs(number.adjusted()) <= _PLAIN_DIGITS
    return short(f"{number:f}" if plain else str(number))


def _check(proposal: Proposal, candidate: Candidate, check: RequiredCheck) -> RuleResult:
    """Return what the newest result of a check says: it must not be ``fail``, too old or expired."""
    rule = f"check {check.name}"
    found = None
    if not candidate.is_new:
        found = proposal.state.check(candidate.model.seq, candidate.number, check.name)
    bound = "pass or warn" if check.max_age is None else f"pass or warn, at most {age_words(check.max_age)} old"
    if found is None:
        return RuleResult(rule, MISSING, bound, passed=False, warn=check.warn)
    age = parse_stored(proposal.time) - parse_stored(found.time)
    fresh = check.max_age is None or age <= timedelta(seconds=check.max_age)
    expired = found.expires is not None and found.expires <= proposal.time
    until = "" if found.expires is None else f", counts until {_second(found.expires)}"
    value = f"{found.result} in entry {found.seq} of {_second(found.time)}{until}"
    return RuleResult(rule, value, bound, found.result != "fail" and fresh and not expired, warn=check.warn)


def _second(time: str) -> str:
    return f"{time[:19]}Z"
