"""A ``policy.toml`` is read into rules; a wrong one is told with the line, the key and the nearest right word."""

import re

import hints
import pytest
from policies import WHOLE, to_toml

from modelkeep.changes.policy_templates import template
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
    parse_rules,
)
from modelkeep.errors import NotFound, SchemaMismatch, UsageError
from modelkeep.provenance.policy_file import parse_policy, read_policy

TWO = '[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\n'


def mistakes(text: str, **more: object) -> list[str]:
    """Return the mistakes of a document, a line each."""
    with pytest.raises(UsageError) as caught:
        parse_policy(text, "policy.toml", **more)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_all_that_a_policy_can_say_is_read():
    assert parse_policy(WHOLE, "policy.toml").rules == Rules(
        model_names=("fraud", "risk/*"),
        labels=("[0-9]*",),
        metrics=(Direction("auc", "higher"), Direction("p99 (ms)", "lower")),
        roles=(
            RoleRules("lead", ("*",)),
            RoleRules("member", ("register", "approve", "promote:staging", "rollback:*")),
        ),
        persons=(Person("ana", ("ana", "ana-admin")),),
        stages=(
            StageRules(name="staging", synonyms=("stg",)),
            StageRules(
                name="production",
                protected=True,
                synonyms=("prod",),
                meaning="serves users",
                after=("staging",),
                soak=Soak(stage="staging", seconds=43_200),
                require=("data", "tag.owner"),
                recommend=("label", "environment"),
                approvals_expire=14 * 86_400,
                on_last_approval="promote",
                gates=(
                    Gate(metric="auc", data="holdout@2026-02", min="0.90", max="1", no_worse_than_production="5e-3"),
                    Gate(metric="p99 (ms)", max="1000", warn=True),
                ),
                checks=(RequiredCheck(name="bias", max_age=30 * 86_400),),
                approvals=(RequiredApproval(count=2, role="member"),),
                formats=FormatsRule(only=("onnx", "safetensors")),
                pickles=ContentRule(level="safe", warn=True),
                signature=ContentRule(level="compatible"),
            ),
        ),
        signals=(SignalRule(name="errors", above="0.05", count=100, stage="production", then="rollback"),),
        retention=Retention(keep_last=20, keep_newer=90 * 86_400, then="archive"),
    )


def test_the_source_is_kept_as_it_stands():
    assert parse_policy(WHOLE, "policy.toml").text == WHOLE


def test_a_number_of_approvals_alone_asks_for_anybody_who_may_approve():
    assert parse_policy(TWO + "approvals = 2", "policy.toml").rules.stages[1].approvals == (RequiredApproval(count=2),)


def test_the_direction_of_a_metric_may_stand_twice_where_it_is_the_same():
    gate = "[[stages.gates]]\nmetric = 'auc'\nno_worse_than_production = 0\ndirection = 'higher'\n[metrics]\nauc = 'higher'"
    assert parse_policy(TWO + gate, "policy.toml").rules.stages[1].gates[0].direction == "higher"


@pytest.mark.parametrize(
    ("metric", "more", "direction"),
    [
        ("auc", "", "higher"),
        ("val_loss", "", "lower"),
        ("val_loss", "direction = 'higher'", "higher"),
        ("churn", "[metrics]\nchurn = 'lower'", None),
        ("auc", "[metrics]\nauc = 'lower'", None),
    ],
)
def test_what_a_name_says_of_the_direction_is_written_into_the_rules(metric, more, direction):
    gate = f"[[stages.gates]]\nmetric = '{metric}'\nno_worse_than_production = 0\n{more}"
    assert parse_policy(TWO + gate, "policy.toml").rules.stages[1].gates[0].direction == direction


def test_a_soak_may_only_warn():
    rules = parse_policy(TWO + 'soak = {time = "2d in staging", warn = true}', "policy.toml").rules
    assert rules.stages[1].soak == Soak(stage="staging", seconds=172_800, warn=True)


def test_the_last_stage_is_protected_and_short_words_stay_unless_the_policy_says_otherwise():
    rules = parse_policy(TWO, "policy.toml").rules
    assert [(each.protected, each.synonyms) for each in rules.stages] == [(False, ("stg",)), (True, ("prod",))]
    rules = parse_policy(TWO + 'protected = false\nsynonyms = []\n[[stages]]\nname = "prod"', "policy.toml").rules
    assert [(each.protected, each.synonyms) for each in rules.stages[1:]] == [(False, ()), (True, ())]


@pytest.mark.parametrize("kind", ["solo", "team", "regulated"])
@pytest.mark.parametrize("stages", [["staging", "production"], ["production"], ["dev", "qa", "prod"]], ids=len)
def test_a_template_works_as_it_is(kind, stages):
    text = template(f"{kind}.toml", kind, stages)
    if stages == ["production"] and kind == "regulated":
        assert "soak" not in text
    rules = parse_policy(text, "policy.toml", stages).rules
    assert [each.name for each in rules.stages] == stages
    assert "{{" not in text
    assert "{{" not in template("MODELS.md", kind, stages)


def test_the_examples_in_the_templates_work_when_their_comments_are_taken_away():
    for kind in ("solo", "team", "regulated"):
        lines = template(f"{kind}.toml", kind, ["staging", "production"]).splitlines()
        used = [line.removeprefix("# ") if "=" in line or line.startswith("# [") else line for line in lines]
        names = [line for line in used if line.startswith(("model_names", "labels"))]
        rest = [line for line in used if line not in names]
        assert parse_policy("\n".join([*names, *rest]), "policy.toml").rules.stages[1].gates != ()


def test_every_command_that_a_template_names_is_one():
    for name in ("solo.toml", "team.toml", "regulated.toml", "MODELS.md"):
        text = "".join(template(name, kind, ["staging", "production"]) for kind in ("solo", "team", "regulated"))
        lines = [
            found.strip().replace('"…"', "TEXT") for found in re.findall(r"modelkeep [a-z]+ (?:[^`\n ]| (?! ))+", text)
        ]
        assert lines
        assert hints.wrong(lines) == []


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines():
    text = """\
format = 1
bogus = 3
metrics.auc = "highr"

[roles.lead]
may = ["polcy", "promote", "promote:prod", "*"]

[persons]
ana = ["ana"]
bo = ["Ana"]

[[stages]]
name = "staging"

[[stages]]
name = "production"
soak = "12h in stagin"
require = ["licens"]
approvals = [
  {count = 2, role = "leed"},
  {cuont = 1},
]

[[stages.gates]]
metric = "auc"
mn = 0.9
min = "0.9"

[[signals]]
name = "errors"
then = "rolback"
above = 0.1

[retention]
then = "erase"
"""
    assert mistakes(text) == [
        "line 2: bogus: a policy has no key 'bogus'",
        "line 3: metrics.auc: no direction: 'highr' (did you mean higher?)",
        "line 6: roles.lead.may: no permission: 'polcy' (did you mean policy?)",
        "line 6: roles.lead.may: 'promote' needs a stage (did you mean promote:production or promote:*?)",
        "line 6: roles.lead.may: there is no stage 'prod' (did you mean promote:production?)",
        "line 10: persons.bo: Ana is ana and bo at once",
        "line 17: stages.soak: no stage below production is called 'stagin' (did you mean staging?)",
        "line 18: stages.require: nothing that can be asked for: 'licens' (did you mean licence?)",
        "line 20: stages.approvals.role: the policy has no role 'leed' (did you mean lead?)",
        "line 21: stages.approvals.cuont: an approval has no key 'cuont' (did you mean count?)",
        "line 26: stages.gates.mn: a gate has no key 'mn' (did you mean min?)",
        "line 27: stages.gates.min: min is a number, as min = 0.9, not the str '0.9'",
        "line 31: signals.then: nothing that a signal can do: 'rolback' (did you mean rollback?)",
        "line 34: retention: it keeps nothing: keep_last or keep_newer",
        "line 35: retention.then: nothing that can be done with the rest: 'erase' (did you mean archive or delete?)",
    ]


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("after = ['production']", "stages.after: production cannot wait for itself (did you mean staging?)"),
        ("require = ['data', 'data']", "stages.require: 'data' stands there twice: a version has it or not"),
        ("require = ['label']\nrecommend = ['label']", "stages.require: 'label' stands there twice: a version has it or not"),
        ("require = ['code', 'clean-code']", "stages.require: 'code' is pointless beside 'clean-code', which is more"),
        ("formats = []", "stages.formats: no format is allowed: no version could hold the stage"),
        ("formats = ['ONNX']", "stages.formats: not a format: 'ONNX' (lower case letters, digits, '.', '_' and '-')"),
        ("formats = ['onnx', 'onnx']", "stages.formats: the same stands there twice"),
        ("formats = 'onnx'", 'stages.formats: formats is a list of texts (did you mean ["onnx"]?)'),
        ("formats = {olny = ['onnx']}", "stages.formats.olny: formats has no key 'olny' (did you mean only?)"),
        ("pickles = 'save'", "stages.pickles: nothing that pickles can be asked to be: 'save' (did you mean safe?)"),
        ("signature = {level = 'same'}", "stages.signature: nothing that a signature can be asked to be: 'same' (did you mean compatible?)"),
        ("signature = 'compatible'\nrequire = ['signature']", "stages.signature: 'signature' under require is pointless beside this rule, which is more"),
        ("require = ['tag.']", "stages.require: not a legal key of a tag: ''"),
        ("approvals_expire = '1d'", "stages.approvals_expire: pointless without approvals"),
        ("on_last_approval = 'promote'", "stages.on_last_approval: pointless without approvals"),
        ("approvals = 1\non_last_approval = 'deploy'", "stages.on_last_approval: nothing that the last approval can do: 'deploy' (did you mean promote?)"),
        ("approvals = 0", "stages.approvals: approvals is a whole number from 1 to 20, not the int 0"),
        ("approvals = 21", "stages.approvals: approvals is a whole number from 1 to 20, not the int 21"),
        ("approvals = [{count = 11}, {count = 12, role = 'x'}]\n[roles.x]\nmay = ['approve', 'policy']", "stages.approvals: a stage asks for 20 persons at most"),
        ("approvals = [{role = 'x'}]\n[roles.x]\nmay = ['policy']", "stages.approvals.role: the role x may not approve: give it the permission approve"),
        ("approvals = 1\n[roles.x]\nmay = ['policy']", "stages.approvals: no role may approve: give one the permission approve"),
        ("approvals = [{count = 1}, {count = 2}]", "stages.approvals: the same stands there twice"),
        ("soak = '12h'", "stages.soak: soak is a length of time in a stage, as \"12h in staging\", not the str '12h'"),
        ("soak = '0h in staging'", "stages.soak: soak is a length of time in a stage, as \"12h in staging\", not the str '0h in staging'"),
        ("soak = {warn = true}", 'stages.soak.time: soak needs \'time\', as "12h in staging"'),
        ("meaning = ''", "stages.meaning: a text of 1 to 500 characters in one line is needed"),
        ('meaning = "a\\u001b[31m"', "stages.meaning: a text of 1 to 500 characters in one line is needed"),
        ("synonyms = ['staging']", "stages.synonyms: two stages are called 'staging'"),
        ("synonyms = 'x'", 'stages.synonyms: synonyms is a list of texts (did you mean ["x"]?)'),
        ("protected = 'yes'", "stages.protected: protected is true or false, not the str 'yes'"),
        ("[[stages]]\nname = 'latest'", "stages.name: 'latest' is a reserved word and cannot be the name of a stage"),
        ("[[stages]]\nmeaning = 'x'", "stages: a stage needs 'name'"),
        ("[[stages.gates]]\nmetric = 'auc'", "stages.gates: the gate of auc has no bound: min, max or no_worse_than_production"),
        ("[[stages.gates]]\nmin = 1", "stages.gates: a gate needs 'metric'"),
        ("[[stages.gates]]\nmetric = 'auc'\nmin = 2\nmax = 1.5", "stages.gates.min: no value is at least 2 and at most 1.5"),
        ("[[stages.gates]]\nmetric = 'auc'\nmin = nan", "stages.gates.min: min is a number, as min = 0.9, not nan"),
        ("[[stages.gates]]\nmetric = 'auc'\nno_worse_than_production = -0.1", "stages.gates.no_worse_than_production: how much worse it may be: 0 or more"),
        ("[[stages.gates]]\nmetric = 'auc'\nmin = 1\ndirection = 'higher'", "stages.gates.direction: pointless without no_worse_than_production"),
        ("[[stages.gates]]\nmetric = 'auc'\nmin = 1\n[[stages.gates]]\nmetric = 'auc'\nmin = 2", "stages.gates: the same stands there twice"),
        ("[[stages.gates]]\nmetric = 'auc'\nno_worse_than_production = 0\ndirection = 'lower'\n[metrics]\nauc = 'higher'", "stages.gates.direction: the policy says something else of auc under metrics"),
        ("[[stages.gates]]\nmetric = 'churn'\nno_worse_than_production = 0", 'stages.gates: say which values of churn are better: direction = "higher" or "lower"'),
        ("[[stages.checks]]\nname = 'Bias!'", "stages.checks.name: not a name for a check: 'Bias!'"),
        ("[[stages.checks]]\nname = 'bias'\nmax_age = 30", 'stages.checks.max_age: max_age is a length of time, as "30d", "12h" or "15m", not the int 30'),
        ("[[stages.checks]]\nname = 'bias'\nmax_age = '200000d'", "stages.checks.max_age: max_age is a length of time, as \"30d\", \"12h\" or \"15m\", not the str '200000d'"),
        ("[[stages.gates]]\nmetric = 'auc'\nmin = 1\napprovals = 2", "stages.gates.approvals: a stage has the key 'approvals': move it above this table"),
        ("labels = ['1.*']", "stages.labels: the policy has the key 'labels': move it above the first table"),
        ("[roles.x]\nmay = ['policy', 'promote production']", "roles.x.may: no permission: 'promote production' (did you mean promote:production?)"),
        ("[roles.x]\nmay = ['policy']\nprotected = true", "roles.x.protected: a stage has the key 'protected': it belongs under [[stages]]"),
        ("gates = 3", "stages.gates: gates are tables, each under [[stages.gates]]"),
        ("[roles.x]\nmay = []", "roles.x: the role x may nothing"),
        ("[roles.x]\nmay = ['policy', 'policy']", "roles.x.may: the same stands there twice"),
        ("[roles.X]\nmay = ['policy']", "roles.X: not a name for a role: 'X' (lower case letters, digits and '-')"),
        ("[roles]\nx = ['policy']", "roles.x: a role is a table, not the list ['policy']"),
        ("[[stages.gates]]\nmetric = 'auc'\nno_worse_than_production = 0\ndirection = 'up'", "stages.gates.direction: no direction: 'up' (did you mean higher or lower?)"),
        ('[persons]\nana = ["a\\u0007b"]', "persons.ana: not the name of an account: 'a\\x07b'"),
        ("[persons]\nana = []", "persons.ana: ana has no account"),
        ("[persons]\nana = 'bo'", 'persons.ana: ana is a list of texts (did you mean ["bo"]?)'),
        ("[[signals]]\nname = 'e'\nthen = 'open'", "signals: the rule of the signal e has no bound: above or below"),
        ("[[signals]]\nname = 'e'\nthen = 'open'\nabove = 1\nbelow = 2", "signals.above: every value is above 1 or below 2"),
        ("[[signals]]\nname = 'e'\nthen = 'open'\nabove = 1\nstage = 'prod'", "signals.stage: there is no stage 'prod' (did you mean production?)"),
        ("[retention]\nthen = 'delete'\nkeep_last = 0", "retention.keep_last: keep_last is a whole number from 1 to 1,000,000,000, not the int 0"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told_with_its_line(added, told):
    found = mistakes(TWO + added)
    assert [each.partition(": ")[2] for each in found if told in each] == [told], found
    assert all(each.startswith("line ") for each in found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model_names = ['*', 'a']", "line 1: model_names: '*' makes the others pointless"),
        ("labels = ['']", "line 1: labels: a text of 1 to 200 characters in one line is needed"),
        ("format = 0", "line 1: format: format is 1"),
        ("format = '1'", "line 1: format: format is 1"),
        ("stages = 3", "line 1: stages: stages are tables, each under [[stages]]"),
    ],
)
def test_a_wrong_key_at_the_top_is_told(text, told):
    assert mistakes(text) == [told]


def test_a_policy_without_stages_is_judged_by_those_of_the_registry():
    text = "[roles.x]\nmay = ['policy', 'promote:qa']"
    assert parse_policy(text, "policy.toml").rules.roles[0].may == ("policy", "promote:qa")
    assert mistakes(text, present_stages=["dev"]) == [
        "line 2: roles.x.may: there is no stage 'qa' (did you mean promote:dev?)"
    ]


def test_a_document_that_is_no_toml_is_told_with_its_line():
    with pytest.raises(UsageError, match=r"policy.toml is not TOML: .*at line 2, column"):
        parse_policy("a = 1\nb = = 2", "policy.toml")


def test_a_key_that_stands_twice_is_no_toml():
    with pytest.raises(UsageError, match=r"is not TOML: .*at line 3"):
        parse_policy("[persons]\na = ['x']\na = ['y']\n", "policy.toml")


def test_a_policy_of_a_newer_modelkeep_is_told_as_that():
    with pytest.raises(SchemaMismatch) as caught:
        parse_policy("format = 2\nnew_thing = 3", "policy.toml")
    assert (caught.value.exit_code, caught.value.message) == (
        7,
        "policy.toml is a policy of format 2, and this modelkeep knows format 1",
    )


def test_a_policy_that_is_too_large_is_refused():
    names = ", ".join(f'"{number:0190}"' for number in range(400))
    assert mistakes(f"model_names = [{names}]") == ["line 1: the policy has 77,247 bytes, 65,536 are the most"]
    with pytest.raises(UsageError, match="larger than 128 KiB"):
        parse_policy("#" * 140_000, "policy.toml")


def test_a_stage_whose_verdict_would_not_fit_into_an_entry_is_refused():
    gates = "".join(f'[[stages.gates]]\nmetric = "m{number}"\nmin = 1\n' for number in range(46))
    assert mistakes(TWO + gates) == [
        "line 3: stages: the stage production has too many rules: what they find would not fit into an entry"
    ]


def test_many_mistakes_are_cut_short():
    found = mistakes("".join(f"key{number} = 1\n" for number in range(100)))
    assert (len(found), found[-1]) == (41, "and 60 more")


@pytest.mark.parametrize("text", ["a = " + "[" * 300 + "]" * 300, "a." * 40 + "b = 1", "a = 9" + "9" * 5000], ids=["deep", "long", "huge"])  # fmt: skip
def test_a_hostile_document_is_refused(text):
    with pytest.raises(UsageError):
        parse_policy(text, "policy.toml")


def test_a_file_is_read_as_utf8_with_or_without_a_mark(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TWO.replace("\n", "\r\n").encode())
    assert [each.name for each in read_policy(str(path)).rules.stages] == ["staging", "production"]
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8"):
        read_policy(str(path))
    with pytest.raises(NotFound):
        read_policy(str(tmp_path / "none.toml"))


def test_what_is_read_is_what_the_log_reads_back():
    rules = parse_policy(WHOLE, "policy.toml").rules
    assert parse_rules(rules.to_bytes()) == rules
    assert parse_policy(to_toml(rules), "policy.toml").rules == rules
