"""`policy` in the log: which rules can be in force, what they make of names and stages, and who can change them."""

import pytest
from history import History, sha
from msgspec.json import decode, encode
from msgspec.structs import replace

from modelkeep.domain.checks import judge
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.policy.rules import (
    Gate,
    RequiredApproval,
    RoleRules,
    Rules,
    SignalRule,
    StageRules,
    parse_rules,
)
from modelkeep.errors import Conflict, Damaged, Denied, ModelkeepError, UsageError
from modelkeep.store.db.ledger import entries
from modelkeep.store.db.state import SqlState

OWNER = RoleRules("owner", ("policy", "role"))
ALL = RoleRules("lead", ("*",))


def two(**production):
    """Return rules of staging and production; the keywords are about production."""
    return (StageRules(name="staging"), StageRules(name="production", protected=True, **production))


def refused(call, *arguments, **more):
    """Return the error of a call that is refused."""
    with pytest.raises(ModelkeepError) as caught:
        call(*arguments, **more)
    return caught.value


def test_the_stages_of_a_policy_replace_those_of_the_registry(history):
    history.register("fraud", stage="staging")
    history.policy(Rules(stages=(*two()[:1], StageRules(name="canary"), *two()[1:])))
    assert [each.name for each in history.registry.stages()] == ["staging", "canary", "production"]
    history.promote("fraud@1", "canary")
    history.policy(Rules(model_names=("*",)))
    assert [each.name for each in history.registry.stages()] == ["staging", "canary", "production"]
    assert [each.stage for each in history.registry.history("fraud")] == ["staging", "canary"]


def test_a_policy_that_leaves_out_a_held_stage_is_refused(history):
    history.register("fraud", stage="staging")
    only = Rules(stages=(StageRules(name="production"),))
    error = refused(history.policy, only)
    assert (type(error), error.message) == (Conflict, "the policy leaves out the stage staging, which a version holds")
    assert error.hint == "modelkeep list --stage staging        (retire them first, or keep the stage)"
    history.retire("fraud", "staging")
    history.policy(only)
    assert [each.name for each in history.registry.stages()] == ["production"]


def test_a_stage_comes_back_with_its_past(history):
    history.register("fraud", stage="staging")
    history.retire("fraud", "staging")
    history.policy(Rules(stages=(StageRules(name="production"),)))
    history.policy(Rules(stages=two(after=("staging",))))
    history.promote("fraud@1", "production")  # it was in staging before


def test_a_policy_that_leaves_out_a_stage_that_is_asked_for_is_refused(history):
    history.register("fraud")
    history.policy(Rules(stages=two(approvals=(RequiredApproval(count=1),))))
    asked = history.request("fraud@1", "production")
    error = refused(history.policy, Rules(stages=(StageRules(name="staging"),)))
    assert (type(error), error.message) == (
        Conflict,
        f"the policy leaves out the stage production, for which request {asked} is open",
    )
    assert error.hint == f"modelkeep reject {asked}        (or keep the stage)"


@pytest.mark.parametrize("synonyms", [(), ("champion",)])
def test_a_stage_is_not_called_as_an_alias_is(history, synonyms):
    history.register("fraud", aliases=["champion"])
    name = "live" if synonyms else "champion"
    error = refused(history.policy, Rules(stages=(StageRules(name=name, synonyms=synonyms),)))
    assert (type(error), error.message) == (
        Conflict,
        "the policy calls a stage champion, and a model has an alias of that name",
    )
    history.alias("fraud@1", remove=["champion"])
    history.policy(Rules(stages=(StageRules(name=name, synonyms=synonyms),)))
    assert "'champion' is a stage here" in refused(history.alias, "fraud@1", "champion").message


def test_the_words_of_a_stage_are_those_of_the_policy(history):
    history = History(stages=("dev", "qa", "prod"))
    history.register("fraud", stage="prod")
    history.policy(Rules(stages=(StageRules(name="qa"), StageRules(name="prod", synonyms=("production", "live")))))
    for word in ("prod", "production", "LIVE"):
        assert history.registry.resolve(f"fraud@{word}").ref == "fraud@1"
    history.policy(Rules(stages=(StageRules(name="qa"), StageRules(name="prod"))))
    assert "nothing called production" not in refused(history.registry.resolve, "fraud@live").message
    assert refused(history.registry.resolve, "fraud@production").exit_code == 3


def test_the_same_rules_again_change_nothing(history):
    rules = Rules(stages=two())
    history.policy(rules)
    with pytest.raises(AssertionError, match="this policy is in force"):
        history.policy(rules)
    history.policy(rules, "# another comment")
    assert history.registry.policy().source == "# another comment"
    assert "at most 524,288 bytes" in refused(history.policy, rules, "#" * 600_000).message


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (Rules(stages=two(gates=(Gate(metric="auc"),))), "the gate of auc has no bound"),
        (Rules(stages=two(gates=(Gate(metric="auc", min="much"),))), "not a number: 'much'"),
        (Rules(stages=two(gates=(Gate(metric="auc", min="0." + "1" * 40),))), "not a number: '0.111"),
        (Rules(stages=two(after=("qa",))), "no stage below production is called 'qa'"),
        (Rules(roles=(RoleRules("x", ("policy", "promote:qa")),)), "there is no stage 'qa'"),
        (Rules(signals=(SignalRule(name="e", then="explode", above="1"),)), "nothing that a signal can do: 'explode'"),
        (Rules(model_names=("\x1b[31m",)), "a text of 1 to 200 characters"),
        (Rules(stages=(StageRules(name="latest"),)), "'latest' is a reserved word"),
        (Rules(stages=(StageRules(name="a"), StageRules(name="a"))), "two stages are called 'a'"),
        (Rules(model_names=tuple(f"{number:0199}" for number in range(400))), "65,536 are the most"),
    ],
)
def test_rules_that_no_file_could_say_are_refused_by_the_log_too(history, rules, told):
    error = refused(history.policy, rules)
    assert type(error) is UsageError
    assert told in error.message


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", 2**40), ("count", 0), ("max_age", 2**50), ("approvals_expire", 2**50), ("seconds", 2**50)],
)
def test_a_forged_policy_with_numbers_beyond_all_bounds_is_damage(field, value):
    """The gate would add such a time to a date, or make a list of so many approvals."""
    stage = {"name": "production"}
    if field == "count":
        stage["approvals"] = [{"count": value}]
    elif field == "max_age":
        stage["checks"] = [{"max_age": value, "name": "bias"}]
    elif field == "seconds":
        stage["soak"] = {"seconds": value, "stage": "staging"}
    else:
        stage[field] = value
    data = encode({"format": "modelkeep policy 1", "stages": [dict(sorted(stage.items()))]}, order="sorted")
    with pytest.raises(Damaged):
        parse_rules(data)


def test_verify_finds_a_policy_that_was_written_around_the_rules(history):
    """Somebody appends an entry whose rules no `decide` lets through."""
    history.policy(Rules(stages=two()))
    (entry,) = [parse_entry(data) for number, data in entries(history.connection) if number == 2]
    rules = Rules(stages=(StageRules(name="production", after=("nowhere",)),))
    command = replace(entry.intent.command, rules=sha(rules.to_bytes().decode()))
    forged = replace(entry, intent=replace(entry.intent, command=command))
    source = {command.source: b"# a policy"}
    found = judge(SqlState(history.until(1)), forged, None, {**source, command.rules: rules.to_bytes()})
    assert found is not None
    assert found.message == (
        "policy could not have been written: these rules cannot be in force: "
        "stages.0.after.0: no stage below production is called 'nowhere'"
    )
    right = {**source, entry.intent.command.rules: Rules(stages=two()).to_bytes()}
    assert judge(SqlState(history.until(1)), entry, None, right) is None


# Who can change the policy


def test_a_policy_whose_roles_cannot_change_it_is_refused(history):
    error = refused(history.policy, Rules(roles=(RoleRules("member", ("register",)),)))
    assert (type(error), error.message) == (
        Conflict,
        "no role of this policy may change the policy: it would lock everybody out",
    )


def test_who_puts_the_first_roles_in_force_gets_the_one_that_can_change_them(history):
    history.policy(Rules(roles=(RoleRules("editor", ("policy",)), OWNER)))
    assert [(each.role, each.principal) for each in SqlState(history.connection).bindings()] == [("owner", "user:ana")]


def test_nobody_gets_a_role_where_somebody_can_change_the_policy_already(history):
    history.policy(Rules(roles=(OWNER,)))
    history.policy(Rules(roles=(RoleRules("owner", ("policy", "role", "gc")),)))
    assert len(SqlState(history.connection).bindings()) == 1


def test_an_author_who_has_such_a_role_before_there_are_rules_gets_no_other(history):
    history.role("owner", "user:ana")
    history.policy(Rules(roles=(OWNER, ALL)))
    assert [each.role for each in SqlState(history.connection).bindings()] == ["owner"]


def test_other_roles_make_the_author_one_who_can_change_them(history):
    history.policy(Rules(roles=(OWNER,)))
    history.policy(Rules(roles=(ALL,)))
    assert [(each.role, each.principal) for each in SqlState(history.connection).bindings()] == [
        ("lead", "user:ana"),
        ("owner", "user:ana"),
    ]


def test_the_first_roles_are_not_put_in_force_from_a_user_namespace(history):
    """There ana may be anybody, and would be locked out by the next change."""
    history.seen = {"user_namespace": True}
    history.policy(Rules(stages=two()))
    error = refused(history.policy, Rules(roles=(OWNER,)))
    assert (type(error), error.hint) == (Denied, "run it outside of the container or of unshare")
    history.seen = {}
    history.policy(Rules(roles=(OWNER,)))


def test_only_who_may_changes_the_policy(history):
    history.policy(Rules(roles=(OWNER, RoleRules("member", ("register",)))))
    history.role("member", "user:bo")
    history.user = "bo"
    error = refused(history.policy, Rules())
    assert (type(error), error.exit_code) == (Denied, 9)
    history.user = "ana"
    history.policy(Rules())
    history.user = "bo"
    history.policy(Rules(model_names=("*",)))  # without roles everybody may again


# Names and labels


def test_a_new_name_must_match_the_policy(history):
    history.register("Old")
    history.policy(Rules(model_names=("fraud", "risk/*")))
    for call in (
        lambda: history.register("churn"),
        lambda: history.create("Fraud"),
        lambda: history.rename("Old", "fraud-2"),
    ):
        error = refused(call)
        assert type(error) is Denied
        assert error.message.startswith("the policy does not allow a model called ")
        assert error.hint == "it must match fraud or risk/*        (capitals count)"
    history.register("Old")  # what is there may go on
    history.register("fraud")
    history.create("risk/limits/eu")
    history.rename("Old", "risk/old")


def test_a_new_label_must_match_the_policy(history):
    history.register("fraud", label="2026.1")
    history.register("fraud")
    history.policy(Rules(labels=("[0-9]*.[0-9]*.[0-9]*",)))
    for call in (
        lambda: history.register("fraud", label="2026.2"),
        lambda: history.label("fraud@2", "1.0-rc1"),
    ):
        error = refused(call)
        assert (type(error), error.hint) == (Denied, "it must match [0-9]*.[0-9]*.[0-9]*        (capitals count)")
        assert error.message.startswith("the policy does not allow a label called ")
    history.label("fraud@2", "1.0.0")
    history.register("fraud", label="1.0.1")


# Refusals


def test_a_refusal_of_the_gate_says_what_the_stage_means(history):
    history.register("fraud")
    history.policy(Rules(stages=two(meaning="serves real users", require=("description",))))
    assert refused(history.promote, "fraud@1", "production").message.startswith(
        "fraud@1 may not be in production (serves real users): 1 rule of the policy does not hold\n"
    )


def test_a_policy_in_the_middle_of_a_request_makes_its_approvals_void(history):
    history.register("fraud")
    history.policy(Rules(stages=two(approvals=(RequiredApproval(count=1),))))
    history.user = "bo"
    asked = history.request("fraud@1")
    history.user = "cy"
    history.approve("fraud@1", asked)
    history.policy(Rules(stages=two(approvals=(RequiredApproval(count=1),), recommend=("label",))))
    assert type(refused(history.promote, "fraud@1", "production")) is Denied
    history.user = "dora"
    history.approve("fraud@1", asked)
    history.promote("fraud@1", "production")


def test_a_document_of_rules_names_itself(history):
    assert decode(Rules().to_bytes()) == {"format": "modelkeep policy 1"}
    with pytest.raises(Damaged):
        parse_rules(b'{"format":"modelkeep policy 2"}')
