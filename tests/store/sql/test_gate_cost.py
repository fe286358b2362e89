"""A promotion under a policy of every kind of rule reads as much in a large registry as in a small one."""

from history import History

from modelkeep.domain.policy.rules import (
    Gate,
    RequiredApproval,
    RequiredCheck,
    RoleRules,
    Rules,
    Soak,
    StageRules,
)
from modelkeep.domain.verbs.evaluate import Data

RULES = Rules(
    stages=(
        StageRules(name="staging"),
        StageRules(
            name="production",
            protected=True,
            after=("staging",),
            soak=Soak(stage="staging", seconds=60),
            require=("data", "licence", "tag.owner"),
            recommend=("description",),
            gates=(
                Gate(metric="auc", min="0.1", no_worse_than_production="0.5", direction="higher"),
                Gate(metric="loss", max="9"),
            ),
            checks=(RequiredCheck(name="bias"), RequiredCheck(name="scan")),
            approvals=(RequiredApproval(count=1, role="risk"), RequiredApproval(count=1)),
        ),
    ),
    roles=(RoleRules("owner", ("*",)), RoleRules("risk", ("approve",))),
)


def promotion(versions):
    """Return how many steps SQLite takes and how many statements it is asked to promote one of so many versions."""
    history = History()
    history.policy(RULES)
    for user in ("bo", "cy"):
        history.role("risk", f"user:{user}")
    for number in range(versions):
        history.register(
            "fraud", f"{number}", metrics=[("auc", "0.9"), ("loss", "1")], data=[Data(name="tx")], licence="MIT",
            tag__owner="risk",
        )  # fmt: skip
        ref = f"fraud@{number + 1}"
        history.check(ref, "bias")
        if number % 5 == 0:
            history.promote(ref, "staging")
            history.reject(ref, history.request(ref))
    history.promote(f"fraud@{versions}", "staging")
    history.check(f"fraud@{versions}", "scan")
    asked = history.request(f"fraud@{versions}")
    for user in ("bo", "cy"):
        history.user = user
        history.approve(f"fraud@{versions}", asked)
    history.user = "ana"
    steps, statements = [], []
    connection = history.connection.connection
    connection.set_progress_handler(lambda: steps.append(1), 10)
    connection.set_trace_callback(statements.append)
    history.promote(f"fraud@{versions}", "production")
    connection.set_progress_handler(None, 0)
    connection.set_trace_callback(None)
    assert history.registry.version(f"fraud@{versions}").stages == ("production", "staging")
    return len(steps), sum(text.lstrip().startswith("SELECT") for text in statements)


def test_a_promotion_reads_few_rows_however_many_versions_there_are():
    few, asked = promotion(20)
    many, asked_again = promotion(400)
    assert asked == asked_again <= 40
    assert many < few * 1.2
