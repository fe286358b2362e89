"""A year of a governed registry in thirty entries: for the goldens of what people sign.

Run as a script it writes the golden pages anew: look at the difference before you commit it.
"""

from pathlib import Path

from history import History

from modelkeep.domain.policy.rules import (
    Gate,
    Person,
    RequiredApproval,
    RequiredCheck,
    RoleRules,
    Rules,
    SignalRule,
    StageRules,
)
from modelkeep.papers.annex import annex_page
from modelkeep.papers.report import report_page

GOLDEN = Path(__file__).resolve().parent.parent / "papers" / "golden"
#: Where the policy begins, which is where the period of the second golden begins.
QUARTER = "seq:6"
HOSTILE = "# a heading\n\n| a | cell | <script>alert(1)</script>\n[link](https://evil.example) www.evil.example `code` *bold*\n1. one\n---\n\x1b[2J"


def rules(floor="0.9"):
    return Rules(
        stages=(
            StageRules(name="staging"),
            StageRules(
                name="production", protected=True, meaning="scores live payments", require=("reason",),
                gates=(Gate(metric="auc", min=floor), Gate(metric="recall", min="0.5", warn=True)),
                checks=(RequiredCheck(name="bias"),), approvals=(RequiredApproval(count=1, role="reviewer"),),
            ),
        ),
        roles=(RoleRules("owner", ("*",)), RoleRules("reviewer", ("approve", "acknowledge")), RoleRules("trainer", ("register",))),
        persons=(Person("Ana Lima", ("ana", "ana-admin")),),
        signals=(SignalRule(name="errors", then="open", stage="production", above="0.1"),),
    )  # fmt: skip


def governed_history():
    """Return the story: a promotion before there is a policy, one by the rules, a broken glass, a rollback, an open item."""
    history = History()
    history.register("fraud", "one", metrics=[("auc", "0.91")], author="Ana Lima <ana@example.org>")
    history.promote("fraud@1", "production", reason="the first one")
    history.describe("fraud", "Scores card payments.\nOwned by risk.")
    history.describe("fraud@1", HOSTILE)
    history.policy(rules("0.85"), reason="we are a team now")
    history.role("reviewer", "user:bo", reason="she knows the data")
    history.role("trainer", "group:ml")
    history.policy(rules(), reason=HOSTILE)
    history.register(
        "fraud", "two", metrics=[("auc", "0.93"), ("recall", "0.4")], commit="c0ffee" * 6 + "0000", label="2.0.0"
    )
    history.check("fraud@2", "bias", evidence="all is well", expires="2027-01-01T00:00:00.000000Z")
    asked = history.request("fraud@2", reason="march data")
    history.user = "bo"
    history.approve("fraud@2", asked, reason="seen the report")
    history.user = "ana"
    history.promote("fraud@2", "production", reason="march data")
    history.deploy("fraud@2", "k8s/eu")
    history.signal("fraud@2", "errors", "0.2", count=100)
    history.register("fraud", "three", metrics=[("auc", "0.88")])
    broken = history.promote("fraud@3", "production", break_glass=True, reason="night shift")
    history.rollback("fraud@3", 2, reason="p99 | latency")
    history.user = "bo"
    history.acknowledge("fraud@3", broken, reason="agreed")
    history.user = "ana"
    history.register("churn", "four", metrics=[("auc", "0.95")])
    history.request("churn@1", reason="waits for bo")
    history.mark("fraud@2", "bad")
    history.promote("fraud@2", "staging", force=True, reason="to reproduce it")
    return history


def pages():
    """Return the golden pages by name."""
    registry = governed_history().registry
    return {
        "report.md": report_page(registry.report()),
        "report-quarter.md": report_page(registry.report(since=QUARTER, until="seq:20", model="fraud")),
        "annex.md": annex_page(registry.annex_iv("fraud@2")),
        "notes.md": registry.release_notes(["fraud@1", "fraud@3"]).page,
        "annex-hostile.md": annex_page(registry.annex_iv("fraud@1", as_of="seq:6")),
    }


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in pages().items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="")
