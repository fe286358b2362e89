"""What a policy brings, told by several accounts: roles, a request, approvals, checks, deployments, signals."""

from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, subject_of
from modelkeep.changes.runner import run_change
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.verbs.check import Check
from modelkeep.domain.verbs.deploy import Deploy
from modelkeep.domain.verbs.signal import Signal
from modelkeep.locate import Located
from modelkeep.provenance.machine import Account
from modelkeep.reads.references import version_of
from modelkeep.registry import Registry

POLICY = """\
[roles.owner]
may = ["*"]

[roles.risk]
may = ["approve", "check", "request:*"]

[[stages]]
name = "staging"

[[stages]]
name = "production"
protected = true
approvals = [{ role = "risk", count = 1 }]

[[signals]]
name = "p99"
above = 0.5
then = "open"
"""


def as_account(world, user, uid):
    """Return the registry as another account sees it."""
    context = replace(world.context, account=Account(uid, user, user_namespace=False))
    return Registry(context, Located(str(world.home), "flag"))


def govern(world, name, number):
    """Put a policy in force and let everything happen that it brings, to a version that is not in production."""
    r, ref = world.registry, f"{name}@{number}"
    file = world.work / "policy.toml"
    file.write_text(POLICY)
    r.set_policy(file, message="two pairs of eyes")
    r.grant_role("risk", "user:bo")
    r.grant_role("risk", "user:cy")
    bo, cy = as_account(world, "bo", 1001), as_account(world, "cy", 1002)
    refused = bo.request(ref, "production")
    cy.reject(refused.seq, message="not before the audit")
    asked = bo.request(ref, "production")
    cy.approve(asked.seq, message="seen the report")
    report = b"all is well"
    evidence = {digest_of(report): report}
    check = Check(name="bias", result="pass", evidence=next(iter(evidence)), expires="2099-01-01T00:00:00.000000Z")
    _tell(world, ref, check, documents=evidence)
    r.promote(ref, "production", message="approved")
    _tell(world, ref, Deploy(target="k8s/eu", status="running"), fields=(("endpoint", "https://scorer.example"),))
    signal = _tell(world, ref, Signal(name="p99", value="0.7", count=1200, window=3600))
    r.acknowledge(str(signal))
    _tell(world, ref, Signal(name="p99", value="0.8"))
    r.revoke_role("risk", "user:bo")


def _tell(world, ref, command, **more):
    """Write the entry of a command about a version, and return its number."""

    def resolve(reader, say):
        return ChangeRequest(command, subject_of(version_of(reader, ref, say, "show {}")), **more)

    return run_change(world.context, resolve, message=None, dry_run=False).entry.seq
