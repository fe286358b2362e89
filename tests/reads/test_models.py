"""Models without a version, models that were deleted, and numbers that were left out, as every read answers them."""

import pytest

from modelkeep.errors import Conflict, NotFound


@pytest.fixture
def empty(history):
    """A model that has no version yet, beside one that has."""
    history.create("new", description="planned")
    history.register("fraud", stage="production")
    return history


@pytest.fixture
def imported(history):
    """A model of another registry whose versions are 3, 7 and 8."""
    for number in (3, 7, 8):
        history.register("Fraud Model", f"content {number}", at_number=number)
    history.promote("Fraud Model@7", "production")
    return history


@pytest.fixture
def gone(history):
    """A deleted model whose version 2 was in staging, beside one that goes on."""
    history.register("old", "one", aliases=["champion"])
    history.register("old", "two", stage="staging", tag__owner="risk")
    history.register("fraud", "one", parents=["old@1"])
    history.delete("old", reason="never used")
    return history


def test_a_model_without_a_version_is_listed_and_shown(empty):
    rows = {row.name: row for row in empty.registry.models()}
    assert (rows["new"].versions, rows["new"].newest, rows["new"].newest_label, rows["new"].latest) == (
        0,
        0,
        None,
        None,
    )
    assert (rows["new"].archived, rows["new"].holders, rows["new"].development) == (False, (), None)
    page = empty.registry.model("new")
    assert (page.name, page.description) == ("new", "planned")
    assert empty.registry.versions(pattern="new") == ()
    status = empty.registry.status()
    assert (status.models, status.versions) == (2, 1)


@pytest.mark.parametrize("ref", ["new@1", "new@latest", "new@1.0", "new@production", "new@champion"])
def test_no_reference_finds_a_version_where_there_is_none(empty, ref):
    with pytest.raises((NotFound, Conflict)):
        empty.resolved(ref)


def test_numbers_that_were_left_out_are_no_versions(imported):
    assert [row.version for row in imported.registry.versions(pattern="Fraud Model")] == [8, 7, 3]
    (row,) = imported.registry.models()
    assert (row.versions, row.newest, row.latest, row.development.version, row.development.more) == (3, 8, 8, 8, 1)
    assert imported.registry.version("Fraud Model@7").state == "active"
    assert imported.resolved("Fraud Model@latest").number == 8
    with pytest.raises((NotFound, Conflict)):
        imported.resolved("Fraud Model@5")
    assert imported.registry.status().versions == 3


def test_as_of_the_time_before_the_numbers_were_left_out(imported):
    (row,) = imported.registry.models(as_of=f"seq:{2}")
    assert (row.versions, row.newest, row.latest) == (1, 3, 3)


def test_a_deleted_model_is_in_no_list_and_its_versions_say_that_they_were_deleted(gone):
    assert [row.name for row in gone.registry.models()] == ["fraud"]
    assert gone.registry.version("old@1").state == "deleted"
    with pytest.raises((NotFound, Conflict)):
        gone.resolved("old@latest")
    status = gone.registry.status()
    assert (status.models, status.versions, status.deleted) == (1, 1, 2)


def test_as_of_the_time_before_its_deletion_a_model_is_what_it_was(gone):
    at = 4
    assert [row.name for row in gone.registry.models(as_of=f"seq:{at}")] == ["fraud", "old"]
    assert [row.state for row in gone.registry.versions(as_of=f"seq:{at}", pattern="old")] == ["active", "development"]
    assert gone.resolved("old@champion", at).number == 1
    assert gone.registry.version("old@2", as_of="seq:4").tags == {"owner": "risk"}


def test_what_a_deleted_model_was_is_still_read(gone):
    history = gone.registry.history("old", "staging")
    assert [(each.ref, each.ended.what) for each in history] == [("old@2", "model_deleted")]
    last = gone.registry.audit(limit=1)[0].seq
    for name in ("old", None):
        now = gone.registry.history(name, "staging")
        assert gone.registry.history(name, "staging", as_of=f"seq:{last}") == now
    found = gone.registry.lineage("fraud@1")
    assert "old@1" in {node.id for node in found.nodes}
    audit = gone.registry.audit()
    assert audit[-1].sentence == 'deleted the model old, old@2 left staging: "never used"'


def test_nothing_is_compared_with_a_model_without_a_version(empty):
    with pytest.raises((NotFound, Conflict)):
        empty.registry.diff(["new", "fraud"])
