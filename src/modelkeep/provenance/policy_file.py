"""A ``policy.toml`` as people write it, read into the `Rules` that the log holds.

All mistakes are reported at once, each with its line, its key and the nearest word that is right.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from modelkeep.domain.metric_directions import direction_of
from modelkeep.domain.policy.problem import Path, Problem
from modelkeep.domain.policy.problems import find_problems
from modelkeep.domain.policy.rules import (
    FORMAT_NUMBER,
    MOST_PERSONS,
    ContentRule,
    Direction,
    FormatsRule,
    Gate,
    Person,
    RequiredApproval,
    RequiredCheck,
    Retention,
    RoleRules,
    Rules,
    SignalRule,
    Soak,
    StageRules,
)
from modelkeep.domain.policy.words import KINDS
from modelkeep.domain.stages import DEFAULT_STAGES
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, SchemaMismatch, UsageError
from modelkeep.provenance.policy_reader import Table
from modelkeep.provenance.toml_lines import key_lines, line_of
from modelkeep.provenance.value_files import decode, parse_toml, read_bytes

_TOP = ("format", "model_names", "labels", "metrics", "roles", "persons", "stages", "signals", "retention")
_STAGE = (
    "name", "meaning", "synonyms", "protected", "after", "soak", "require", "recommend", "gates", "checks", "approvals",
    "approvals_expire", "on_last_approval", "formats", "pickles", "signature",
)  # fmt: skip
_GATE = ("metric", "data", "min", "max", "no_worse_than_production", "direction", "warn")
_CHECK = ("name", "max_age", "warn")
_APPROVAL = ("count", "role")
_SOAK = ("time", "warn")
_FORMATS = ("only", "warn")
_CONTENT = ("level", "warn")
_ROLE = ("may",)
_SIGNAL = ("name", "then", "stage", "above", "below", "count")
_RETENTION = ("then", "keep_last", "keep_newer")
#: What has a key that users put below a table, where it is a key of that table.
_OUTER = {**dict.fromkeys(_STAGE, "a stage"), **dict.fromkeys(_TOP, "the policy")}
_MOST_MISTAKES = 40
_SYNONYMS = {stage.name: stage.synonyms for stage in DEFAULT_STAGES}


class PolicySource(NamedTuple):
    """The rules of a document, and its text."""

    rules: Rules
    text: str


def read_policy(
    path: str, present_stages: Sequence[str] | None = None, seen: os.stat_result | None = None
) -> PolicySource:
    """Read a ``policy.toml``; ``-`` is standard input, ``present_stages`` are those of the registry.

    With ``seen`` another file than the one of that status is refused.
    Raises ``NotFound`` where there is no file, ``UsageError`` with all mistakes of a wrong one, ``SchemaMismatch`` for a
    format of a newer modelkeep.
    """
    shown = "standard input" if path == "-" else printable(path)
    try:
        data = read_bytes(path, seen)
    except NotFound as error:
        kind = path if path in KINDS else "team"
        raise NotFound(error.message, f"modelkeep policy init {kind}        (writes one to begin with)") from error
    return parse_policy(decode(data, shown, "save it as UTF-8"), shown, present_stages)


def parse_policy(text: str, shown: str, present_stages: Sequence[str] | None = None) -> PolicySource:
    """Return the rules of a document; ``shown`` is what messages call it."""
    values = parse_toml(text, shown, "mend that line; modelkeep policy init writes a policy that works")
    if not values:
        message = f"{shown} says nothing: it would put no rules in force"
        raise UsageError(message, "a policy without rules is the line: format = 1")
    number = values.get("format", FORMAT_NUMBER)
    if isinstance(number, int) and not isinstance(number, bool) and number > FORMAT_NUMBER:
        message = f"{shown} is a policy of format {number}, and this modelkeep knows format {FORMAT_NUMBER}"
        raise SchemaMismatch(message, "install a newer modelkeep")
    problems: list[Problem] = []
    rules = _rules(Table(values, (), problems, "a policy", _TOP, _OUTER))
    told = {each.path for each in problems}
    found = (_in_document(rules, each) for each in find_problems(rules, present_stages))
    problems += [each for each in found if not _is_told(each.path, told)]
    if problems:
        raise _refusal(problems, text, shown)
    return PolicySource(rules, text)


def _is_told(path: Path, told: set[Path]) -> bool:
    """Tell whether a mistake of the same field, or of a field around or inside it, is reported already."""
    return any(path[: len(each)] == each or each[: len(path)] == path for each in told if each) and bool(path)


def _in_document(rules: Rules, problem: Problem) -> Problem:
    """Return a problem with the path that its field has in a document: roles stand there by their names."""
    named = {
        "roles": [each.name for each in rules.roles],
        "persons": [each.name for each in rules.persons],
        "metrics": [each.metric for each in rules.metrics],
    }
    match problem.path:
        case (str(field), int(place), *rest) if field in named:
            return Problem((field, named[field][place], *rest), problem.message, problem.nearest)
        case _:
            return problem


def _refusal(problems: Sequence[Problem], text: str, shown: str) -> UsageError:
    """Return the error with every mistake, in the order of the document."""
    lines = key_lines(text)
    placed = sorted(
        ((line_of(lines, each.path) or 1, each) for each in dict.fromkeys(problems)), key=lambda pair: pair[0]
    )
    count = f"{len(placed)} mistake{'' if len(placed) == 1 else 's'}"
    told = [f"  line {line}: {_sentence(each)}" for line, each in placed[:_MOST_MISTAKES]]
    if len(placed) > _MOST_MISTAKES:
        told.append(f"  and {len(placed) - _MOST_MISTAKES} more")
    message = "\n".join([f"{shown} is no policy that can be in force: {count}", *told])
    return UsageError(message, "nothing was changed; mend the lines and try again")


def _sentence(problem: Problem) -> str:
    key = ".".join(str(each) for each in problem.path if isinstance(each, str))
    near = f" (did you mean {' or '.join(problem.nearest)}?)" if problem.nearest else ""
    return printable(f"{key}: {problem.message}{near}" if key else f"{problem.message}{near}")


def _rules(top: Table) -> Rules:
    number = top.raw("format")
    if number is not None and (type(number) is not int or number != FORMAT_NUMBER):
        top.wrong("format", f"format is {FORMAT_NUMBER}")
    return Rules(
        stages=_stages(top),
        model_names=top.texts("model_names"),
        labels=top.texts("labels"),
        metrics=tuple(_directions(top)),
        roles=tuple(_roles(top)),
        persons=tuple(Person(name, accounts) for name, accounts in top.lists("persons")),
        signals=tuple(_signal(each) for each in top.tables("signals", "a signal", _SIGNAL)),
        retention=_retention(top.inner("retention", "retention", _RETENTION)) if "retention" in top else None,
    )


def _stages(top: Table) -> tuple[StageRules, ...]:
    """Return the stages; as `init` does it, the last one is protected, and ``prod`` and ``stg`` mean the long words."""
    tables = list(top.tables("stages", "a stage", _STAGE))
    metrics = top.raw("metrics")
    stages = [_stage(each, metrics if isinstance(metrics, dict) else ()) for each in tables]
    taken = {word for stage in stages for word in (stage.name, *stage.synonyms)}
    for place, (table, stage) in enumerate(zip(tables, stages, strict=True)):
        changes: dict[str, object] = {}
        if "synonyms" not in table:
            changes["synonyms"] = tuple(word for word in _SYNONYMS.get(stage.name, ()) if word not in taken)
        if "protected" not in table:
            changes["protected"] = place == len(stages) - 1
        stages[place] = replace(stage, **changes)
    return tuple(stages)


def _stage(table: Table, told: Container[str]) -> StageRules:
    return StageRules(
        name=table.needed("name", "a stage"),
        protected=table.flag("protected"),
        synonyms=table.texts("synonyms"),
        meaning=table.text("meaning"),
        after=table.texts("after"),
        soak=_soak(table),
        require=table.texts("require"),
        recommend=table.texts("recommend"),
        gates=tuple(_gate(each, told) for each in table.tables("gates", "a gate", _GATE)),
        checks=tuple(_check(each) for each in table.tables("checks", "a check", _CHECK)),
        approvals=_approvals(table),
        approvals_expire=table.seconds("approvals_expire"),
        on_last_approval=table.text("on_last_approval"),
        formats=_formats(table),
        pickles=_content(table, "pickles"),
        signature=_content(table, "signature"),
    )


def _soak(table: Table) -> Soak | None:
    """Return ``soak = "12h in staging"``, or ``soak = {time = "12h in staging", warn = true}``."""
    inner = isinstance(table.raw("soak"), dict)
    where = table.inner("soak", "soak", _SOAK) if inner else table
    found = where.soak("time" if inner else "soak")
    if inner and "time" not in where:
        where.wrong("time", "soak needs 'time', as \"12h in staging\"")
    return None if found is None else Soak(stage=found[0], seconds=found[1], warn=inner and where.flag("warn"))


def _formats(table: Table) -> FormatsRule | None:
    """Return ``formats = ["onnx"]``, or ``formats = {only = ["onnx"], warn = true}``."""
    if "formats" not in table:
        return None
    if not isinstance(table.raw("formats"), dict):
        return FormatsRule(only=table.texts("formats"))
    inner = table.inner("formats", "formats", _FORMATS)
    return FormatsRule(only=inner.texts("only"), warn=inner.flag("warn"))


def _content(table: Table, key: str) -> ContentRule | None:
    """Return ``pickles = "safe"``, or ``pickles = {level = "safe", warn = true}``."""
    if key not in table:
        return None
    if not isinstance(table.raw(key), dict):
        return ContentRule(level=table.text(key) or "")
    inner = table.inner(key, key, _CONTENT)
    return ContentRule(level=inner.needed("level", key), warn=inner.flag("warn"))


def _gate(table: Table, told: Container[str]) -> Gate:
    """Return a gate; its direction is the one that the name of the metric says, unless the policy tells it."""
    metric, direction = table.needed("metric", "a gate"), table.text("direction")
    if direction is None and "no_worse_than_production" in table and metric not in told:
        direction = direction_of(metric)
    return Gate(
        metric=metric,
        data=table.text("data"),
        min=table.number("min"),
        max=table.number("max"),
        no_worse_than_production=table.number("no_worse_than_production"),
        direction=direction,
        warn=table.flag("warn"),
    )


def _check(table: Table) -> RequiredCheck:
    return RequiredCheck(
        name=table.needed("name", "a check"), max_age=table.seconds("max_age"), warn=table.flag("warn")
    )


def _approvals(table: Table) -> tuple[RequiredApproval, ...]:
    """Return ``approvals = 2``, or tables with a count and a role."""
    if isinstance(table.raw("approvals"), int):
        return (RequiredApproval(count=table.count("approvals", MOST_PERSONS) or 1),)
    return tuple(
        RequiredApproval(count=(each.count("count", MOST_PERSONS) or 1), role=each.text("role"))
        for each in table.tables("approvals", "an approval", _APPROVAL)
    )


def _directions(top: Table) -> Iterator[Direction]:
    for name, better in top.named("metrics"):
        if isinstance(better, str):
            yield Direction(name, better)
        else:
            top.wrong("metrics", f'{printable(name)} is "higher" or "lower", whichever is better')


def _roles(top: Table) -> Iterator[RoleRules]:
    for name in dict(top.named("roles")):
        yield RoleRules(name, top.inner("roles", "a role", _ROLE, name).texts("may"))


def _signal(table: Table) -> SignalRule:
    return SignalRule(
        name=table.needed("name", "a signal"),
        then=table.needed("then", "a signal"),
        stage=table.text("stage"),
        above=table.number("above"),
        below=table.number("below"),
        count=table.count("count"),
    )


def _retention(table: Table) -> Retention:
    return Retention(
        then=table.needed("then", "retention"),
        keep_last=table.count("keep_last"),
        keep_newer=table.seconds("keep_newer"),
    )
