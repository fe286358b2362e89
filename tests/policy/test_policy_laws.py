"""Laws over random policies and histories: what is written is read back, a policy never changes what was before it."""

import re
import tomllib

import pytest
from history import History
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from policies import WHOLE, policies, to_toml

from modelkeep.changes.policy_templates import template
from modelkeep.domain.checks import judge
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.policy.problems import find_problems
from modelkeep.domain.policy.rules import parse_rules
from modelkeep.domain.policy.statements import differences, statements
from modelkeep.domain.policy.verdict_size import LARGEST_VERDICT, largest_verdict
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import IntegrityError, ModelkeepError, SchemaMismatch, UsageError
from modelkeep.provenance.policy_file import parse_policy
from modelkeep.provenance.toml_lines import key_lines
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import entries, named_by
from modelkeep.store.db.sqlite.private_tables import in_memory
from modelkeep.store.db.state import SqlState

pytestmark = pytest.mark.slow  # policies are made of many parts: each example takes a tenth of a second

#: A history is not made smaller: each try of that takes a second.
PHASES = [Phase.explicit, Phase.generate]
REFS = st.sampled_from(["fraud@1", "fraud@2", "fraud@3", "churn@1"])
STAGES = st.sampled_from(["staging", "production", "qa"])
WORDS = st.sampled_from(["0.5", "-3", "0.91", "NaN", "9" * 5000])

#: What happens: a verb of a history with its arguments, and who does it.
STEPS = st.one_of(
    st.tuples(st.just("policy"), policies()),
    st.tuples(st.just("policy"), policies(stages=["staging", "production"])),
    st.tuples(st.just("register"), st.sampled_from(["fraud", "churn", "a/b"]), st.none() | STAGES, st.none() | st.sampled_from(["1.0.0", "2.1"])),
    st.tuples(st.just("promote"), REFS, STAGES, st.booleans()),
    st.tuples(st.just("evaluate"), REFS, st.sampled_from(["auc", "loss", "p99 (ms)"]), WORDS),
    st.tuples(st.just("check"), REFS, st.sampled_from(["bias", "scan.v2"]), st.sampled_from(["pass", "fail"])),
    st.tuples(st.just("request"), REFS, STAGES),
    st.tuples(st.just("approve"), REFS, STAGES),
    st.tuples(st.just("role"), st.sampled_from(["lead", "member"]), st.sampled_from(["user:ana", "user:bo", "user:cy"]), st.booleans()),
    st.tuples(st.just("signal"), REFS, WORDS),
    st.tuples(st.just("retire"), REFS, STAGES),
    st.tuples(st.just("rename"), st.sampled_from(["fraud", "churn"]), st.sampled_from(["fraud2", "b-model"])),
    st.tuples(st.just("label"), REFS, st.sampled_from(["1.0.0", "2026.1"])),
)  # fmt: skip
HISTORIES = st.lists(st.tuples(st.sampled_from(["ana", "bo", "cy"]), STEPS), min_size=3, max_size=14)


def perform(history, step):
    """Let something happen; what is refused writes nothing. Return whether an entry was written."""
    before = SqlState(history.connection).head()
    try:
        match step:
            case "policy", rules:
                history.policy(rules, to_toml(rules))
            case "register", name, stage, label:
                history.register(name, stage=stage, label=label, metrics=[("auc", "0.9")], commit="c" * 40)
            case "promote", ref, stage, says:
                history.promote(ref, stage, **({"reason": "because"} if says else {}))
            case "evaluate", ref, metric, value:
                history.evaluate(ref, [(metric, value)])
            case "check", ref, name, result:
                history.check(ref, name, result)
            case "request", ref, stage:
                history.request(ref, stage)
            case "approve", ref, stage:
                found = history.resolved(ref)
                asked = SqlState(history.connection).open_request(found.model, found.number, stage)
                assert asked is not None
                history.approve(ref, asked.seq, stage)
            case "role", role, who, grant:
                history.role(role, who, grant=grant)
            case "signal", ref, value:
                history.signal(ref, "errors", value)
            case "retire", ref, stage:
                history.retire(ref, stage)
            case "rename", name, new:
                history.rename(name, new)
            case "label", ref, label:
                history.label(ref, label)
    except IntegrityError:
        raise  # nothing that is decided may be damaged
    except (ModelkeepError, AssertionError, AttributeError):  # refused, already so, or no policy to approve by
        assert SqlState(history.connection).head() == before
        return False
    return True


def tables(reader):
    """Return every row of every table."""
    names = [name for (name,) in reader.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: sorted(reader.rows(f"SELECT * FROM {name}"), key=repr) for name in names}


def replayed_and_judged(history):
    """Return the tables that a replay of the log makes, in which every entry was decided again on the state before it."""
    target = in_memory()
    for _, data in entries(history.connection):
        entry = parse_entry(data)
        details, documents = named_by(history.connection, entry)
        assert judge(SqlState(target), entry, details, documents) is None
        ledger.write(target, entry, data, details, documents)
    return tables(target)


@settings(max_examples=40)
@given(policies())
def test_rules_are_read_back_from_their_toml_and_from_the_log(rules):
    assert find_problems(rules) == ()
    read = parse_policy(to_toml(rules), "policy.toml").rules
    assert read == rules
    assert read.to_bytes() == rules.to_bytes()
    assert parse_rules(rules.to_bytes()) == rules


_PIECES = st.sampled_from(
    ["[", "]", "{", "}", "[[", '"', "'", '"""', "'''", "=", ".", ",", "#", "\n", "\\", "1e999", "-", "nan", "true", "1979-05-27", "stages", "é", "\x00", "0x1F"]
)  # fmt: skip
MUTATIONS = st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 30), _PIECES), min_size=1, max_size=4)


@settings(max_examples=400)
@given(st.sampled_from(["solo", "team", "regulated", "whole"]), MUTATIONS)
def test_a_document_that_was_mangled_is_a_policy_or_is_refused_with_lines(kind, mutations):
    text = WHOLE if kind == "whole" else template(f"{kind}.toml", kind, ["staging", "production"])
    for place, length, piece in mutations:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + length :]
    try:
        rules = parse_policy(text, "policy.toml").rules
    except SchemaMismatch:
        return
    except UsageError as error:
        lines = error.message.splitlines()[1:]
        assert all(re.match(r"  line \d+: \S", line) or line.startswith("  and ") for line in lines)
        return
    assert find_problems(rules) == ()


def every_path(value, path=()):
    """Yield the path of each value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key)
        yield from every_path(each, (*path, key))


#: ``%`` is a quotation mark.
DOCUMENT = r"""
a.%b.c%."d" = [1, [2, {e = %}%, f = [%x%, 3]}], # ] a comment
  4]
text = %it's [not] = a # header%
more = %%%
[[no]] \%%% still %%%%%
%quoted \u0041% = 1
[t . u]
x = { y.z = 1979-05-27T07:32:00Z }
[[t.many]]
[[t.many.inner]]
k = 1
[[t.many.inner]]
[[t.many]]
[[t.many.inner]]
""".replace("%", '"')


@pytest.mark.parametrize("text", [DOCUMENT, DOCUMENT.replace("\n", "\r\n"), WHOLE])
def test_every_key_of_a_document_has_a_line_in_which_it_stands(text):
    lines = key_lines(text)
    assert set(every_path(tomllib.loads(text))) <= set(lines)
    assert set(lines) <= set(every_path(tomllib.loads(text)))
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert path[-1][:6] in text.split("\n")[line - 1]


@settings(max_examples=40)
@given(policies(), policies())
def test_two_policies_differ_in_words_exactly_where_they_differ(one, other):
    assert (differences(one, other) == ()) == (statements(one) == statements(other))
    there, back = differences(one, other), differences(other, one)
    assert {(each.subject, each.rule, each.before, each.after) for each in there} == {
        (each.subject, each.rule, each.after, each.before) for each in back
    }
    assert differences(one, one) == ()


@settings(max_examples=25, phases=PHASES)
@given(HISTORIES)
def test_a_rebuild_is_live_and_every_entry_is_decided_the_same_again(steps):
    history = History()
    for name in ("fraud", "fraud", "churn"):
        history.register(name)
    for user, step in steps:
        history.user = user
        perform(history, step)
    assert replayed_and_judged(history) == tables(history.connection)


@settings(max_examples=15, phases=PHASES)
@given(HISTORIES)
def test_a_policy_never_changes_what_was_before_it(steps):
    history = History()
    for name in ("fraud", "fraud", "churn"):
        history.register(name)
    told = {}
    for user, step in steps:
        history.user = user
        if perform(history, step) or not told:
            head = SqlState(history.connection).head()
            told[head.seq] = answers(history.registry, None)
    for seq, before in told.items():
        assert answers(history.registry, f"seq:{seq}") == before


def answers(registry, moment):
    """Return what is known of the policy and of what stands where."""
    policies_then = registry.policies(as_of=moment)
    return {
        "policies": policies_then,
        "policy": registry.policy(as_of=moment) if policies_then else None,
        "tenures": [registry.history(model.name, as_of=moment) for model in registry.models(all=True, as_of=moment)],
        "models": registry.models(all=True, as_of=moment),
        "roles": registry.roles(as_of=moment),
    }


@settings(max_examples=40, phases=PHASES)
@given(policies(stages=["staging", "production"], with_roles=False))
def test_the_verdict_of_a_promotion_fits_into_its_entry(rules):
    """The largest verdict is an upper bound of what a stage finds, with the longest names and values."""
    history = History()
    name, data = "/".join(["n" * 63] * 3), Data(name="d" * 200, version="v" * 200)
    for _ in range(2):
        history.register(name, metrics=[("auc", "9" * 3000), ("loss", "x" * 3000), ("p99 (ms)", "1e-300")], on=data)
    history.promote(f"{name}@1", "production")
    history.policy(rules)
    for ref in (f"{name}@1", f"{name}@2"):
        verdict = history.judgement(ref).results
        assert len(encode_canonical(verdict)) <= largest_verdict(rules.stages[1]) + 2 <= LARGEST_VERDICT + 2
