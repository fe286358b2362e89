"""The examples in the docstrings of the API, each run in a registry made for it."""

import doctest
import os

import msgspec
import pytest

from modelkeep import datasets, governance, governance_checks, knowledge, oversight, serving
from modelkeep import registry as api
from modelkeep.provenance.machine import Account

#: The state in which an example begins, where it is not two models with fraud@1 in production.
EMPTY, REGISTERED, LEFT, GOVERNED, OWNED, ASKED = "empty", "registered", "left", "governed", "owned", "asked"
FOUND = {
    "register": EMPTY, "Registry.register": EMPTY, "Registry.promote": REGISTERED, "Registry.mark": LEFT,
    "Governance.policy": GOVERNED, "Governance.policies": GOVERNED, "Governance.policy_diff": GOVERNED, "Governance.revoke_role": OWNED,
    "Governance.request": GOVERNED, "Governance.approve": ASKED, "Governance.reject": ASKED, "Governance.requests": ASKED,
}  # fmt: skip
RETAINED = "retained"
HOOKED = "hooked"
SERVED = "served"
FOUND |= {"Serving.deployments": SERVED, "Serving.signals": SERVED, "Serving.signal_report": SERVED}
REPORT = (
    '{"metrics": [{"metric_name": "DriftedColumnsCount(drift_share=0.5)", "value": {"count": 2.0, "share": 0.25}}]}'
)
FOUND |= {"Oversight.prune": RETAINED, "Oversight.prune_pages": RETAINED, "Oversight.test_hook": HOOKED}
POLICY = """
[[stages]]
name = "staging"
[[stages]]
name = "production"
approvals = 1
"""
RETENTION = '\n[retention]\nkeep_last = 1\nthen = "archive"\n'

EXAMPLES = {
    found.name.removeprefix(f"{module.__name__}."): found
    for module in (api, datasets, governance, governance_checks, knowledge, oversight, serving)
    for found in doctest.DocTestFinder(exclude_empty=True).find(module)
    if found.examples
}


def as_account(registry, account):
    """Return the registry as another account has it."""
    return api.Registry(msgspec.structs.replace(registry._context, account=account), registry._located)


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Return what makes a registry of two models and three versions in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def prepare(until):
        registry, _ = api.create_registry(tmp_path / "registry")
        for name, content in (("model.onnx", b"one"), ("other.onnx", b"two"), ("churn.onnx", b"three")):
            (tmp_path / name).write_bytes(content)
        if until == EMPTY:
            return registry
        (tmp_path / "notes.md").write_bytes(b"trained by night")
        (tmp_path / "requirements.txt").write_text("numpy==2.4.6\nscikit-learn==1.7.2\n")
        data = "transactions@2026-02"
        registry.register("fraud", "model.onnx", metrics={"auc": 0.914}, data=data, code="none", env="none")
        registry.register("fraud", "other.onnx", metrics={"auc": 0.921}, data=data, code="none", env="none")
        registry.register("churn", "churn.onnx", code="none", env="none")
        if until == HOOKED:
            config = tmp_path / "config" / "modelkeep" / "config.toml"
            config.parent.mkdir(parents=True)
            config.write_text('[hooks.notify]\non = ["register"]\ncommand = ["true"]\n')
            monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
            return api.open_registry(tmp_path / "registry")
        if until == RETAINED:
            (tmp_path / "policy.toml").write_text(POLICY + RETENTION)
            registry.set_policy("policy.toml")
        if until in (REGISTERED, RETAINED):
            return registry
        registry.promote("fraud@1", "production")
        (tmp_path / "policy.toml").write_text(POLICY)
        if until in (GOVERNED, ASKED):
            registry.set_policy("policy.toml")
        if until == ASKED:
            bo = as_account(registry, Account(4711, "bo", user_namespace=False))
            (tmp_path / "new.onnx").write_bytes(b"four")  # who registered the same bytes before could not approve
            bo.register("churn", "new.onnx", code="none")
            bo.request("churn@2", "production", message="march data")
        if until == SERVED:
            registry.record_deployment("churn@1", "k8s/eu")
            registry.signal("churn@1", "p99", "0.25")
            (tmp_path / "report.json").write_text(REPORT)
        if until == OWNED:
            registry.grant_role("owner", "user:root")
        if until == LEFT:
            registry.promote("fraud@2", "production")
            registry.rollback("fraud@2")
        return registry

    return prepare


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_does_what_it_shows(name, prepared):
    example = EXAMPLES[name]
    example.globs = {
        "registry": prepared(FOUND.get(name)),
        "open_registry": api.open_registry,
        "create_registry": api.create_registry,
        "read_pairs": api.read_pairs,
        "os": os,
    }
    output = []
    result = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(example, out=output.append)
    assert result.failed == 0, "".join(output)


def test_every_method_has_an_example():
    for kind in (
        api.Registry,
        datasets.DatasetRecords,
        governance.Governance,
        governance_checks.CheckMethods,
        knowledge.Knowledge,
        oversight.Oversight,
        serving.Serving,
    ):
        public = {
            f"{kind.__name__}.{name}" for name, member in vars(kind).items() if name[0] != "_" and callable(member)
        }
        assert public <= set(EXAMPLES)
