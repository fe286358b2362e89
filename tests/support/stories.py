"""The story whose entries are golden: one entry of every kind, made by `History`, always the same bytes."""

from pathlib import Path

from history import History
from log_kinds import COMMANDS

from modelkeep.domain.entry import parse_entry
from modelkeep.domain.known_documents import Environment, Field, FileInspection, Inspection, Interface, LockFile, Tensor
from modelkeep.domain.policy.rules import Gate, RequiredApproval, Rules, SignalRule, StageRules
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.migrate import Migrate

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
#: Kinds that the format has and no rule of this release writes.
UNWRITTEN = {word for word, kind in COMMANDS.items() if kind is Migrate}


def golden_history():
    """Return a history with an entry of every kind."""
    history = History()
    day = Data(digest="sha256:" + "d" * 64, name="transactions", role="train", version="2026-02")
    history.register(
        "fraud", "one", stage="staging", aliases=["champion"], label="1.0", metrics=[("auc", "0.907"), ("f1", "NaN")],
        on=Data(name="holdout", version="3"), data=[day], runs=["mlflow:77"], commit="9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7",
        reason="first good one", tag__owner="risk", param__depth="8", description="finds fraud", source=["model.onnx"],
    )  # fmt: skip
    history.promote("fraud@1", "production", reason="go")
    history.register("fraud", {"a/weights.bin": "two", "config.json": "{}"}, form="tree", parents=["fraud@1"])
    history.promote("fraud@2", "production")
    history.evaluate("fraud@2", [("auc", "0.93")], Data(name="holdout", version="4"), ["wandb:abc"], reason="again")
    history.rollback("fraud@2", to=1, reason="false positives: Zürich, 東京, \u2028 and \U0001f600")
    history.mark("fraud@2", "good")
    history.alias("fraud@2", "champion", "canary")
    history.tag("fraud@1", remove=["owner"], pii="no")
    history.describe("fraud", "scores card payments")
    history.note("fraud@1", "looks odd on Mondays")
    history.archive("fraud@2")
    history.archive("fraud", undo=True)
    history.retire("fraud@1", "production")
    history.rename("fraud", "risk/Fraud")
    history.register("risk/Fraud", "three", stage="staging", aliases=["shadow", "third"], label="2.0")
    history.delete("risk/Fraud@3", reason="trained on what we may not keep")
    history.create("churn", description="who leaves")
    history.label("risk/Fraud@2", "1.5", reason="what we call it")
    history.policy(
        Rules(
            stages=(
                StageRules(name="staging"),
                StageRules(
                    name="production",
                    protected=True,
                    approvals=(RequiredApproval(count=1),),
                    gates=(Gate(metric="auc", min="0.9"),),
                ),
            ),
            signals=(SignalRule(name="p99", then="open", above="0.5"),),
        )
    )
    history.role("owner", "group:ml")
    history.user = "bo"
    refused = history.request("risk/Fraud@1")
    history.user = "cy"
    history.reject("risk/Fraud@1", refused, reason="not before Christmas")
    history.user = "bo"
    asked = history.request("risk/Fraud@2")
    history.user = "cy"
    history.approve("risk/Fraud@2", asked, reason="seen the report")
    history.check("risk/Fraud@2", "bias", evidence="all is well", expires="2027-01-01T00:00:00.000000Z")
    history.promote("risk/Fraud@2", "production", reason="approved")
    history.deploy("risk/Fraud@2", "k8s/eu", endpoint="https://scorer.example/fraud")
    opened = history.signal("risk/Fraud@2", "p99", "0.7", count=1200, window=3600, source="prometheus")
    history.acknowledge("risk/Fraud@2", opened)
    history.data("raw@2026-02", "sha256:" + "a" * 64, rows=1200, location="s3://lake/raw/2026-02")
    history.data("features@2026-02", schema="amount: float", parents=["raw@2026-02"])
    history.supplement(
        "risk/Fraud@2",
        inspected=Inspection(
            kind="onnx",
            files=(
                FileInspection(
                    path="a/weights.bin",
                    format="onnx",
                    facts=(("opset", "17"),),
                    tensors=(Tensor("w", "F32", ("2", "n")),),
                ),
            ),
        ),
        interface=Interface(inputs=(Field("float32", "x", ("n", "2")),), outputs=(Field("int64"),)),
        environment=Environment(
            python="3.11.7", packages=(("numpy", "2.1.0"),), lock=LockFile("uv.lock", "sha256:" + "b" * 64)
        ),
        licence="Apache-2.0",
        attachments=[("diff", "-a\n+b\n")],
        reason="found later",
    )
    return history


def golden_story():
    """Return kind -> (bytes of its first golden entry, text of its details or None)."""
    history = golden_history()
    found = {}
    for _, data in history.connection.rows("SELECT seq, bytes FROM entry ORDER BY seq"):
        entry = parse_entry(data)
        row = history.connection.connection.execute(
            "SELECT text FROM details WHERE digest = ?", (entry.intent.details,)
        ).fetchone()
        found.setdefault(entry.intent.kind, (data, row and row[0]))
    return found


def write_golden():
    """Write the golden files anew: only ever for a kind that is new."""
    for kind, (data, text) in golden_story().items():
        path = GOLDEN / f"{kind}.json"
        if path.exists():
            continue
        path.write_bytes(data)
        if text is not None:
            (GOLDEN / f"{kind}.details.txt").write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    write_golden()
