"""Models without a version, models that were deleted, and numbers that were left out, as every read answers them."""

import pytest

from modelkeep.domain.refs import parse_node
from modelkeep.errors import Conflict, NotFound
from modelkeep.reads import diff, lineage, lists, pages


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
    rows = {row.name: row for row in lists.models(empty.connection, None)}
    assert (rows["new"].versions, rows["new"].newest, rows["new"].newest_label, rows["new"].latest) == (
        0,
        0,
        None,
        None,
    )
    assert (rows["new"].archived, rows["new"].holders, rows["new"].development) == (False, (), None)
    page = pages.model(empty.connection, None, 2)
    assert (page.name, page.description) == ("new", "planned")
    assert lists.versions(empty.connection, None, pattern="new") == ()
    status = pages.status(empty.connection, "r", "flag")
    assert (status.models, status.versions) == (2, 1)


@pytest.mark.parametrize("ref", ["new@1", "new@latest", "new@1.0", "new@production", "new@champion"])
def test_no_reference_finds_a_version_where_there_is_none(empty, ref):
    with pytest.raises((NotFound, Conflict)):
        empty.resolved(ref)


def test_numbers_that_were_left_out_are_no_versions(imported):
    assert [row.version for row in lists.versions(imported.connection, None, pattern="Fraud Model")] == [8, 7, 3]
    (row,) = lists.models(imported.connection, None)
    assert (row.versions, row.newest, row.latest, row.development.version, row.development.more) == (3, 8, 8, 8, 1)
    assert pages.version(imported.connection, None, 2, 7).state == "live"
    assert imported.resolved("Fraud Model@latest").number == 8
    with pytest.raises((NotFound, Conflict)):
        imported.resolved("Fraud Model@5")
    assert pages.status(imported.connection, "r", "flag").versions == 3


def test_as_of_the_time_before_the_numbers_were_left_out(imported):
    (row,) = lists.models(imported.connection, 2)
    assert (row.versions, row.newest, row.latest) == (1, 3, 3)


def test_a_deleted_model_is_in_no_list_and_its_versions_say_that_they_were_deleted(gone):
    assert [row.name for row in lists.models(gone.connection, None)] == ["fraud"]
    assert pages.version(gone.connection, None, 2, gone.resolved("old@1").number).state == "deleted"
    with pytest.raises((NotFound, Conflict)):
        gone.resolved("old@latest")
    status = pages.status(gone.connection, "r", "flag")
    assert (status.models, status.versions, status.deleted) == (1, 1, 2)


def test_as_of_the_time_before_its_deletion_a_model_is_what_it_was(gone):
    at = 4
    assert [row.name for row in lists.models(gone.connection, at)] == ["fraud", "old"]
    assert [row.state for row in lists.versions(gone.connection, at, pattern="old")] == ["live", "development"]
    assert gone.resolved("old@champion", at).number == 1
    assert pages.version(gone.connection, at, 2, 2).tags == {"owner": "risk"}


def test_what_a_deleted_model_was_is_still_read(gone):
    history = pages.history(gone.connection, model=2, stage="staging")
    assert [(each.ref, each.ended_by) for each in history] == [("old@2", "delete")]
    found = lineage.lineage(gone.connection, None, parse_node("fraud@1"))
    assert "old@1" in {node.id for node in found.nodes}
    audit = pages.audit(gone.connection, None)
    assert audit[-1].sentence == 'deleted the model old, old@2 left staging: "never used"'


def test_nothing_is_compared_with_a_model_without_a_version(empty):
    from modelkeep.domain.refs import parse_ref

    with pytest.raises((NotFound, Conflict)):
        diff.diff(empty.connection, [parse_ref("new"), parse_ref("fraud")])
