"""What `doctor` says of the policy's roles: who may change it here, and whom this machine does not know."""

import pytest
from history import sha
from msgspec.structs import replace
from world import World

from modelkeep.changes.change_request import ChangeRequest
from modelkeep.changes.role import change_role
from modelkeep.changes.runner import run_change
from modelkeep.domain.policy.rules import RoleRules, Rules
from modelkeep.domain.verbs.policy import Policy
from modelkeep.locate import Located
from modelkeep.maintenance.doctor import doctor
from modelkeep.provenance.machine import Account

RULES = Rules(roles=(RoleRules("owner", ("*",)), RoleRules("trainer", ("register",))))


def put_in_force(world, rules=RULES):
    documents = {sha(text): text.encode() for text in (rules.to_bytes().decode(), "# a policy")}
    request = ChangeRequest(Policy(*documents), None, documents=documents, about="policy")
    run_change(world.context, lambda _reader, _say: request, message=None, dry_run=False)


def findings(world, context=None):
    found = doctor(context or world.context, Located(str(world.home), "flag"))
    return [(each.severity, each.message) for each in found.findings if each.code == "roles"]


@pytest.fixture
def world(tmp_path):
    """Return a registry of root: an account that every machine knows."""
    world = World(tmp_path)
    world.context = replace(world.context, account=Account(0, "root", user_namespace=False))
    return world


def test_without_a_policy_nothing_is_said_of_roles(world):
    assert findings(world) == []


def test_who_has_roles_is_counted_and_whom_this_machine_does_not_know_is_named(world):
    put_in_force(world)
    assert findings(world) == [("ok", "1 account or group has roles")]
    for who in ("user:no-such-account", "group:no such group"):
        run_change(world.context, change_role("trainer", who, grant=True), message=None, dry_run=False)
    told = "3 accounts and groups have roles; this machine does not know group:no such group, user:no-such-account"
    assert findings(world) == [("ok", told)]


def test_a_machine_on_which_nobody_may_change_the_policy_is_warned_of(world):
    put_in_force(world)
    world.edit("UPDATE role_binding SET name = 'no-such-account'")
    warning, _ = findings(world)
    assert warning == ("warning", "only user:no-such-account may change it, whom this machine does not know")


def test_an_account_in_a_user_namespace_is_told_that_it_may_change_nothing(world):
    put_in_force(world)
    inside = replace(world.context, account=Account(0, "root", user_namespace=True))
    (severity, message), _ = findings(world, inside)
    assert (severity, "every change is denied" in message) == ("warning", True)
