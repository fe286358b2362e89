"""A policy in words: one statement a rule. Pages, differences between policies and refusals are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelkeep.domain.policy.facts import age_words
from modelkeep.domain.policy.rules import Gate, Rules, SignalRule, StageRules
from modelkeep.domain.policy.shown import one_of
from modelkeep.domain.record import Answer

_THEN = {
    "observe": "it is only recorded",
    "open": "an item is opened",
    "mark": "the version is marked bad",
    "rollback": "the stage goes back",
}


class Statement(Answer, frozen=True):
    """What a rule says: ``subject`` is what it is about (``stage production``), ``rule`` its name, ``says`` its words."""

    subject: str
    rule: str
    says: str


class PolicyDifference(Answer, frozen=True):
    """A rule that differs between two policies; ``before`` and ``after`` are its words, None where it does not stand."""

    subject: str
    rule: str
    before: str | None
    after: str | None


def statements(rules: Rules) -> tuple[Statement, ...]:
    """Return every rule of a policy in words, in the order of the document."""
    return tuple(_statements(rules))


def differences(before: Rules, after: Rules) -> tuple[PolicyDifference, ...]:
    """Return which rules differ between two policies, in the order of the later one; what is gone comes last."""
    old, new = _by_name(before), _by_name(after)
    return tuple(
        PolicyDifference(*name, old.get(name), new.get(name))
        for name in dict.fromkeys((*new, *old))
        if old.get(name) != new.get(name)
    )


def _by_name(rules: Rules) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for each in statements(rules):
        name = (each.subject, each.rule)
        found[name] = f"{found[name]}; {each.says}" if name in found else each.says
    return found


def _statements(rules: Rules) -> Iterator[Statement]:
    if rules.stages:
        yield Statement("stages", "order", " < ".join(stage.name for stage in rules.stages))
    for stage in rules.stages:
        yield from _of_stage(stage)
    if rules.model_names:
        yield Statement("models", "name", _one_of(rules.model_names))
    if rules.labels:
        yield Statement("models", "label", _one_of(rules.labels))
    for direction in rules.metrics:
        yield Statement("metrics", direction.metric, f"{direction.better} is better")
    for role in rules.roles:
        yield Statement(f"role {role.name}", "may", ", ".join(role.may))
    for person in rules.persons:
        yield Statement("persons", person.name, f"has the accounts {', '.join(person.accounts)}")
    for signal in rules.signals:
        yield Statement(f"signal {signal.name}", _signal_rule(signal), _THEN.get(signal.then, signal.then))
    if rules.retention is not None:
        kept = [
            *([] if rules.retention.keep_last is None else [f"the last {rules.retention.keep_last} versions"]),
            *(
                []
                if rules.retention.keep_newer is None
                else [f"versions newer than {age_words(rules.retention.keep_newer)}"]
            ),
        ]
        yield Statement("retention", "keeps", " and ".join(kept))
        yield Statement("retention", "the rest", f"{rules.retention.then}d")


def _of_stage(stage: StageRules) -> Iterator[Statement]:
    subject = f"stage {stage.name}"
    if stage.meaning is not None:
        yield Statement(subject, "means", stage.meaning)
    yield Statement(subject, "protected", "yes" if stage.protected else "no")
    if stage.synonyms:
        yield Statement(subject, "also called", ", ".join(stage.synonyms))
    if stage.after:
        yield Statement(subject, "after", f"only after {' or '.join(stage.after)}")
    if stage.soak is not None:
        words = f"{age_words(stage.soak.seconds)} in {stage.soak.stage} without a break"
        yield Statement(subject, "soak", _graded(words, warn=stage.soak.warn))
    for word in stage.require:
        yield Statement(subject, word, "must be there")
    for word in stage.recommend:
        yield Statement(subject, word, _graded("should be there", warn=True))
    for gate in stage.gates:
        yield from _of_gate(subject, gate)
    for check in stage.checks:
        age = "" if check.max_age is None else f", at most {age_words(check.max_age)} old"
        yield Statement(subject, f"check {check.name}", _graded(f"must have passed{age}", warn=check.warn))
    yield from _of_contents(subject, stage)
    for each in stage.approvals:
        who = "who may approve" if each.role is None else f"with the role {each.role}"
        yield Statement(
            subject, f"approval{'' if each.role is None else f' of {each.role}'}", f"{_persons(each.count)} {who}"
        )
    if stage.approvals_expire is not None:
        yield Statement(subject, "approvals", f"count for {age_words(stage.approvals_expire)}")
    if stage.on_last_approval is not None:
        yield Statement(subject, "last approval", "promotes by itself")


def _of_contents(subject: str, stage: StageRules) -> Iterator[Statement]:
    if stage.formats is not None:
        yield Statement(subject, "formats", _graded(f"only {one_of(stage.formats.only)}", warn=stage.formats.warn))
    if stage.pickles is not None:
        yield Statement(subject, "pickles", _graded(f"must be {stage.pickles.level}", warn=stage.pickles.warn))
    if stage.signature is not None:
        words = f"must be {stage.signature.level} with production's"
        yield Statement(subject, "signature", _graded(words, warn=stage.signature.warn))


def _of_gate(subject: str, gate: Gate) -> Iterator[Statement]:
    name = f"metric {gate.metric}" + ("" if gate.data is None else f" on {gate.data}")
    for words in (
        None if gate.min is None else f"at least {gate.min}",
        None if gate.max is None else f"at most {gate.max}",
        None if gate.no_worse_than_production is None else _margin(gate),
    ):
        if words is not None:
            yield Statement(subject, name, _graded(words, warn=gate.warn))


def _margin(gate: Gate) -> str:
    better = "" if gate.direction is None else f" ({gate.direction} is better)"
    return f"at most {gate.no_worse_than_production} worse than production{better}"


def _signal_rule(signal: SignalRule) -> str:
    bounds = [
        *([] if signal.above is None else [f"above {signal.above}"]),
        *([] if signal.below is None else [f"below {signal.below}"]),
    ]
    where = "" if signal.stage is None else f" in {signal.stage}"
    least = "" if signal.count is None else f" over {signal.count} observations"
    return f"{' or '.join(bounds)}{where}{least}"


def _graded(words: str, *, warn: bool) -> str:
    return f"{words} (only warns)" if warn else words


def _one_of(globs: Sequence[str]) -> str:
    return f"matches {' or '.join(globs)}"


def _persons(count: int) -> str:
    return "one person" if count == 1 else f"{count} persons"
