import pytest

from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound, UsageError


@pytest.fixture
def shop(history):
    """Three models; fraud has five versions with metrics, params and tags of all kinds."""
    history.register("fraud", "a" * 30, label="1.0", metrics=[("auc", "0.9")], param__depth="10", tag__owner="bo")
    history.register("fraud", "b" * 10, label="1.10", metrics=[("auc", "0.10")], param__depth="9", author="Zoe")
    history.register("fraud", "c" * 20, label="1.9", metrics=[("auc", "nan")], param__depth="deep", tag__owner="ana")
    history.register("fraud", "d" * 20)
    history.register("fraud", "e" * 40, metrics=[("auc", "9e-1")])
    history.register("Churn", metrics=[("auc", "0.95")], stage="production")
    history.register("risk/fraud", stage="staging")
    return history


def refs(rows):
    return [row.ref for row in rows]


def test_models_are_listed_by_name_without_case(shop):
    assert [row.name for row in shop.registry.models()] == ["Churn", "fraud", "risk/fraud"]
    assert [row.name for row in shop.registry.models(limit=2)] == ["Churn", "fraud"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["Churn", "fraud", "risk/fraud"]),
        ("*FRAUD", ["fraud", "risk/fraud"]),
        ("f*", ["fraud"]),
        ("risk/*", ["risk/fraud"]),
        ("[cf]*", ["Churn", "fraud"]),
        ("frau?", ["fraud"]),
        ("fraud?", []),
        ("fraud", ["fraud"]),
        ("CHURN", ["Churn"]),
    ],
)
def test_a_pattern_is_a_glob_if_it_looks_like_one_and_else_a_name(shop, pattern, names):
    assert [row.name for row in shop.registry.models(pattern)] == names


def test_a_name_that_is_not_there_is_answered_with_near_ones(shop):
    with pytest.raises(NotFound) as error:
        shop.registry.models("chrun")
    assert (error.value.message, error.value.hint) == (
        "there is no model chrun",
        "modelkeep list        (near: Churn)",
    )
    with pytest.raises(NotFound):
        shop.registry.versions(pattern="chrun")


def test_models_of_which_all_is_archived_are_hidden_unless_asked_for(shop):
    shop.archive("risk/fraud")
    shop.archive("fraud@1")
    assert [row.name for row in shop.registry.models()] == ["Churn", "fraud"]
    assert [row.name for row in shop.registry.models(all=True)] == [
        "Churn", "fraud", "risk/fraud",
    ]  # fmt: skip
    assert [row.archived for row in shop.registry.models("risk/fraud")] == [True]
    shop.register("risk/fraud")
    assert [row.name for row in shop.registry.models()] == ["Churn", "fraud", "risk/fraud"]


def test_a_hundred_hidden_models_do_not_use_up_the_limit(history):
    for number in range(100):
        history.register(f"a{number:03}")
        history.archive(f"a{number:03}")
    history.register("b")
    assert [row.name for row in history.registry.models(limit=1)] == ["b"]


def test_versions_of_a_model_are_listed_newest_first(shop):
    rows = shop.registry.versions(pattern="FRAUD")
    assert refs(rows) == ["fraud@5", "fraud@4", "fraud@3", "fraud@2", "fraud@1"]
    assert refs(shop.registry.versions("fraud", limit=2)) == ["fraud@5", "fraud@4"]


def test_versions_of_all_models_are_listed_newest_first(shop):
    rows = shop.registry.versions(limit=3)
    assert refs(rows) == ["risk/fraud@1", "Churn@1", "fraud@5"]


def test_archived_versions_are_hidden_unless_asked_for(shop):
    shop.archive("fraud@4")
    assert refs(shop.registry.versions("fraud", limit=2)) == ["fraud@5", "fraud@3"]
    assert refs(shop.registry.versions("fraud", limit=2, all=True)) == [
        "fraud@5",
        "fraud@4",
    ]
    assert "fraud@4" not in refs(shop.registry.versions())
    assert "fraud@4" in refs(shop.registry.versions(all=True))


@pytest.mark.parametrize(
    ("stage", "found"),
    [
        ("production", ["Churn@1"]),
        ("PROD", ["Churn@1"]),
        ("staging", ["risk/fraud@1"]),
        ("development", ["fraud@5", "fraud@4", "fraud@3", "fraud@2", "fraud@1"]),
        ("dev", ["fraud@5", "fraud@4", "fraud@3", "fraud@2", "fraud@1"]),
    ],
)
def test_a_stage_lists_what_holds_it_of_all_models(shop, stage, found):
    assert refs(shop.registry.versions(stage=stage)) == found


def test_a_stage_of_one_model(shop):
    assert refs(shop.registry.versions("fraud", stage="production")) == []
    shop.promote("fraud@2", "production")
    assert refs(shop.registry.versions("fraud", stage="production")) == ["fraud@2"]
    assert refs(shop.registry.versions(pattern="*fraud", stage="dev", limit=2)) == [
        "fraud@5", "fraud@4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("owner", ["fraud@3", "fraud@1"]),
        ("owner=bo", ["fraud@1"]),
        ({"owner": "ana"}, ["fraud@3"]),
        ({"owner": None}, ["fraud@3", "fraud@1"]),
        (["owner=bo", "tier=gold"], ["fraud@1"]),
        (["owner=ana", "tier"], []),
        ("owner=BO", []),
        ("owner=", []),
        ("empty=", ["fraud@5"]),
        ("nope", []),
    ],
)
def test_a_tag_lists_the_versions_that_have_it(shop, tags, found):
    shop.tag("fraud@1", tier="gold")
    shop.tag("fraud@5", empty="")
    assert refs(shop.registry.versions("fraud", tags=tags)) == found
    assert refs(shop.registry.versions(tags=tags)) == found


def test_a_tag_is_looked_for_among_what_is_listed_anyway(shop):
    shop.tag("Churn@1", owner="bo")
    shop.tag("fraud", owner="bo")
    assert refs(shop.registry.versions(tags="owner=bo")) == ["Churn@1", "fraud@1"]
    assert refs(shop.registry.versions(tags="owner=bo", stage="production")) == ["Churn@1"]
    assert refs(shop.registry.versions(pattern="f*", tags="owner", sort="tag.owner", limit=1)) == ["fraud@3"]
    shop.archive("fraud@1")
    assert refs(shop.registry.versions("fraud", tags="owner")) == ["fraud@3"]
    assert refs(shop.registry.versions("fraud", tags="owner", all=True)) == ["fraud@3", "fraud@1"]
    assert refs(shop.registry.versions("fraud", tags="owner=bo", as_of="seq:2")) == ["fraud@1"]


def test_a_tag_is_found_in_a_model_of_many_versions(history):
    for number in range(1, 301):
        history.register("fraud", **({"tag__owner": "bo"} if number % 100 == 1 else {}))
    assert refs(history.registry.versions("fraud", tags="owner=bo")) == ["fraud@201", "fraud@101", "fraud@1"]
    assert refs(history.registry.versions("fraud", tags="owner=bo", limit=1)) == ["fraud@201"]


def test_an_unknown_stage_is_refused(shop):
    with pytest.raises(NotFound) as error:
        shop.registry.versions(stage="live")
    assert (error.value.message, error.value.hint) == (
        "there is no stage 'live'",
        "stages are development, staging, production",
    )


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("version", [1, 2, 3, 4, 5]),
        ("version:asc", [1, 2, 3, 4, 5]),
        ("version:desc", [5, 4, 3, 2, 1]),
        ("created", [1, 2, 3, 4, 5]),
        ("created:desc", [5, 4, 3, 2, 1]),
        ("size", [2, 4, 3, 1, 5]),
        ("size:desc", [5, 1, 4, 3, 2]),
        ("label", [1, 3, 2, 5, 4]),
        ("label:desc", [2, 3, 1, 5, 4]),
        ("author", [5, 4, 3, 1, 2]),
        ("author:desc", [2, 5, 4, 3, 1]),
        # exact numbers, then text, then what has none; equals newest first in both directions
        ("metric.auc", [5, 1, 2, 3, 4]),  # the best first
        ("metric.auc:asc", [2, 5, 1, 3, 4]),
        ("metric.auc:desc", [5, 1, 2, 3, 4]),
        ("param.depth", [2, 1, 3, 5, 4]),
        ("param.depth:desc", [1, 2, 3, 5, 4]),
        ("tag.owner", [3, 1, 5, 4, 2]),
        ("name", [5, 4, 3, 2, 1]),
    ],
)
def test_versions_are_sorted_by_any_key(shop, sort, numbers):
    rows = shop.registry.versions("fraud", sort=sort)
    assert [row.version for row in rows] == numbers
    assert [row.version for row in shop.registry.versions("fraud", sort=sort, limit=2)] == numbers[:2]


def test_versions_of_all_models_are_sorted_together(shop):
    rows = shop.registry.versions(sort="metric.auc:desc", limit=3)
    assert refs(rows) == ["Churn@1", "fraud@5", "fraud@1"]
    assert refs(shop.registry.versions(sort="name:desc", limit=2)) == ["risk/fraud@1", "fraud@5"]


def test_a_metric_is_sorted_by_its_newest_value(shop):
    shop.evaluate("fraud@2", [("auc", "0.99")])
    rows = shop.registry.versions("fraud", sort="metric.auc:desc", limit=1)
    assert [(row.ref, row.metrics) for row in rows] == [("fraud@2", {"auc": 0.99})]


@pytest.mark.parametrize(
    ("sort", "hint"),
    [
        ("auc", "metric.auc"),
        ("metrics.auc", "metric.auc"),
        ("acu:asc", "metric.auc:asc"),
        ("ownr", "tag.owner"),
        ("-metric.auc", "metric.auc:desc"),
        ("created:descending", "created:desc"),
        ("created DESC", "created:desc"),
        (
            "",
            "KEY[:asc|desc], where KEY is name, version, created, author, size, label, metric.auc, param.depth, tag.owner",
        ),
        ("metric.", "metric.auc"),
        ("created:down", "created:desc"),
        ("versio", "version:desc"),
    ],
)
def test_what_cannot_be_sorted_by_is_refused(shop, sort, hint):
    with pytest.raises(UsageError) as error:
        shop.registry.versions(sort=sort)
    assert error.value.message == f"versions cannot be sorted by '{sort}'"
    assert error.value.hint == hint


@pytest.mark.parametrize(
    ("sort", "hint"),
    [
        ("metric.acu:desc", "there are metric.auc"),
        ("metric.auc:down", "there are metric.auc, metric.auc@"),
        ("metric.auc@holdout@3", "there are metric.auc, metric.auc@"),
        ("param.dept", "there are param.depth"),
        ("tag.nope", "there are tag.owner"),
    ],
)
def test_a_key_that_no_version_has_is_refused_with_close_ones(shop, sort, hint):
    with pytest.raises(UsageError) as error:
        shop.registry.versions("fraud", sort=sort)
    assert error.value.message == f"no version has {sort.removesuffix(':desc')}"
    assert error.value.hint == hint


def test_where_nothing_is_listed_no_key_is_unknown(shop):
    assert shop.registry.versions("fraud", stage="staging", sort="metric.nope") == ()


def test_versions_are_sorted_by_what_was_measured_on_the_same_data(shop):
    holdout = Data(name="holdout", version="3")
    for version, auc in (("fraud@1", "0.5"), ("fraud@2", "0.6")):
        shop.evaluate(version, [("auc", auc), ("f1", auc)], holdout)
    shop.evaluate("fraud@4", [("auc", "0.99")], holdout)
    with pytest.raises(UsageError) as error:
        shop.registry.versions("fraud", sort="metric.auc:desc")
    assert error.value.message == "auc of these versions was measured without data, and on holdout@3: which is meant?"
    assert error.value.hint == "metric.auc@ or metric.auc@holdout@3"

    def sorted_by(key):
        return [row.version for row in shop.registry.versions("fraud", sort=key)]

    assert sorted_by("metric.auc@holdout@3:desc") == [4, 2, 1, 5, 3]
    assert sorted_by("metric.auc@data:holdout@3:desc") == [4, 2, 1, 5, 3]
    assert sorted_by("metric.auc@:desc") == [5, 1, 2, 3, 4]
    assert sorted_by("metric.f1:desc") == [2, 1, 5, 4, 3]


def test_one_version_with_several_values_is_not_sorted_by_any_of_them(shop):
    for data in ("a", "b"):
        shop.evaluate("fraud@4", [("f1", "0.5")], Data(name=data, version="1"))
    with pytest.raises(UsageError) as error:
        shop.registry.versions("fraud", sort="metric.f1")
    assert error.value.hint == "metric.f1@b@1 or metric.f1@a@1"


def test_a_key_that_ends_like_a_direction_takes_one_more(shop):
    shop.register("fraud", metrics=[("loss:asc", "2")])
    assert refs(shop.registry.versions("fraud", sort="metric.loss:asc:desc", limit=1)) == ["fraud@6"]
    with pytest.raises(UsageError):
        shop.registry.versions("fraud", sort="metric.loss:asc")


def test_the_keys_that_versions_have(shop):
    shop.evaluate("fraud@4", [("f1", "0.5")], Data(name="a", version="1"))
    assert shop.registry.keys("metric", "fraud") == ("auc", "f1", "auc@", "f1@a@1")
    assert shop.registry.keys("param") == ("depth",)
    assert shop.registry.keys("tag", "churn") == ()


def test_a_key_may_have_a_colon_and_a_dot_in_it(shop):
    shop.register("fraud", metrics=[("a.b", "2")])
    assert refs(shop.registry.versions("fraud", sort="metric.a.b:desc", limit=1)) == ["fraud@6"]


def test_long_lists_come_out_whole(history):
    for number in range(300):
        history.register("fraud" if number % 3 else "churn")
    assert len(history.registry.versions()) == 300
    assert [row.version for row in history.registry.versions(pattern="fraud")] == [*range(200, 0, -1)]
    assert [row.version for row in history.registry.versions(pattern="fraud", sort="version")] == [
        *range(1, 201),
    ]


def test_a_model_is_archived_when_its_last_version_is_however_that_came(history):
    history.register("fraud")
    history.register("fraud")
    history.register("fraud")
    history.archive("fraud@3")
    history.archive("fraud@1")
    assert [row.archived for row in history.registry.models()] == [False]
    history.archive("fraud@2")
    assert history.registry.models() == ()
