"""`prune`: what the policy's retention does not keep goes, a version an entry, and what is in use always stays."""

import pytest
from history import sha
from msgspec.structs import replace
from world import World

from modelkeep.changes import prune as pruning
from modelkeep.changes.change_request import ChangeRequest, subject_of
from modelkeep.changes.runner import run_change
from modelkeep.domain.policy.rules import RequiredApproval, Retention, RoleRules, Rules, SignalRule, StageRules
from modelkeep.domain.verbs.deploy import Deploy
from modelkeep.domain.verbs.policy import Policy
from modelkeep.domain.verbs.signal import Signal
from modelkeep.errors import Conflict, Denied, NotFound
from modelkeep.locate import Located
from modelkeep.provenance.machine import Account
from modelkeep.reads.references import version_or_model
from modelkeep.registry import Registry

STAGES = (StageRules(name="staging"), StageRules(name="production", protected=True))
DAY = 86_400


def rules(then="archive", stages=STAGES, roles=(), signals=(), **keep):
    return Rules(stages=stages, roles=roles, signals=signals, retention=Retention(then=then, **keep))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    for _ in range(5):
        world.register()
    return world


def tell(world, command, ref):
    def resolve(reader, say):
        return ChangeRequest(command, subject_of(version_or_model(reader, ref, say)))

    run_change(world.context, resolve, message=None, dry_run=False)


def put_in_force(world, found):
    documents = {sha(text): text.encode() for text in (found.to_bytes().decode(), "# a policy")}
    request = ChangeRequest(Policy(*documents), None, documents=documents, about="policy")
    run_change(world.context, lambda _reader, _say: request, message=None, dry_run=False)


def become(world, user, uid=1001):
    """Return the registry as another account sees it."""
    context = replace(world.context, account=Account(uid, user, user_namespace=False))
    return Registry(context, Located(str(world.home), "flag"))


def pruned(world, name=None, **more):
    return [f"{each.ref}: {each.before} -> {each.after}" for each in world.registry.prune(name, **more)]


def test_the_newest_versions_are_kept_and_the_rest_is_archived_each_in_an_entry_with_the_rule(world):
    put_in_force(world, rules(keep_last=3))
    before = len(world.entries())
    assert pruned(world) == ["fraud@1: development -> archived", "fraud@2: development -> archived"]
    told = world.registry.audit(limit=2)
    assert [each.sentence for each in told] == [
        f'archived fraud@{number}: "retention: keeps the last 3; the rest is archived"' for number in (1, 2)
    ]
    assert len(world.entries()) == before + 2
    assert pruned(world) == []
    assert len(world.entries()) == before + 2
    assert world.verify().ok


def test_a_reason_stands_behind_the_rule(world):
    put_in_force(world, rules(keep_last=4))
    world.registry.prune(message="spring cleaning")
    assert world.registry.audit(limit=1)[0].reason == (
        "retention: keeps the last 4; the rest is archived (spring cleaning)"
    )


def test_a_version_is_kept_for_its_age_or_for_its_place(world):
    world.pass_time(days=40)
    world.register()
    put_in_force(world, rules(keep_newer=30 * DAY))
    assert len(pruned(world, dry_run=True)) == 5
    put_in_force(world, rules(keep_newer=30 * DAY, keep_last=3))
    assert pruned(world, dry_run=True) == [f"fraud@{n}: development -> archived" for n in (1, 2, 3)]


def test_a_dry_run_writes_nothing_and_answers_the_same(world):
    put_in_force(world, rules(keep_last=3))
    before = world.entries()
    planned = world.registry.prune(dry_run=True)
    assert world.entries() == before
    done = world.registry.prune()
    assert [replace(each, seq=None, dry_run=True) for each in done] == list(planned)


def test_what_is_in_use_is_kept(world):
    world.register("churn")
    world.registry.promote("fraud@1", "production")
    world.registry.promote("fraud@2", "production")
    world.registry.promote("fraud@3", "staging")
    world.registry.alias("fraud@4", ["champion"])
    tell(world, Deploy(target="k8s/eu", status="running"), "churn@1")
    for _ in range(3):
        world.register("churn")
    signals = (SignalRule(name="errors", then="open", above="0.1"),)
    put_in_force(world, rules(keep_last=1, then="delete", signals=signals))
    world.registry.promote("churn@2", "staging")
    tell(world, Signal(name="errors", value="0.5"), "churn@2")
    world.registry.retire("churn", "staging")
    assert pruned(world) == ["churn@3: development -> deleted"]
    world.registry.alias("fraud", remove=["champion"])
    tell(world, Deploy(target="k8s/eu", status="stopped"), "churn@1")
    world.registry.retire("fraud", "staging")
    assert pruned(world) == [
        "fraud@3: superseded -> deleted", "fraud@4: development -> deleted", "churn@1: development -> deleted",
    ]  # fmt: skip


def test_a_parent_of_what_holds_a_stage_is_kept(world):
    world.register("base")
    world.register("base")
    world.register("adapter", parents=["base@1"])
    put_in_force(world, rules(keep_last=1, then="delete"))
    world.registry.promote("adapter@1", "staging")
    assert pruned(world, "base") == []
    world.registry.retire("adapter", "staging")
    assert pruned(world, "base") == ["base@1: development -> deleted"]


def test_an_open_request_keeps_a_version(world):
    asking = (STAGES[0], replace(STAGES[1], approvals=(RequiredApproval(count=1),)))
    put_in_force(world, rules(keep_last=4, stages=asking))
    world.registry.request("fraud@1", "production")
    assert pruned(world) == []
    world.registry.reject("fraud@1", "production")
    assert pruned(world) == ["fraud@1: development -> archived"]


def test_a_stage_that_was_protected_once_keeps_what_was_in_it(world):
    world.registry.promote("fraud@1", "production")
    world.registry.retire("fraud", "production")
    loose = (STAGES[0], StageRules(name="production"))
    put_in_force(world, rules(keep_last=4, stages=loose))
    assert pruned(world) == []


def test_deleted_versions_do_not_count_among_the_newest_and_archived_ones_do_where_the_rest_is_deleted(world):
    world.registry.archive("fraud@5")
    world.registry.delete("fraud@4")
    put_in_force(world, rules(keep_last=2))
    assert pruned(world, dry_run=True) == ["fraud@1: development -> archived"]
    put_in_force(world, rules(keep_last=2, then="delete"))
    assert pruned(world) == ["fraud@1: development -> deleted", "fraud@2: development -> deleted"]


def test_the_bytes_of_deleted_versions_are_free_for_gc(world):
    world.register(content=b"the first of another model" * 10, name="churn")
    world.register("churn")
    put_in_force(world, rules(keep_last=1, then="delete"))
    world.registry.prune("churn")
    cleaned = world.registry.gc(grace="0s")
    assert any("only churn@1" in each.reason for each in cleaned.garbage)
    assert world.verify().ok


def test_without_a_retention_nothing_is_pruned(world):
    with pytest.raises(NotFound) as refused:
        world.registry.prune()
    assert refused.value.message == "no policy says which versions are kept: there is no [retention]"
    put_in_force(world, Rules(stages=STAGES))
    with pytest.raises(NotFound):
        world.registry.prune()
    put_in_force(world, rules(keep_last=1))
    with pytest.raises(NotFound):
        world.registry.prune("nothing")


@pytest.mark.parametrize(("then", "permission"), [("archive", "delete"), ("delete", "archive")])
def test_it_needs_the_permission_to_do_what_the_policy_says(world, then, permission):
    roles = (RoleRules("owner", ("*",)), RoleRules("cleaner", (permission,)), RoleRules("sweeper", (then,)))
    put_in_force(world, rules(then, keep_last=4, roles=roles))
    world.registry.grant_role("cleaner", "user:bo")
    world.registry.grant_role("sweeper", "user:cy")
    before = world.entries()
    with pytest.raises(Denied):
        become(world, "bo").prune()
    assert world.entries() == before
    assert [each.changed for each in become(world, "cy", 1002).prune()] == [True]


def test_what_comes_into_use_meanwhile_is_kept(world, monkeypatch):
    put_in_force(world, rules(keep_last=3))
    pages = pruning.prune_pages

    def promote_first(runner, wanted):
        world.registry.alias("fraud@1", ["champion"])
        return found(runner, wanted)

    found = pruning._page
    monkeypatch.setattr(pruning, "_page", promote_first)
    ((kept, gone),) = pages(world.context, None, None, dry_run=False)
    assert (kept.changed, kept.why) == (False, "the retention keeps it now: it is in use, or the policy changed")
    assert (gone.ref, gone.changed) == ("fraud@2", True)


def test_a_version_that_fails_leaves_the_others_and_says_why(world, monkeypatch):
    put_in_force(world, rules(keep_last=3))
    run = pruning.ChangeRunner.run

    def refuse_the_first(self, resolve, check_bytes=None):
        def resolved(reader, say):
            request = resolve(reader, say)
            if request.version == 1:
                message = "it is in the way"
                raise Conflict(message, "take it away")
            return request

        return run(self, resolved, check_bytes)

    monkeypatch.setattr(pruning.ChangeRunner, "run", refuse_the_first)
    failed, done = world.registry.prune()
    assert (failed.changed, failed.after, failed.error.exit, failed.error.message) == (
        False, "development", 4, "it is in the way",
    )  # fmt: skip
    assert done.changed


@pytest.mark.slow  # it registers and archives two hundred versions
def test_many_versions_come_in_pages(world):
    put_in_force(world, rules(keep_last=1))
    for _ in range(204):
        world.registry.register("many", world.model(), code="none")
    pages = list(world.registry.prune_pages("many"))
    assert [len(page) for page in pages] == [200, 3]
    assert [each.ref for page in pages for each in page] == [f"many@{number}" for number in range(1, 204)]


def test_only_versions_that_were_shown_are_deleted_as_they_were_shown(world):
    put_in_force(world, rules("delete", keep_last=2))
    plans = {each.ref: each.plan for each in world.registry.prune(dry_run=True)}
    assert list(plans) == ["fraud@1", "fraud@2", "fraud@3"]
    world.register()
    world.registry.mark("fraud@2", "bad")
    world.registry.alias("fraud@3", "champion")
    (page,) = world.registry.prune_pages(plans=plans)
    assert [(each.ref, each.changed, each.why, each.error and each.error.message) for each in page] == [
        ("fraud@1", True, None, None),
        ("fraud@2", False, None, "fraud@2 changed since it was shown"),
        ("fraud@4", False, "it was not among those that were shown", None),
    ]
    assert pruned(world) == ["fraud@2: bad -> deleted", "fraud@4: development -> deleted"]
