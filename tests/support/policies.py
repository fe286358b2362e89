"""Policies as text and as strategies: rules are written as a ``policy.toml``, and made at random."""

import json

from hypothesis import strategies as st
from msgspec.structs import replace

from modelkeep.domain.policy.permissions import BY_STAGE, PLAIN
from modelkeep.domain.policy.problems import METADATA, find_problems
from modelkeep.domain.policy.rules import (
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

#: A document with every key.
WHOLE = """\
format = 1
model_names = ["fraud", "risk/*"]
labels = ["[0-9]*"]

[metrics]
auc = "higher"
"p99 (ms)" = "lower"

[roles.lead]
may = ["*"]
[roles.member]
may = ["register", "approve", "promote:staging", "rollback:*"]

[persons]
ana = ["ana", "ana-admin"]

[[stages]]
name = "staging"

[[stages]]
name = "production"
meaning = "serves users"
after = ["staging"]
soak = "12h in staging"
require = ["data", "tag.owner"]
recommend = ["label", "environment"]
formats = ["onnx", "safetensors"]
pickles = {level = "safe", warn = true}
signature = "compatible"
approvals_expire = "2w"
on_last_approval = "promote"

[[stages.gates]]
metric = "auc"
data = "holdout@2026-02"
min = 0.90
max = 1
no_worse_than_production = 5e-3

[[stages.gates]]
metric = "p99 (ms)"
max = 1_000
warn = true

[[stages.checks]]
name = "bias"
max_age = "30d"

[[stages.approvals]]
count = 2
role = "member"

[[signals]]
name = "errors"
above = +0.05
count = 100
stage = "production"
then = "rollback"

[retention]
keep_last = 20
keep_newer = "90d"
then = "archive"
"""

#: Rules of a stage about contents, and the key beside ``warn``.
_CONTENTS = {"formats": "only", "pickles": "level", "signature": "level"}
#: Fields of a stage that hold plain values, and of what is inside of one.
_BOUNDS = {"min", "max", "no_worse_than_production", "above", "below"}
_TIMES = {"max_age", "approvals_expire", "keep_newer"}


def to_toml(rules):
    """Return a document that says what rules are."""
    lines = [f"{name} = {_value(getattr(rules, name))}" for name in ("model_names", "labels") if getattr(rules, name)]
    lines += ["[metrics]", *(f"{_value(each.metric)} = {_value(each.better)}" for each in rules.metrics)]
    lines += ["[persons]", *(f"{_value(each.name)} = {_value(each.accounts)}" for each in rules.persons)]
    for role in rules.roles:
        lines += [f"[roles.{role.name}]", f"may = {_value(role.may)}"]
    for stage in rules.stages:
        lines += ["[[stages]]", f"protected = {_value(stage.protected)}", f"synonyms = {_value(stage.synonyms)}"]
        lines += _fields(stage, {"protected", "synonyms", "soak", "gates", "checks", "approvals", *_CONTENTS})
        for name, key in _CONTENTS.items():
            rule = getattr(stage, name)
            if rule is not None:
                lines += [f"{name} = {{{key} = {_value(getattr(rule, key))}, warn = {_value(rule.warn)}}}"]
        if stage.soak is not None:
            soak = stage.soak
            lines += [f'soak = {{time = "{soak.seconds}s in {soak.stage}", warn = {_value(soak.warn)}}}']
        for name in ("gates", "checks", "approvals"):
            for each in getattr(stage, name):
                lines += [f"[[stages.{name}]]", *_fields(each)]
    for signal in rules.signals:
        lines += ["[[signals]]", *_fields(signal)]
    if rules.retention is not None:
        lines += ["[retention]", *_fields(rules.retention)]
    return "\n".join(lines) + "\n"


def _fields(struct, left_out=()):
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if name in left_out or value in (None, ()):
            continue
        if name in _BOUNDS:
            yield f"{name} = {value}"
        else:
            yield f"{name} = {_value(f'{value}s' if name in _TIMES else value)}"


def _value(value):
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _some(of, most=3):
    return st.lists(of, max_size=most, unique=True).map(tuple)


_WORDS = ("qa", "staging", "canary-room", "production")
_names = st.sampled_from(("auc", "p99 (ms)", "mAP50(B)", "précision", "loss"))
_numbers = st.decimals(-100, 100, allow_nan=False, places=3).map(lambda number: f"{number:f}")
_seconds = st.integers(1, 100 * 365 * 86_400)
_gates = st.builds(
    Gate,
    metric=_names,
    data=st.none() | st.sampled_from(("holdout", "holdout@2026-02")),
    min=st.none() | _numbers,
    max=st.none() | _numbers,
    no_worse_than_production=st.none() | st.sampled_from(("0", "0.005", "1e-3")),
    warn=st.booleans(),
).map(
    lambda gate: (
        gate
        if gate.no_worse_than_production is None
        else replace(gate, direction="higher" if gate.metric == "auc" else "lower")
    )
)
_checks = st.builds(
    RequiredCheck, name=st.sampled_from(("bias", "scan.v2")), max_age=st.none() | _seconds, warn=st.booleans()
)
_required = st.sampled_from((*METADATA, "tag.owner", "tag.päivä"))


def _stage(name, below, roles):
    return st.builds(
        StageRules,
        name=st.just(name),
        protected=st.booleans(),
        synonyms=_some(st.just(f"{name[:2]}x"), 1),
        meaning=st.none() | st.sampled_from(("serves users", "näkyy kaikille: \"x\" \\ 'y'")),
        after=_some(st.sampled_from(below), 2) if below else st.just(()),
        soak=st.none() | st.builds(Soak, stage=st.sampled_from(below), seconds=_seconds, warn=st.booleans())
        if below
        else st.none(),
        require=_some(_required),
        recommend=_some(_required),
        gates=_some(_gates),
        checks=_some(_checks, 2),
        approvals=_some(
            st.builds(RequiredApproval, count=st.integers(1, 3), role=st.none() | st.sampled_from(roles))
            if roles
            else st.builds(RequiredApproval, count=st.integers(1, 3)),
            2,
        ),
        formats=st.none()
        | st.builds(FormatsRule, only=st.sampled_from((("onnx",), ("safetensors", "gguf"))), warn=st.booleans()),
        pickles=st.none() | st.builds(ContentRule, level=st.just("safe"), warn=st.booleans()),
        signature=st.none() | st.builds(ContentRule, level=st.just("compatible"), warn=st.booleans()),
    )


@st.composite
def policies(draw, stages=None, with_roles=None):
    """Return rules without a problem, of ``stages`` or of some, with or without roles."""
    names = stages or draw(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3, unique=True))
    asked = [*PLAIN, *(f"{kind}:{stage}" for kind in BY_STAGE for stage in (*names, "*"))]
    bearers = (
        (RoleRules("lead", ("*",)), RoleRules("member", ("approve", *draw(_some(st.sampled_from(asked), 8)))))
        if (draw(st.booleans()) if with_roles is None else with_roles)
        else ()
    )
    bearers = tuple(RoleRules(role.name, tuple(dict.fromkeys(role.may))) for role in bearers)
    role_names = [role.name for role in bearers]
    rules = Rules(
        stages=tuple(draw(_stage(name, names[:place], role_names)) for place, name in enumerate(names)),
        model_names=draw(_some(st.sampled_from(("fraud", "risk/*", "[a-c]*")), 2)),
        labels=draw(_some(st.sampled_from(("[0-9]*.[0-9]*", "20*")), 2)),
        metrics=draw(st.sampled_from(((), (Direction("auc", "higher"),), (Direction("p99 (ms)", "lower"),)))),
        roles=bearers,
        persons=draw(st.sampled_from(((), (Person("ana", ("ana", "ana-admin")), Person("Bo B.", ("bo",)))))),
        signals=draw(
            _some(
                st.builds(
                    SignalRule,
                    name=st.just("errors"),
                    then=st.sampled_from(("observe", "open", "mark", "rollback")),
                    stage=st.none() | st.sampled_from(names),
                    above=_numbers,
                    count=st.none() | st.integers(1, 10_000),
                ),
                2,
            )
        ),
        retention=draw(
            st.none()
            | st.builds(Retention, then=st.sampled_from(("archive", "delete")), keep_last=st.integers(1, 99), keep_newer=st.none() | _seconds)
        ),
    )  # fmt: skip
    return _mended(rules)


def _mended(rules):
    """Return rules of which the stages that have a problem ask for nothing."""
    for problem in find_problems(rules):
        match problem.path:
            case ("stages", place, *_):
                stage = rules.stages[place]
                stages = list(rules.stages)
                stages[place] = StageRules(name=stage.name, protected=stage.protected)
                rules = replace(rules, stages=tuple(stages))
            case ("signals", *_):
                rules = replace(rules, signals=())
            case _:
                raise AssertionError(problem)
    return rules
