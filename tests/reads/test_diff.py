import pytest

from modelkeep.domain.answers.reports import DiffRow
from modelkeep.domain.policy.rules import Direction, Rules
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound, UsageError


@pytest.fixture
def fraud(history):
    history.register(
        "fraud", {"a": "one", "b": "two"}, form="tree", metrics=[("auc", "0.907"), ("f1", "0.5")], label="1.0",
        data=[Data(name="transactions", version="2026-01")], stage="production", param__depth="8", param__kind="gini",
    )  # fmt: skip
    history.register(
        "fraud", {"a": "one", "c": "three"}, form="tree", metrics=[("auc", "0.914"), ("loss", "word")],
        data=[Data(name="transactions", version="2026-02")], commit="9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7",
        param__depth="10", param__kind="entropy", tag__owner="bo",
    )  # fmt: skip
    history.register("fraud", {"a": "one", "b": "two"}, form="tree", metrics=[("auc", "0.9")])
    return history


def diff(history, *refs):
    return history.registry.diff(refs)


def test_only_what_differs_is_told_with_exact_differences(fraud):
    from history import sha

    answer = diff(fraud, "fraud@1", "fraud@2")
    digests = fraud.resolved("fraud@1").digest, fraud.resolved("fraud@2").digest
    assert (answer.refs, answer.same) == (("fraud@1", "fraud@2"), False)
    assert answer.rows == (
        DiffRow("version", "label", ("1.0", None)),
        DiffRow("version", "digest", digests),
        DiffRow("version", "size_bytes", (6, 8), (2.0,)),
        DiffRow(
            "metrics", "auc", (0.907, 0.914), (0.007,), changes=(0.00771775,), better="higher", verdicts=("better",)
        ),
        DiffRow("metrics", "f1", (0.5, None)),
        DiffRow("metrics", "loss", (None, "word")),
        DiffRow("params", "depth", (8, 10), (2.0,), changes=(0.25,)),
        DiffRow("params", "kind", ("gini", "entropy")),
        DiffRow("tags", "owner", (None, "bo")),
        DiffRow("data", "transactions", ("2026-01", "2026-02")),
        DiffRow("code", "commit", (None, "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7")),
        DiffRow("code", "dirty", (None, False)),
        DiffRow("files", "b", (sha("two"), None)),
        DiffRow("files", "c", (None, sha("three"))),
    )


def test_more_than_two_stand_side_by_side_against_the_first(fraud):
    answer = diff(fraud, "fraud@1", "fraud@2", "fraud@3")
    auc = next(row for row in answer.rows if row.key == "auc")
    assert auc == DiffRow(
        "metrics", "auc", (0.907, 0.914, 0.9), (0.007, -0.007),
        changes=(0.00771775, -0.00771775), better="higher", verdicts=("better", "worse"),
    )  # fmt: skip
    depth = next(row for row in answer.rows if row.key == "depth")
    assert depth == DiffRow("params", "depth", (8, 10, None), (2.0, None), changes=(0.25, None))


def test_one_alone_is_held_against_production(fraud):
    assert diff(fraud, "fraud@2").refs == ("fraud@1", "fraud@2")
    assert diff(fraud, "fraud").refs == ("fraud@1", "fraud@3")
    fraud.retire("fraud", "production")
    with pytest.raises(NotFound) as error:
        diff(fraud, "fraud@2")
    assert error.value.message == "fraud has nothing in production to compare with"


def test_what_is_in_production_itself_is_the_same_and_what_was_before_it_is_told(world):
    world.register("fraud", stage="production")
    assert world.registry.diff(["fraud@1"]).same
    assert world.said.pop() == "note: fraud@1 is in production itself, and nothing was before it"
    world.register("fraud", content=b"two", stage="production")
    answer = world.registry.diff(["fraud"])
    assert (answer.refs, answer.same) == (("fraud@2", "fraud@2"), True)
    assert world.said[-1] == (
        "note: fraud@2 is in production itself; with the version before it: modelkeep diff fraud@1 fraud@2"
    )


def test_a_version_is_the_same_as_itself(fraud):
    answer = diff(fraud, "fraud@1", "fraud@production")
    assert (answer.same, answer.rows) == (True, ())


def test_versions_of_different_models_can_be_compared(fraud):
    fraud.register("churn", metrics=[("auc", "0.5")])
    answer = diff(fraud, "churn@1", "fraud@3")
    assert next(row.differences for row in answer.rows if row.key == "auc") == (0.4,)


def test_a_metric_on_other_data_is_another_metric(fraud):
    fraud.evaluate("fraud@1", [("auc", "0.8")], Data(name="test", version="1"))
    row = next(row for row in diff(fraud, "fraud@1", "fraud@2").rows if "test" in row.key)
    assert row == DiffRow("metrics", "auc@test@1", (0.8, None))


def test_numbers_are_the_same_whatever_their_spelling_and_true_is_not_one(fraud):
    fraud.register("a", metrics=[("auc", "0.90"), ("n", "1e3")], param__rate="1e-3", param__flag="true", tag__v="1")
    fraud.register("a", metrics=[("auc", "+.9"), ("n", "1000")], param__rate="0.001", param__flag="1", tag__v="1.0")
    rows = diff(fraud, "a@1", "a@2").rows
    assert [(row.key, row.values) for row in rows if row.section in ("metrics", "params", "tags")] == [
        ("flag", (True, 1)),
        ("v", ("1", "1.0")),
    ]


def test_a_metric_is_better_as_the_policy_says_else_by_its_name(fraud):
    for values in (("0.5", "0.5", "10", "1"), ("0.4", "0.5000", "12", "0")):
        fraud.register("a", metrics=zip(("val_loss", "auc", "n_trees", "score"), values, strict=True))
    rows = {row.key: (row.better, row.changes, row.verdicts) for row in diff(fraud, "a@1", "a@2").rows}
    assert rows["val_loss"] == ("lower", (-0.2,), ("better",))
    assert rows["n_trees"] == (None, (0.2,), ())
    fraud.policy(Rules(metrics=(Direction(metric="score", better="lower"),)))
    rows = {row.key: (row.better, row.verdicts) for row in diff(fraud, "a@2", "a@1").rows}
    assert rows["score"] == ("lower", ("worse",))
    assert next(row.changes for row in diff(fraud, "a@2", "a@1").rows if row.key == "score") == (None,)  # of 0


def test_a_change_of_what_no_float_can_hold_has_no_part(fraud):
    for values in (("1e-400", "-1e-999", "1"), ("5", "1e999", "1e400")):
        fraud.register("odd", metrics=zip(("a", "b", "c"), values, strict=True))
    assert [row.changes for row in diff(fraud, "odd@1", "odd@2").rows if row.section == "metrics"] == [(None,)] * 3


def test_the_range_of_commits_is_told_where_both_codes_are_of_one_repository(fraud):
    for commit, remote in (("a" * 40, "ssh://x/y"), ("b" * 40, "ssh://x/y"), ("c" * 40, "ssh://x/z")):
        fraud.register("coded", commit=commit, code__remote=remote)
    assert diff(fraud, "coded@1", "coded@2").commits == f"{'a' * 40}..{'b' * 40}"
    assert diff(fraud, "coded@1", "coded@1").commits is None
    assert diff(fraud, "coded@1", "coded@3").commits is None


def test_diff_of_nothing_is_refused(fraud):
    with pytest.raises(UsageError):
        diff(fraud)


def test_a_model_without_a_version_to_compare_says_so(fraud):
    fraud.register("churn")
    fraud.mark("churn@1")
    with pytest.raises(NotFound) as error:
        diff(fraud, "churn", "fraud@1")
    assert error.value.message == "churn has no version that is neither archived, deleted nor bad"


def test_a_metric_that_has_the_name_of_another_on_data_is_not_compared_with_it(history):
    history.register("fraud", metrics=[("auc@h@1", "0.5"), ("auc", "0.7")])
    history.register("fraud", metrics=[("auc", "0.9")])
    history.evaluate("fraud@1", [("auc", "0.4")], Data(name="h", version="1"))
    history.evaluate("fraud@2", [("auc", "0.6")], Data(name="h", version="1"))
    rows = [row for row in diff(history, "fraud@1", "fraud@2").rows if row.section == "metrics"]
    assert rows == [
        DiffRow("metrics", "auc@data:h@1", (0.4, 0.6), (0.2,), (), (0.5,), "higher", ("better",)),
        DiffRow("metrics", "auc", (0.7, 0.9), (0.2,), (), (0.285714,), "higher", ("better",)),
        DiffRow("metrics", "auc@h@1", (0.5, None)),
    ]


def test_a_param_that_is_null_is_told_from_one_that_is_not_there(history):
    history.register("fraud", param__depth="null", param__seed="null")
    history.register("fraud", param__seed="7")
    rows = [row for row in diff(history, "fraud@1", "fraud@2").rows if row.section == "params"]
    assert rows == [
        DiffRow("params", "depth", (None, None), (), (0,)),
        DiffRow("params", "seed", (None, 7), (), (0,)),
    ]
