"""`list --where`: the versions of which a filter holds, now and as of a moment."""

import pytest
from history import History
from msgspec.structs import replace
from world import World

from modelkeep.cli.complete import filter_words
from modelkeep.domain.filters.holds import like
from modelkeep.domain.known_documents import FileInspection, Inspection
from modelkeep.domain.state import STATES
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound, UsageError
from modelkeep.registry import Registry


@pytest.fixture(scope="module")
def shop():
    made = History()
    made.register(
        "fraud",
        "one",
        metrics=[("auc", "0.90")],
        label="1.0",
        tag__tier="gold",
        runs=["r1"],
        stage="production",
        inspected=Inspection(kind="onnx", files=(FileInspection("model.onnx", "onnx"),)),
    )
    made.register("fraud", "two", metrics=[("auc", "0.95")], param__depth="8", description="Better on weekends")
    made.register("churn", "three", metrics=[("auc", "0.5"), ("loss", "0.1")], aliases=["champion"], tag__tier="silver")
    made.promote("fraud@2", "staging")
    made.tag("fraud@2", tier="gold")
    made.supplement("fraud@1", inspected=Inspection(kind="gguf", files=(FileInspection("m", "gguf"),)))
    made.mark("churn@1")
    return made  # fmt: skip


@pytest.mark.parametrize(
    ("where", "refs"),
    [
        ("metric.auc >= 0.9", ["fraud@2", "fraud@1"]),
        ("metric.auc >= 0.9 AND tag.tier = 'gold' AND stage = 'prod'", ["fraud@1"]),
        ("name LIKE 'f%' AND NOT stage = 'production'", ["fraud@2"]),
        ("alias = 'Champion' OR label = 'v1'", ["churn@1", "fraud@1"]),
        ("state = 'bad'", ["churn@1"]),
        ("param.depth > 7 OR metric.loss < 1", ["churn@1", "fraud@2"]),
        ("description ILIKE '%WEEKENDS%'", ["fraud@2"]),
        ("format = 'gguf'", ["fraud@1"]),
        ("format = 'onnx'", []),
        ("format IS NULL AND run IS NULL", ["churn@1", "fraud@2"]),
        ("run_id = 'r1'", ["fraud@1"]),
        ("created > '2026-01-01T00:03:30Z'", ["churn@1"]),
        ("created <= '2026-01-01'", ["churn@1", "fraud@2", "fraud@1"]),
        ("created < '2026-01-01'", []),
        ("size <= 3 AND version = 1", ["fraud@1"]),
        ("size <= '3 B' AND version IN ('1', 7)", ["fraud@1"]),
        ("size > '1.5 kB' OR size >= '1 GiB'", []),
        ("stage = 'dev'", []),
        ("stage IN ('development', 'prod')", ["fraud@1"]),
        ("author = 'ana' AND name IN ('CHURN', 'x')", ["churn@1"]),
        # as MLflow's documentation writes them
        ("tags.tier = 'gold' AND name = 'fraud'", ["fraud@2", "fraud@1"]),
        ("tags.`tier` != 'gold'", ["churn@1"]),
        ("name ilike 'FRAU%' and tags.tier like 'g%'", ["fraud@2", "fraud@1"]),
    ],
)
def test_the_versions_of_which_a_filter_holds(shop, where, refs):
    assert sorted(row.ref for row in shop.registry.versions(where=where)) == sorted(refs)
    everything = [row.ref for row in shop.registry.versions()]
    assert [row.ref for row in shop.registry.versions(where=where)] == [ref for ref in everything if ref in refs]
    assert [row.ref for row in shop.registry.versions(where=where, limit=1)] == [
        ref for ref in everything if ref in refs
    ][:1]


def test_a_filter_of_the_past_asks_what_was_known_then(shop):
    def refs(where, as_of):
        return [row.ref for row in shop.registry.versions(where=where, as_of=as_of)]

    assert refs("format = 'onnx'", "seq:4") == ["fraud@1"]
    assert refs("tag.tier = 'gold'", "seq:4") == ["fraud@1"]
    assert refs("state = 'bad'", "seq:7") == []


def test_a_filter_of_one_model_is_sorted_and_beside_other_wishes(shop):
    found = shop.registry.versions("fraud", where="tag.tier = 'gold'", sort="metric.auc", stage="staging")
    assert [row.ref for row in found] == ["fraud@2"]


def test_a_metric_on_several_data_is_named_with_its_data():
    history = History()
    history.register("m", metrics=[("auc", "0.9")], on=Data(name="a"))
    history.evaluate("m@1", [("auc", "0.8")], Data(name="b"))
    assert [row.ref for row in history.registry.versions(where="metric.auc@b < 0.9")] == ["m@1"]
    history.register("other", metrics=[("loss", "1")])
    # the order does not count: what is ambiguous is refused where nothing else decides
    for where in ("metric.auc < 0.9 AND name = 'm'", "name = 'm' AND metric.auc < 0.9", "NOT metric.auc < 0.9"):
        with pytest.raises(UsageError, match="auc of m@1 was measured on"):
            history.registry.versions(where=where)
    for where in ("metric.auc < 0.9 AND name = 'other'", "name = 'other' AND metric.auc < 0.9"):
        assert history.registry.versions(where=where) == ()
    for where in ("metric.auc < 0.9 OR name = 'm'", "name = 'm' OR metric.auc < 0.9"):
        assert [row.ref for row in history.registry.versions(where=where)] == ["m@1"]


@pytest.mark.parametrize(
    ("name", "where", "notes"),
    [
        (None, "metric.acu > 0.5", ["note: no version has metric.acu; there are metric.auc"]),
        (None, "tag.teir IS NULL AND param.depth = 8", ["note: no version has tag.teir; there are tag.tier"]),
        ("churn", "param.depth = 8 OR metric.auc > 2", ["note: no version has param.depth"]),
        (None, "metric.loss = 7 OR tag.tier = 'x' OR metric.auc@ > 2", []),
    ],
)
def test_a_key_that_no_version_has_is_named(shop, name, where, notes):
    said = []
    context = replace(shop.registry._context, say=said.append)
    Registry(context, shop.registry._located).versions(name, where=where)
    assert said == notes


@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        ("stage = 'prodution'", NotFound, "there is no stage 'prodution'"),
        ("NOT stage IN ('prod', 'x')", NotFound, "there is no stage 'x'"),
        ("state = 'badd'", UsageError, "there is no state 'badd'"),
        ("size > 'large'", UsageError, "size is compared with a number, not with 'large'"),
        ("size = '1 MX'", UsageError, "size is compared with a number, not with '1 MX'"),
        ("version < 'abc'", UsageError, "version is compared with a number, not with 'abc'"),
        ("metric.auc < 'abc'", UsageError, "metric is compared with a number, not with 'abc'"),
    ],
)
def test_a_word_that_can_be_no_value_is_refused(shop, where, error, message):
    with pytest.raises(error, match=message):
        shop.registry.versions(where=where)


def test_development_is_where_a_version_is_before_any_stage():
    history = History()
    history.register("m", "a", stage="staging")
    history.register("m", "b")
    assert [row.ref for row in history.registry.versions(where="stage = 'dev'")] == ["m@2"]
    assert [row.ref for row in history.registry.versions(where="stage != 'development'")] == ["m@1"]
    assert [row.ref for row in history.registry.versions(where="stage IN ('dev', 'stg')")] == ["m@2", "m@1"]


def test_completion_knows_the_states():
    assert sorted(filter_words.STATES) == sorted(STATES)


@pytest.mark.parametrize(
    "where", ["created = '2026-01-01'", "created > 5", "created IN ('7d')", "created > 'soon'", "created > 'seq:3'"]
)
def test_created_is_compared_with_times(shop, where):
    with pytest.raises(UsageError):
        shop.registry.versions(where=where)


def test_more_versions_than_fit_into_one_look_are_filtered():
    history = History()
    for number in range(300):
        history.register("many", metrics=[("n", str(number))])
    assert [row.version for row in history.registry.versions("many", where="metric.n = 7 OR metric.n = 290")] == [
        291,
        8,
    ]


def refs(made, where):
    return [each.ref for each in made.registry.versions(where=where)]


def test_labels_are_compared_as_labels_also_without_quotes():
    made = History()
    for number, label in enumerate(("1.9", "1.10", "1.2", "1.1", "2.0-rc1", "2.0", None)):
        made.register("lab", f"bytes {number}", label=label)

    def labels(where):
        return [each.label for each in made.registry.versions(where=where, sort="version:asc")]

    assert labels("label < '1.10'") == ["1.9", "1.2", "1.1"]
    assert labels("label >= 1.10") == ["1.10", "2.0-rc1", "2.0"]
    assert labels("label = 1.10") == labels("label = 'v1.10.0'") == ["1.10"]
    assert labels("label != 1.10 AND label < 2.0") == ["1.9", "1.2", "1.1", "2.0-rc1"]
    assert labels("label IN (1.10, 1.1)") == ["1.10", "1.1"]


def test_a_metric_is_there_whatever_data_it_was_measured_on():
    made = History()
    made.register("fraud", "one")
    made.register("fraud", "two")
    for data in ("hold", "easy"):
        made.evaluate("fraud@1", [("auc", "0.9")], Data(data, "1"))
    assert refs(made, "metric.auc IS NOT NULL") == ["fraud@1"]
    assert refs(made, "metric.auc IS NULL") == ["fraud@2"]


def test_an_age_counts_back_from_the_moment_that_is_asked_for(tmp_path):
    world = World(tmp_path)
    world.register("fraud")
    world.pass_time(days=30)
    world.register("fraud", b"two")
    world.pass_time(days=10)
    registry = world.registry
    assert [each.version for each in registry.versions(where="created > '7d'")] == []
    for moment in ("5d", registry.as_of("5d")):
        assert [each.version for each in registry.versions(where="created > '7d'", as_of=moment)] == [2]
    assert [each.version for each in registry.versions(where="created > '7d'", as_of="38d")] == [1]


def test_not_to_be_in_development_is_to_hold_a_stage_and_stages_have_no_order(shop):
    assert refs(shop, "stage != 'development'") == ["fraud@2", "fraud@1"]
    for where in ("stage > 'development'", "stage <= 'production'", "state < 'bad'", "alias > 'a'"):
        with pytest.raises(UsageError, match="has no order"):
            refs(shop, where)


def test_keys_that_begin_with_a_digit_are_keys_and_digests_are_found_by_their_beginning():
    made = History()
    made.register("fraud", "one", **{"param__1": "one", "param__1.5x": "two"})
    digest = made.registry.version("fraud@1").digest.removeprefix("sha256:")
    for where in (
        "param.1 = 'one'",
        "param.1.5x = 'two'",
        f"digest LIKE '{digest[:4]}%'",
        f"digest LIKE 'sha256:{digest[:4]}%'",
    ):
        assert refs(made, where) == ["fraud@1"], where


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ("Stra_e", "Straße", True), ("stra_e", "Straße", True), ("_stanbul", "İstanbul", True), ("STRASSE", "straße", True),
        ("stras_e", "straße", False), ("a%b%c", "aXbYc", True), ("a%b%c", "acb", False), ("%ss", "ß", True), ("%s", "ß", False),
        ("a\\", "a", False), ("a\\", "a\\", True), ("%", "", True), ("_", "", False), ("a%a", "a", False), ("%aab", "aaab", True),
    ],
)  # fmt: skip
def test_ilike_compares_letters_without_case(pattern, value, found):
    assert like(pattern, ignore_case=True)(value) is found
