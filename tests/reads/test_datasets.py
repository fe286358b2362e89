"""`data list` and `data show`: datasets that were recorded and those that are only named, now and at a past moment."""

import pytest
from history import sha

from modelkeep.domain.answers.datasets import DatasetUse
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound


@pytest.fixture
def catalogue(history):
    """raw@1 and transactions@2026-02 are recorded; holdout, cards@1, a hashed file and s3://lake/x are only named."""
    history.data("raw@1", rows=9, location="s3://lake/raw")
    history.data("transactions@2026-02", sha("t"), parents=["raw@1", "cards@1"], schema="a: int")
    history.register(
        "fraud",
        "one",
        stage="production",
        data=[Data("transactions", "2026-02"), Data("transactions", "2026-02", role="val"), Data("holdout")],
    )
    history.register("fraud", "two", data=[Data("t.csv", digest=sha("t"))], data__0="data/t.csv")
    history.data("transactions@2026-03", parents=["transactions@2026-02"])
    history.evaluate("fraud@2", [("auc", "0.9")], on=Data("transactions", "2026-02"))
    history.evaluate("fraud@2", [("auc", "0.8")], on=Data("s3://lake/x", "7"))
    return history


def listed(history, *arguments, **options):
    return [(each.node, each.recorded, each.uses) for each in history.registry.datasets(*arguments, **options)]


def test_all_are_listed_and_those_that_are_only_named_are_marked(catalogue):
    assert listed(catalogue) == [
        ("data:cards@1", False, 0),
        ("data:holdout", False, 1),
        ("data:raw@1", True, 0),
        ("data:s3://lake/x@7", False, 1),
        (f"data:t.csv@{sha('t')[:19]}", False, 1),
        ("data:transactions@2026-03", True, 0),
        ("data:transactions@2026-02", True, 2),
    ]
    assert listed(catalogue, as_of="seq:3") == [
        ("data:cards@1", False, 0),
        ("data:raw@1", True, 0),
        ("data:transactions@2026-02", True, 0),
    ]


def test_a_name_or_a_pattern_chooses(catalogue):
    assert [each[0] for each in listed(catalogue, "t*")] == [
        f"data:t.csv@{sha('t')[:19]}", "data:transactions@2026-03", "data:transactions@2026-02",
    ]  # fmt: skip
    assert [each[0] for each in listed(catalogue, "transactions")] == [
        "data:transactions@2026-03", "data:transactions@2026-02",
    ]  # fmt: skip
    assert [each[0] for each in listed(catalogue, "[ch]*[s1t]")] == ["data:cards@1", "data:holdout"]
    assert listed(catalogue, "x*") == []
    with pytest.raises(NotFound) as refused:
        catalogue.registry.datasets("transaction")
    assert (refused.value.message, refused.value.hint) == (
        "there is no dataset transaction",
        "modelkeep data list        (near: transactions)",
    )


def test_a_page_has_what_made_it_and_who_used_it(catalogue):
    page = catalogue.registry.dataset("transactions@2026-02")
    assert (page.digest, page.parents, page.children) == (
        sha("t"),
        ("data:raw@1", "data:cards@1"),
        ("data:transactions@2026-03",),
    )
    assert (page.schema_document.digest, catalogue.registry.dataset_schema(page.node)) == (sha("a: int"), b"a: int")
    assert page.used == (
        DatasetUse("fraud@1", "trained_on", "active", ("production",)),
        DatasetUse("fraud@1", "validated_on", "active", ("production",)),
        DatasetUse("fraud@2", "trained_on", "development", (), f"data:t.csv@{sha('t')[:19]}"),
        DatasetUse("fraud@2", "evaluated_on", "development", ()),
    )
    then = catalogue.registry.dataset("transactions@2026-02", as_of="seq:3")
    assert (then.used, then.children, then.uses) == ((), (), 0)
    assert catalogue.registry.dataset("cards@1").children == ("data:transactions@2026-02",)


def test_a_name_alone_is_its_newest_version_and_a_digest_may_be_cut(catalogue):
    registry = catalogue.registry
    assert registry.dataset("transactions").node == "data:transactions@2026-03"
    assert registry.dataset("holdout").used == (DatasetUse("fraud@1", "trained_on", "active", ("production",)),)
    for name in ("t.csv", f"t.csv@{sha('t')}", f"t.csv@{sha('t')[:15]}", f"data:t.csv@{sha('t')[:19]}"):
        page = registry.dataset(name)
        assert (page.digest, page.location, page.recorded) == (sha("t"), "data/t.csv", False)
        assert page.used == (DatasetUse("fraud@2", "trained_on", "development", ()),)
    assert registry.dataset("s3://lake/x@7").used[0].relation == "evaluated_on"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("transactions@2026-01", "modelkeep data list        (near: transactions@2026-03, transactions@2026-02)"),
        ("nothing", "modelkeep data list"),
        ("t.csv@sha256:00", f"modelkeep data list        (near: t.csv@{sha('t')[:19]})"),
        ("holdout@1", "modelkeep data list        (near: holdout)"),
    ],
)
def test_what_nothing_names_is_not_found(catalogue, name, hint):
    with pytest.raises(NotFound) as refused:
        catalogue.registry.dataset(name)
    assert (refused.value.message, refused.value.hint) == (f"there is no dataset {name}", hint)


def test_a_dataset_without_a_schema_says_so(catalogue):
    with pytest.raises(NotFound, match="no schema of raw@1 is recorded"):
        catalogue.registry.dataset_schema("raw@1")
