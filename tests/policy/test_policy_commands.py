"""`policy init`, `set`, `show`, `diff` and `history` through the API and as the command line prints them."""

import os
import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from modelkeep.changes.policy_templates import write_templates
from modelkeep.cli.main import answer
from modelkeep.cli.terminal import draw
from modelkeep.cli.views.policy import PoliciesView, PolicyDiffView, PolicySetView, PolicyView
from modelkeep.cli.views.show import ModelView
from modelkeep.domain.policy.rules import Rules, StageRules
from modelkeep.domain.policy.statements import PolicyDifference
from modelkeep.errors import Conflict, NotFound, SchemaMismatch, UsageError
from modelkeep.reads.policy_consequences import MOST_JUDGED, consequences
from modelkeep.rendering import Clock

PLAIN = """\
[[stages]]
name = "staging"

[[stages]]
name = "production"
meaning = "serves users"
"""
STRICT = PLAIN + """\
require = ["description", "reason"]
approvals = 1
on_last_approval = "promote"
after = ["staging"]
soak = "1d in staging"

[[stages.gates]]
metric = "auc"
min = 0.90
"""  # fmt: skip


@pytest.fixture
def put(world):
    """Return what puts the text of a policy in force, or tries it with ``dry_run``."""

    def put_policy(text, **more):
        (world.work / "policy.toml").write_text(text)
        done = world.registry.set_policy("policy.toml", **more)
        return replace(
            done, notes=tuple(each for each in done.notes if "clock" not in each)
        )  # that of the world is odd

    return put_policy


def command(world, monkeypatch, capsys, *words):
    """Return exit code, stdout and stderr of a command line."""
    monkeypatch.setenv("MODELKEEP_REGISTRY", str(world.home))
    monkeypatch.setattr("sys.argv", ["modelkeep", *words])
    code = answer()
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def run_here(world, monkeypatch, capsys):
    """Return what runs a command line in this process, on the registry of the world."""
    return lambda *words: command(world, monkeypatch, capsys, *words)


# set


def test_a_dry_run_tells_all_and_writes_nothing(world, put):
    world.register(metrics={"auc": 0.88}, stage="production")
    before = len(world.entries())
    tried = put(STRICT, dry_run=True)
    assert len(world.entries()) == before
    done = put(STRICT, message="two look")
    assert [(each.what, each.before) for each in done.effects] == [("policy", "none")]
    assert (tried.differences, tried.holders, tried.digest) == (done.differences, done.holders, done.digest)
    assert (tried.dry_run, tried.seq, done.seq) == (True, None, before + 1)


def test_what_holds_a_stage_and_would_not_pass_is_named_with_its_values(world, put):
    world.register(metrics={"auc": 0.88}, stage="production")
    world.register("good", metrics={"auc": 0.95}, description="what it is for")
    world.registry.promote("good@1", "staging")
    world.registry.promote("good@1", "production")
    done = put(STRICT)
    (holder,) = done.holders
    assert (holder.ref, holder.stage, done.judged, done.complete) == ("fraud@1", "production", 3, True)
    assert [each.rule for each in holder.refused] == ["after", "description", "metric auc min"]
    notes = PolicySetView(done).notes()
    assert any(
        each.startswith("fraud@1 stays in production, and would not pass today: after: never in staging, must be ")
        for each in notes
    )


def test_a_holder_is_compared_with_production_under_the_new_stages(world, put):
    world.register(metrics={"auc": 0.95}, stage="production")
    world.register(metrics={"auc": 0.90}, stage="staging")
    gate = '[[stages.gates]]\nmetric = "auc"\nno_worse_than_production = 0.01\n'
    done = put('[[stages]]\nname = "staging"\n' + gate + '[[stages]]\nname = "production"\n' + gate)
    assert [(each.ref, each.stage, [rule.rule for rule in each.refused]) for each in done.holders] == [
        ("fraud@2", "staging", ["metric auc against production"])
    ]


def test_what_would_pass_is_counted(world, put):
    world.register(stage="production")
    assert "what holds a stage would pass today: 1 version" in PolicySetView(put(PLAIN)).notes()


@pytest.mark.slow  # two thousand registrations
def test_of_very_many_holders_the_newest_are_judged(history):
    for number in range(MOST_JUDGED + 1):
        history.register(f"m{number}", stage="production", **({"description": "x"} if number else {}))
    rules = Rules(stages=(StageRules(name="staging"), StageRules(name="production", require=("description",))))
    found = consequences(history.registry._context, None, rules)
    assert (found.judged, found.complete, found.holders) == (MOST_JUDGED, False, ())


def test_it_is_told_that_not_all_were_judged(put):
    done = replace(put(PLAIN), judged=2_000, complete=False)
    assert PolicySetView(done).notes()[1:] == [
        "what holds a stage would pass today: 2000 versions (only 2,000 were judged, the highest stage and the newest first)"
    ]


def test_a_change_is_told_rule_by_rule(put):
    assert PolicySetView(put(PLAIN)).notes() == ["6 rules: modelkeep policy show"]
    done = put(PLAIN.replace("serves users", "is in use") + 'require = ["label"]\n')
    assert done.differences == (
        PolicyDifference("stage production", "means", "serves users", "is in use"),
        PolicyDifference("stage production", "label", None, "must be there"),
    )
    assert PolicySetView(done).notes() == [
        "changed: stage production, means: serves users -> is in use",
        "new: stage production, label: must be there",
    ]
    assert PolicySetView(put(PLAIN)).notes()[-1] == "gone: stage production, label: must be there"


def test_the_same_rules_again_change_nothing(world, put):
    put(PLAIN)
    again = put(PLAIN)
    assert (again.changed, again.why) == (False, "this policy is in force")
    assert PolicySetView(again).lines() == []


def test_a_comment_that_changed_is_kept(world, put):
    put(PLAIN)
    text = "# with a comment\n" + PLAIN
    done = put(text)
    assert (done.changed, done.differences) == (True, ())
    assert PolicySetView(done).notes()[0] == "no rule changed, only the text of the policy"
    assert world.registry.policy().source == text


def test_the_first_roles_give_the_author_the_one_that_can_change_them(put):
    done = put('[roles.lead]\nmay = ["*"]\n')
    assert [(each.what, each.before, each.after) for each in done.effects[1:]] == [("user:ana", "none", "lead")]


def test_what_the_roles_leave_open_is_told(world, put):
    done = put('[roles.lead]\nmay = ["policy"]\n[roles.member]\nmay = ["register"]\n')
    assert done.notes == (
        "nobody has the role member yet: modelkeep role grant member user:NAME",
        "warning: no role may grant roles: only a change of the policy can",
    )
    done = put('[roles.owner]\nmay = ["*"]\n')
    assert done.notes == ("user:ana has the role lead, which this policy does not name: it allows nothing",)


def test_who_had_a_role_before_a_policy_names_it_is_told(world, put):
    for who in ("user:mallory", "group:ml"):
        world.registry.grant_role("lead", who)
    roles = '[roles.owner]\nmay = ["*"]\n[roles.lead]\nmay = ["*"]\n'
    told = (
        "the role lead counts from now on for group:ml, user:mallory "
        "(take it away: modelkeep role revoke lead group:ml)"
    )
    assert told in put(roles, dry_run=True).notes
    assert told in put(roles).notes
    assert told not in put(f'{roles}[roles.more]\nmay = ["register"]\n').notes


def test_who_may_not_change_the_new_policy_is_warned(world, put):
    put('[roles.owner]\nmay = ["*"]\n[roles.lead]\nmay = ["*"]\n')
    world.registry.grant_role("lead", "user:bo")
    done = put('[roles.owner]\nmay = ["register"]\n[roles.lead]\nmay = ["*"]\n')
    assert done.notes == ("warning: you may not change this policy: others may",)


def test_an_empty_policy_is_told_and_an_empty_file_is_refused(world, put):
    put(PLAIN)
    with pytest.raises(UsageError, match="says nothing: it would put no rules in force"):
        put("# all of it was a comment\n")
    assert put("format = 1").notes == ("this policy has no rules: who can write the registry may do everything",)


def test_a_request_that_a_policy_makes_stale_is_named(world, put):
    put(PLAIN + "approvals = 1\n")
    world.register()
    asked = world.registry.request("fraud@1", "production").seq
    unchanged = put('model_names = ["fraud"]\n' + PLAIN.replace("serves", "meets") + "approvals = 1\n")
    assert unchanged.requests == ()
    done = put(PLAIN + 'approvals = 1\nrecommend = ["label"]\n')
    assert [(each.request, each.ref, each.stage, each.approvals) for each in done.requests] == [
        (asked, "fraud@1", "production", 0)
    ]
    assert PolicySetView(done).notes()[-1] == f"request {asked} (fraud@1 to production) is judged by the new rules"


def test_a_wrong_policy_changes_nothing(world, put):
    put(PLAIN)
    before = len(world.entries())
    with pytest.raises(UsageError, match=r"(?s)2 mistakes\n  line 3: colour: .*\n  line 9: stages.meening"):
        put('model_names = ["fraud"]\n\ncolour = 3\n' + PLAIN.replace("meaning", "meening"))
    with pytest.raises(SchemaMismatch):
        put("format = 2")
    with pytest.raises(NotFound):
        world.registry.set_policy("none.toml")
    assert len(world.entries()) == before
    assert world.registry.policy().source == PLAIN


def test_a_policy_without_stages_is_judged_by_those_of_the_registry(put):
    with pytest.raises(
        UsageError, match=r"there is no stage 'prd' \(did you mean promote:staging or promote:production\?\)"
    ):
        put('[roles.lead]\nmay = ["policy", "promote:prd"]\n')


def test_a_wrong_stage_is_told_what_the_stages_mean(world, put):
    put(PLAIN)
    world.register()
    with pytest.raises(NotFound) as caught:
        world.registry.promote("fraud@1", "prd")
    assert caught.value.hint == "stages are staging, production (serves users)"


def test_a_file_that_is_not_there_is_answered_with_the_command_that_writes_one(world, run_here):
    assert run_here("policy", "set", "regulated")[::2] == (
        3,
        "error: there is no file 'regulated'\nhint: modelkeep policy init regulated        (writes one to begin with)\n",
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("policy validate policy.toml", "policy set policy.toml -n"),
        ("policy apply policy.toml", "policy set policy.toml"),
        ("policy list", "policy history"),
        ("policy compare policy.toml", "policy diff policy.toml"),
        ("policy sett policy.toml", "policy set policy.toml"),
        ("rules", "policy show"),
        ("policies", "policy history"),
    ],
)
def test_another_word_is_answered_with_ours(run_here, typed, meant):
    code, _, err = run_here(*typed.split())
    assert (code, err.splitlines()[-1]) == (2, f"hint: modelkeep {meant}")


def test_show_says_what_the_stages_mean(world, put):
    world.register()
    assert world.registry.model("fraud").meanings == {}
    put(PLAIN)
    assert world.registry.model("fraud").meanings == {"production": "serves users"}
    before = world.registry.policies()[0].seq
    put(PLAIN.replace("serves users", "is in use"))
    assert world.registry.model("fraud", as_of=f"seq:{before}").meanings == {"production": "serves users"}
    clock = Clock(datetime(2026, 11, 24, tzinfo=UTC), UTC)
    table = ModelView(world.registry.model("fraud"), None).table(clock)
    assert "stages\n  production  is in use\n" in draw(table, width=80, color=False, encoding="utf-8").text


# show, history, diff


def test_the_policy_of_a_moment_is_shown_as_it_stood(world, put):
    with pytest.raises(NotFound, match="there is no policy"):
        world.registry.policy()
    put(PLAIN, message="to begin with")
    world.register()
    put(STRICT)
    first, second = world.registry.policies()
    assert (first.reason, first.until, second.until) == ("to begin with", second.seq, None)
    then = world.registry.policy(as_of=f"seq:{second.seq - 1}")
    assert (then.source, then.until) == (PLAIN, None)
    assert world.registry.policies(as_of=f"seq:{first.seq}")[0].until is None
    with pytest.raises(NotFound, match="there was no policy then"):
        world.registry.policy(as_of="seq:1")
    assert world.findings() == []


def test_a_pipe_gets_the_toml_as_it_was_written(world, put, run_here):
    text = "# Grüße \t 東京\n" + STRICT
    put(text)
    assert run_here("policy", "show") == (0, text, "")
    code, out, _ = run_here("policy", "show", "-q")
    assert (code, out) == (0, f"{world.registry.policy().digest}\n")


def test_a_terminal_gets_a_page_in_words(world, put):
    put(STRICT, message="why not")
    view = PolicyView(world.registry.policy(), None)
    shown = draw(
        view.table(Clock(datetime(2026, 11, 24, tzinfo=UTC), UTC)), width=100, color=False, encoding="utf-8"
    ).text
    assert re.sub(r"sha256:[0-9a-f]{64}", "DIGEST", shown) == PAGE


PAGE = """\
in force since  Nov 23 09:00 by ana (entry 2)
because         why not
digest          DIGEST

stages
  order  staging < production

stage staging
  protected    no
  also called  stg

stage production
  means          serves users
  protected      yes
  also called    prod
  after          only after staging
  soak           1d in staging without a break
  description    must be there
  reason         must be there
  metric auc     at least 0.90
  approval       one person who may approve
  last approval  promotes by itself
"""


def test_diff_compares_the_last_two_a_file_and_moments(world, put, run_here):
    put(PLAIN)
    first = world.registry.policies()[0].seq
    put(PLAIN + 'require = ["label"]\n')
    line = "stage production\tlabel\t-\tmust be there\n"
    assert run_here("policy", "diff") == (0, line, "")
    assert run_here("policy", "diff", f"seq:{first}", "--exit-code")[:2] == (1, line)
    (world.work / "other.toml").write_text(PLAIN)
    assert run_here("policy", "diff", "other.toml")[:2] == (0, "stage production\tlabel\tmust be there\t-\n")
    assert run_here("policy", "diff", f"seq:{first}", "other.toml", "--exit-code")[:2] == (0, "")
    assert run_here("policy", "diff", "1", "2", "3")[0] == 2
    assert run_here("policy", "diff", "missing.toml")[0] == 3


def test_diff_of_a_first_policy_is_all_of_it(world, put):
    with pytest.raises(NotFound):
        world.registry.policy_diff()
    put(PLAIN)
    assert (world.registry.policy_diff().before, len(world.registry.policy_diff().differences)) == ("no policy", 6)


def test_history_lists_who_put_which_policy_in_force(world, put, run_here):
    assert run_here("policy", "history")[:2] == (0, "")
    put(PLAIN, message="to begin with")
    put(STRICT)
    (first, second) = world.registry.policies()
    assert run_here("policy", "history")[1].splitlines() == [
        f"{first.seq}\t{first.time[:19]}Z\tana\t{first.digest}\t{second.seq}\tto begin with",
        f"{second.seq}\t{second.time[:19]}Z\tana\t{second.digest}\t-\t-",
    ]


def test_audit_tells_it(world, put):
    put(PLAIN, message="to begin with")
    assert world.registry.audit()[-1].sentence == (
        f'put the policy {world.registry.policy().digest[7:19]} in force: "to begin with"'
    )


# init


@pytest.mark.parametrize("kind", ["solo", "team", "regulated"])
def test_what_init_writes_can_be_put_in_force_at_once(world, run_here, kind):
    code, out, err = run_here("policy", "init", kind)
    assert (code, out) == (0, "policy.toml\nMODELS.md\n")
    assert "next: modelkeep policy set policy.toml -n" in err
    assert world.registry.set_policy("policy.toml").changed
    assert "{{" not in (world.work / "MODELS.md").read_text()
    assert "a policy is in force already" in run_here("policy", "init", kind, "-o", "policy2.toml", "--force")[2]


def test_init_never_overwrites_without_force(world, run_here):
    (world.work / "MODELS.md").write_text("ours")
    code, _, err = run_here("policy", "init", "team")
    assert (code, "MODELS.md is there already" in err) == (4, True)
    assert not (world.work / "policy.toml").exists()
    assert run_here("policy", "init", "team", "--force")[0] == 0
    assert (world.work / "MODELS.md").read_text() != "ours"


def test_init_takes_the_stages_of_the_registry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_templates("regulated", "policy.toml", ["qa", "canary", "live"], force=False)
    text = (tmp_path / "policy.toml").read_text()
    assert re.findall(r'^name = "(\w+)"$', text, re.MULTILINE)[:3] == ["qa", "canary", "live"]
    assert 'after = ["canary"]' in text


def test_init_with_force_takes_the_place_of_a_link_and_leaves_what_it_leads_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "policy.toml").symlink_to("precious")
    write_templates("solo", "policy.toml", ["production"], force=True)
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "policy.toml").is_symlink()
    (tmp_path / "MODELS.md").unlink()
    (tmp_path / "MODELS.md").mkdir()
    with pytest.raises(UsageError, match=r"cannot write MODELS\.md"):
        write_templates("solo", "policy.toml", ["production"], force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MODELS.md", "policy.toml", "precious"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a link of another account")
def test_a_link_of_another_account_leads_to_no_file_of_ours(world, put, run_here):
    put(PLAIN)
    (world.work / "ours.toml").write_text('model_names = ["secret"]')
    link = world.work / "theirs.toml"
    link.symlink_to("ours.toml")
    os.lchown(link, 71004, 71004)
    for words in (["set"], ["diff"]):
        code, out, err = run_here("policy", *words, "theirs.toml")
        assert (code, out, "secret" in err) == (4, "", False), err


def test_an_address_is_no_policy(world, run_here):
    for words in (["set", "s3://b/p.toml"], ["diff", "s3://b/p.toml"], ["init", "solo", "-o", "s3://b/p.toml"]):
        code, _, err = run_here("policy", *words)
        assert (code, "takes a path of this machine, not 's3://b/p.toml'" in err) == (2, True), err


def test_init_says_where_it_cannot_write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"cannot write none/policy\.toml"):
        write_templates("solo", "none/policy.toml", ["production"], force=False)
    (tmp_path / "policy.toml").symlink_to("nowhere")
    with pytest.raises(Conflict):
        write_templates("solo", "policy.toml", ["production"], force=False)


def test_init_needs_to_know_how_strict(run_here):
    code, _, err = run_here("policy", "init", "teem")
    assert code == 2
    assert "hint: modelkeep policy init team" in err


def test_tables_are_drawn(world, put):
    put(PLAIN)
    clock = Clock(datetime(2026, 11, 24, tzinfo=UTC), UTC)
    for view in (
        PoliciesView(None, world.registry.policies()),
        PolicyDiffView(world.registry.policy_diff()),
    ):
        assert view.table(clock) is not None
