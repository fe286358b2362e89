"""`evaluate` adds metrics to a version later, on named data; what was registered stays."""

import msgspec.structs
import pytest
from changing import overtaken, refused
from world import World, entries

from modelkeep.domain.json_values import to_json
from modelkeep.locate import Located
from modelkeep.registry import Registry


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.register(metrics={"auc": "0.9"}, label="1.0")
    return world


def recorded(world):
    return world.rows("SELECT name, value, on_name, on_version FROM metric ORDER BY seq")


def test_what_was_registered_stays_and_the_newest_value_is_shown(world, r):
    change = r.evaluate("fraud@1.0", {"auc": "0.880"}, on="transactions@2026-03")
    assert (change.ref, change.changed) == ("fraud@1", True)
    assert recorded(world) == [
        ("auc", "0.9", None, None),
        ("auc", "0.880", "transactions", "2026-03"),
    ]
    version = r.version("fraud@1")
    assert [(each.name, to_json(each.value), each.data) for each in version.evaluations] == [
        ("auc", "0.880", "transactions@2026-03"),
        ("auc", "0.9", None),
    ]
    assert version.metrics == {"auc": 0.9}


def test_what_is_replaced_is_told_and_kept(r):
    first = r.evaluate("fraud@1", {"auc": ".90", "f1": "0.5"}, on="h@1")
    assert [(each.what, each.before, each.after) for each in first.effects] == [
        ("auc@h@1", "none", "0.90"),
        ("f1@h@1", "none", "0.5"),
    ]
    again = r.evaluate("fraud@1", {"auc": "0.85", "f1": "0.5"}, on="h@1", runs=["r8"])
    assert [(each.what, each.before, each.after) for each in again.effects] == [
        ("auc@h@1", "0.90", "0.85"),
        ("run", "none", "r8"),
    ]
    assert [(each.name, each.data, each.value, each.actor) for each in r.version("fraud@1").evaluations] == [
        ("auc", "h@1", 0.85, "ana"),
        ("auc", "h@1", 0.9, "ana"),
        ("auc", None, 0.9, "ana"),
        ("f1", "h@1", 0.5, "ana"),
        ("f1", "h@1", 0.5, "ana"),
    ]


def test_a_bare_name_means_the_value_without_data_else_the_only_one(world, r):
    r.evaluate("fraud@1", {"auc": "0.7", "f1": "0.5", "loss": "1"}, on="h@1")
    r.evaluate("fraud@1", {"loss": "2"}, on="h@2")
    version = r.version("fraud@1")
    assert version.metrics == {"auc": 0.9, "f1": 0.5}
    (row,) = r.versions("fraud")
    assert (row.metrics, row.evaluations) == (version.metrics, version.evaluations)


def test_the_same_value_on_the_same_data_again_is_no_change(world, r):
    r.evaluate("fraud@1", {"auc": "0.88"}, on="h@1")
    before = entries(world)
    again = r.evaluate("fraud@1", {"auc": "0.88"}, on="h@1")
    assert (again.changed, again.why, entries(world)) == (False, "fraud@1 has these metrics", before)


@pytest.mark.parametrize(
    ("metrics", "on"), [({"auc": "0.880"}, "h@1"), ({"auc": "0.88"}, "h@2"), ({"auc": "0.88"}, None)]
)
def test_another_text_or_other_data_is_a_change(r, metrics, on):
    r.evaluate("fraud@1", {"auc": "0.88"}, on="h@1")
    assert r.evaluate("fraud@1", metrics, on=on).changed


@pytest.mark.parametrize("text", ["+0.9", " 0.9 ", ".9", "00.9"])
def test_another_spelling_of_the_same_digits_is_no_change(world, r, text):
    before = entries(world)
    again = r.evaluate("fraud@1", {"auc": text})
    assert (again.changed, again.why, entries(world)) == (False, "fraud@1 has these metrics", before)


def test_a_value_that_came_back_is_a_change(world, r):
    r.evaluate("fraud@1", {"auc": "0.8"})
    assert r.evaluate("fraud@1", {"auc": "0.9"}).changed
    assert [value for _, value, *_ in recorded(world)] == ["0.9", "0.8", "0.9"]


def test_the_same_values_from_another_run_that_was_only_found_are_no_change(world, r):
    def within(run):
        context = msgspec.structs.replace(world.context, environ={"MLFLOW_RUN_ID": run})
        return Registry(context, Located(str(world.home), "flag"))

    assert within("one").evaluate("fraud@1", {"f1": "0.5"}).changed
    assert within("two").evaluate("fraud@1", {"f1": "0.5"}).changed is False
    assert within("two").evaluate("fraud@1", {"f1": "0.6"}).changed
    assert [each.id for each in r.version("fraud@1").runs] == ["one", "two"]


def test_a_run_that_was_told_is_a_change(r):
    r.evaluate("fraud@1", {"f1": "0.5"})
    assert r.evaluate("fraud@1", {"f1": "0.5"}, runs=["r8"]).changed
    assert r.evaluate("fraud@1", runs=["r8"]).changed is False


def test_nothing_to_add_is_refused(r):
    assert refused(r.evaluate, "fraud@1") == (
        "UsageError",
        "evaluate needs a metric",
        "modelkeep evaluate fraud@1 -M auc=0.9",
    )


def test_a_bare_name_is_refused(r):
    assert refused(r.evaluate, "fraud", {"auc": "1"})[:2] == (
        "UsageError",
        "evaluate needs a version: fraud has latest 1",
    )


def test_a_value_that_is_no_number_is_kept_with_a_warning(world, r):
    change = r.evaluate("fraud@1", {"auc": float("inf")})
    assert change.notes[0] == "warning: metric auc is kept as text, because 'inf' is no number that can be compared"
    assert recorded(world)[-1][1] == "inf"


def test_a_dry_run_writes_nothing(world, r):
    before = entries(world)
    assert r.evaluate("fraud@1", {"auc": "1"}, dry_run=True).changed
    assert entries(world) == before


def test_archived_and_bad_versions_can_be_measured(r):
    r.mark("fraud@1", "bad")
    r.archive("fraud@1")
    assert r.evaluate("fraud@1", {"auc": "0.1"}).changed


def test_the_same_metrics_that_somebody_else_added_meanwhile_are_no_change(world, r):
    late = overtaken(world, lambda: r.evaluate("fraud@1", {"auc": "0.7"}))
    assert late.evaluate("fraud@1", {"auc": "0.7"}).changed is False
    assert len(recorded(world)) == 2


def test_data_may_be_a_name_without_a_version(world):
    world.register("churn", metrics={"auc": 0.9}, data="transactions")
    assert world.registry.evaluate("churn@1", {"auc": 0.8}, on="holdout").changed
    version = world.registry.version("churn@1")
    assert [(each.name, each.version) for each in version.data] == [("transactions", None)]
    edges = [(edge.source, edge.relation, edge.target) for edge in world.registry.lineage("data:transactions").edges]
    assert edges == [("data:transactions", "trained_on", "churn@1"), ("data:holdout", "evaluated_on", "churn@1")]
    assert world.verify().ok
