"""What is wrong with the rules of a policy: words that mean nothing, references to nothing, rules that are pointless.

`find_problems` returns all problems at once. Each names the field that it is about, so that the reader of a
``policy.toml`` can name the line. `decide` refuses rules that have a problem, so none is ever in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.policy.content_problems import content_problems
from modelkeep.domain.policy.permissions import BY_STAGE, PLAIN, may
from modelkeep.domain.policy.problem import (
    Path,
    Problem,
    check_line,
    check_name,
    check_number,
    check_repeated,
    near_words,
    number_of,
    unknown_word,
)
from modelkeep.domain.policy.rules import MOST_PERSONS, Gate, Retention, Rules, SignalRule, StageRules
from modelkeep.domain.policy.verdict_size import LARGEST_VERDICT, largest_verdict
from modelkeep.domain.policy.words import CONSEQUENCES, ROLE_NAME, check_check_name, check_signal_name
from modelkeep.domain.stages import check_stages
from modelkeep.domain.text import caseless, check_key, printable

if TYPE_CHECKING:
    pass

#: What a stage may require of a version; ``tag.K`` besides.
METADATA = ("data", "code", "clean-code", "licence", "description", "label", "reason", "signature", "environment")
DIRECTIONS = ("higher", "lower")
THEN_RETENTION = ("archive", "delete")
#: The canonical bytes of a policy, which every change reads.
LARGEST_POLICY = 64 << 10
_LONGEST_MEANING = 500
_LONGEST_GLOB = 200


def find_problems(rules: Rules, present_stages: Sequence[str] | None = None) -> tuple[Problem, ...]:
    """Return every problem of some rules.

    ``present_stages`` are the registry's, which stay where the policy names none. Where they are None too, what refers
    to a stage is not judged.
    """
    stages = [each.name for each in rules.stages] or present_stages
    found = [
        *_words_of_stages(rules),
        *(problem for place in range(len(rules.stages)) for problem in _stage(rules, place)),
        *_globs("model_names", rules.model_names),
        *_globs("labels", rules.labels),
        *_metrics(rules),
        *_roles(rules, stages),
        *_persons(rules),
        *(problem for place, rule in enumerate(rules.signals) for problem in _signal(rule, ("signals", place), stages)),
        *check_repeated(
            ("signals",), [(each.name, each.stage, each.above, each.below, each.count) for each in rules.signals]
        ),
        *(() if rules.retention is None else _retention(rules.retention)),
    ]
    size = len(rules.to_bytes())
    if size > LARGEST_POLICY:
        found.append(Problem((), f"the policy has {size:,} bytes, {LARGEST_POLICY:,} are the most"))
    return tuple(found)


def _words_of_stages(rules: Rules) -> Iterator[Problem]:
    for place, each in enumerate(rules.stages):
        yield from check_name(("stages", place, "name"), check_stages, [each.stage])
    words = Counter(word for each in rules.stages for word in {each.name, *each.synonyms})
    for place, each in enumerate(rules.stages):
        for word in (each.name, *each.synonyms):
            if words[word] > 1:
                yield Problem(
                    ("stages", place, "name" if word == each.name else "synonyms"),
                    f"two stages are called '{printable(word)}'",
                )


def _stage(rules: Rules, place: int) -> Iterator[Problem]:
    """Yield the problems of what one stage asks for."""
    stage, path = rules.stages[place], ("stages", place)
    below = [each.name for each in rules.stages[:place]]
    if stage.meaning is not None:
        yield from check_line((*path, "meaning"), stage.meaning, _LONGEST_MEANING)
    for number, name in enumerate(stage.after):
        yield from _lower_stage((*path, "after", number), name, stage, below)
    if stage.soak is not None:
        yield from _lower_stage((*path, "soak"), stage.soak.stage, stage, below)
    yield from _required(stage, path)
    for number, gate in enumerate(stage.gates):
        yield from _gate(rules, gate, (*path, "gates", number))
    yield from check_repeated((*path, "gates"), [(each.metric, each.data, each.warn) for each in stage.gates])
    for number, check in enumerate(stage.checks):
        yield from check_name((*path, "checks", number, "name"), check_check_name, check.name)
    yield from check_repeated((*path, "checks"), [each.name for each in stage.checks])
    yield from content_problems(stage, path)
    yield from _approvals(rules, stage, path)
    if largest_verdict(stage) > LARGEST_VERDICT:
        yield Problem(
            path, f"the stage {printable(stage.name)} has too many rules: what they find would not fit into an entry"
        )


def _lower_stage(path: Path, name: str, stage: StageRules, below: Sequence[str]) -> Iterator[Problem]:
    if name == stage.name:
        yield Problem(path, f"{printable(name)} cannot wait for itself", tuple(below[-1:]))
    elif name not in below:
        yield Problem(
            path, f"no stage below {printable(stage.name)} is called '{printable(name)}'", near_words(name, below)
        )


def _required(stage: StageRules, path: Path) -> Iterator[Problem]:
    for field, words in (("require", stage.require), ("recommend", stage.recommend)):
        for number, word in enumerate(words):
            if word.startswith("tag."):
                yield from check_name((*path, field, number), check_key, word.removeprefix("tag."), "key of a tag")
            elif word not in METADATA:
                yield unknown_word((*path, field, number), "nothing that can be asked for", word, [*METADATA, "tag.K"])
    every = Counter((*stage.require, *stage.recommend))
    for word in (word for word, times in every.items() if times > 1):
        yield Problem((*path, "require"), f"'{printable(word)}' stands there twice: a version has it or not")
    if {"code", "clean-code"} <= set(stage.require):
        yield Problem((*path, "require"), "'code' is pointless beside 'clean-code', which is more")


def _gate(rules: Rules, gate: Gate, path: Path) -> Iterator[Problem]:
    yield from check_name((*path, "metric"), check_key, gate.metric, "name of a metric")
    if gate.data is not None:
        yield from check_name((*path, "data"), check_key, gate.data, "name of a dataset")
    for field in ("min", "max", "no_worse_than_production"):
        yield from check_number((*path, field), getattr(gate, field))
    if (gate.min, gate.max, gate.no_worse_than_production) == (None, None, None):
        yield Problem(path, f"the gate of {printable(gate.metric)} has no bound: min, max or no_worse_than_production")
    low, high, margin = (number_of(each) for each in (gate.min, gate.max, gate.no_worse_than_production))
    if low is not None and high is not None and low > high:
        yield Problem((*path, "min"), f"no value is at least {gate.min} and at most {gate.max}")
    if margin is not None and margin < 0:
        yield Problem((*path, "no_worse_than_production"), "how much worse it may be: 0 or more")
    if gate.direction is None:
        if gate.no_worse_than_production is not None and all(each.metric != gate.metric for each in rules.metrics):
            yield Problem(
                path, f'say which values of {printable(gate.metric)} are better: direction = "higher" or "lower"'
            )
        return
    if gate.direction not in DIRECTIONS:
        yield unknown_word((*path, "direction"), "no direction", gate.direction, DIRECTIONS)
    elif gate.no_worse_than_production is None:
        yield Problem((*path, "direction"), "pointless without no_worse_than_production")
    elif any(each.metric == gate.metric and each.better != gate.direction for each in rules.metrics):
        yield Problem((*path, "direction"), f"the policy says something else of {printable(gate.metric)} under metrics")


def _approvals(rules: Rules, stage: StageRules, path: Path) -> Iterator[Problem]:
    roles = {role.name: role for role in rules.roles}
    for number, each in enumerate(stage.approvals):
        where = (*path, "approvals", number)
        if each.role is not None and each.role not in roles:
            message = f"the policy has no role '{printable(each.role)}'"
            yield Problem((*where, "role"), message, near_words(each.role, roles))
        elif each.role is not None and not may(roles[each.role].may, "approve"):
            yield Problem((*where, "role"), f"the role {each.role} may not approve: give it the permission approve")
    yield from check_repeated((*path, "approvals"), [each.role for each in stage.approvals])
    if sum(each.count for each in stage.approvals) > MOST_PERSONS:
        yield Problem((*path, "approvals"), f"a stage asks for {MOST_PERSONS} persons at most")
    if rules.roles and stage.approvals and not any(may(role.may, "approve") for role in rules.roles):
        yield Problem((*path, "approvals"), "no role may approve: give one the permission approve")
    for field in ("approvals_expire", "on_last_approval"):
        if getattr(stage, field) is not None and not stage.approvals:
            yield Problem((*path, field), "pointless without approvals")
    if stage.on_last_approval not in (None, "promote"):
        yield unknown_word(
            (*path, "on_last_approval"),
            "nothing that the last approval can do",
            stage.on_last_approval or "",
            ["promote"],
        )


def _metrics(rules: Rules) -> Iterator[Problem]:
    for place, each in enumerate(rules.metrics):
        yield from check_name(("metrics", place), check_key, each.metric, "name of a metric")
        if each.better not in DIRECTIONS:
            yield unknown_word(("metrics", place), "no direction", each.better, DIRECTIONS)
    yield from check_repeated(("metrics",), [each.metric for each in rules.metrics])


def _roles(rules: Rules, stages: Sequence[str] | None) -> Iterator[Problem]:
    for place, role in enumerate(rules.roles):
        if not ROLE_NAME.fullmatch(role.name):
            yield Problem(
                ("roles", place),
                f"not a name for a role: '{printable(role.name)}' (lower case letters, digits and '-')",
            )
        if not role.may:
            yield Problem(("roles", place), f"the role {printable(role.name)} may nothing")
        for number, permission in enumerate(role.may):
            yield from _permission(("roles", place, "may", number), permission, stages)
        yield from check_repeated(("roles", place, "may"), role.may)
    yield from check_repeated(("roles",), [role.name for role in rules.roles])


def _permission(path: Path, permission: str, stages: Sequence[str] | None) -> Iterator[Problem]:
    kind, colon, stage = permission.partition(":")
    if permission == "*" or permission in PLAIN:
        return
    if kind not in BY_STAGE or (colon and kind in PLAIN):
        by_stage = [f"{each}:{stage}" for each in BY_STAGE for stage in ("*", *(stages or ()))]
        yield unknown_word(path, "no permission", permission, [*PLAIN, *by_stage, "*"])
    elif not colon:
        yield Problem(path, f"'{permission}' needs a stage", (f"{kind}:{(stages or ['STAGE'])[-1]}", f"{kind}:*"))
    elif stage != "*" and stages is not None and stage not in stages:
        near = tuple(f"{kind}:{each}" for each in near_words(stage, stages))
        yield Problem(path, f"there is no stage '{printable(stage)}'", near)


def _persons(rules: Rules) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for place, person in enumerate(rules.persons):
        path = ("persons", place)
        if not person.accounts:
            yield Problem(path, f"{printable(person.name)} has no account")
        for account in person.names:
            if not account or printable(account) != account or len(account) > _LONGEST_GLOB:
                yield Problem(path, f"not the name of an account: '{printable(account)}'")
            elif owner.setdefault(caseless(account), person.name) != person.name:
                yield Problem(path, f"{account} is {owner[caseless(account)]} and {person.name} at once")
        yield from check_repeated(path, person.accounts)
    yield from check_repeated(("persons",), [person.name for person in rules.persons])


def _signal(rule: SignalRule, path: Path, stages: Sequence[str] | None) -> Iterator[Problem]:
    yield from check_name((*path, "name"), check_signal_name, rule.name)
    if rule.then not in CONSEQUENCES:
        yield unknown_word((*path, "then"), "nothing that a signal can do", rule.then, CONSEQUENCES)
    yield from check_number((*path, "above"), rule.above)
    yield from check_number((*path, "below"), rule.below)
    above, below = number_of(rule.above), number_of(rule.below)
    if rule.above is None and rule.below is None:
        yield Problem(path, f"the rule of the signal {printable(rule.name)} has no bound: above or below")
    elif above is not None and below is not None and above < below:
        yield Problem((*path, "above"), f"every value is above {rule.above} or below {rule.below}")
    if rule.stage is not None and stages is not None and rule.stage not in stages:
        message = f"there is no stage '{printable(rule.stage)}'"
        yield Problem((*path, "stage"), message, near_words(rule.stage, stages))


def _retention(retention: Retention) -> Iterator[Problem]:
    if retention.then not in THEN_RETENTION:
        yield unknown_word(
            ("retention", "then"), "nothing that can be done with the rest", retention.then, THEN_RETENTION
        )
    if retention.keep_last is None and retention.keep_newer is None:
        yield Problem(("retention",), "it keeps nothing: keep_last or keep_newer")


def _globs(field: str, globs: Sequence[str]) -> Iterator[Problem]:
    for number, glob in enumerate(globs):
        yield from check_line((field, number), glob, _LONGEST_GLOB)
    if "*" in globs and len(globs) > 1:
        yield Problem((field,), "'*' makes the others pointless")
    yield from check_repeated((field,), globs)
