"""A policy among accounts of the system: who may change it, and what becomes of a request while it changes."""

import json

import people as people_
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.slow,  # each command is a process in a mount namespace of its own
    pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY),
]


@pytest.fixture(scope="module")
def people(modelkeep):
    made = people_.People(modelkeep)
    place = made.root / "srv"
    place.mkdir()
    place.chmod(0o1777)
    yield made
    made.close()


def test_a_policy_that_changes_in_the_middle_of_a_request(people):
    """Ana leads, bo asks. Ana approves, then the rules change: the approval is void, said at once, and asked for again."""
    models = people.root / "srv/models"

    def type_(who, line, exit_code=0):
        done = people.run(who, ["sh", "-c", line], env={"MODELKEEP_REGISTRY": str(models)})
        assert done.exit_code == exit_code, (line, done.stdout, done.stderr)
        return done

    type_("ana", f"modelkeep init {models} --shared ml")
    type_("ana", 'modelkeep policy init team && sed -i \'s/"data", "code", //\' policy.toml')
    assert "user:ana: none -> lead" in type_("ana", "modelkeep policy set policy.toml -m begin").stdout
    denied = type_("bo", "printf one > m.onnx && modelkeep register fraud m.onnx", 9)
    assert "it takes the role lead (user:ana) or member (nobody has it)" in denied.stderr
    type_("ana", "modelkeep role grant member user:bo")
    type_("bo", "modelkeep register fraud m.onnx --description 'scores cards'")
    type_("bo", "modelkeep promote fraud@1 production --request -m march")
    asked = json.loads(type_("bo", "modelkeep requests --json").stdout)["requests"][0]["request"]

    assert "bo may not" in type_("bo", "modelkeep policy show > p.toml && modelkeep policy set p.toml", 9).stderr

    def approve():
        plan = json.loads(type_("ana", f"modelkeep approve {asked} -n --json").stdout)["plan"]
        return type_("ana", f"modelkeep approve {asked} --plan {plan}")

    approve()
    type_("ana", 'sed -i \'s/approvals_expire = "14d"/approvals_expire = "7d"/\' policy.toml')
    for flag in ("-n", ""):
        told = type_("ana", f"modelkeep policy set policy.toml {flag}").stderr
        assert f"request {asked} (fraud@1 to production): the rules changed, so 1 approval of it does not count" in told
    refused = type_("bo", "modelkeep promote fraud@1 production -m march", 9)
    assert "approval: 0, must be 1 person" in refused.stderr
    approve()
    type_("bo", "modelkeep promote fraud@1 production -m march")

    type_("ana", "printf '[roles.lead]\\nmay = [\"register\"]\\n' > locked.toml")
    assert "it would lock everybody out" in type_("ana", "modelkeep policy set locked.toml", 4).stderr
    history = type_("bo", "modelkeep policy history").stdout.splitlines()
    assert [line.split("\t")[2] for line in history] == ["ana", "ana"]
    type_("bo", "modelkeep verify")
