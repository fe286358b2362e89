import pytest

from modelkeep.domain.refs import parse_ref
from modelkeep.domain.times import At, AtSeq
from modelkeep.errors import Conflict, NotFound
from modelkeep.store.db.sql import references
from modelkeep.store.db.sql.moments import moment


@pytest.fixture
def fraud(history):
    """Five versions: 3 in production, 4 in staging and called champion, 5 bad."""
    history.register("fraud", "one", label="1.0.0")
    history.register("fraud", "two", label="v1.1")
    history.register("fraud", "three")
    history.register("fraud", "four", aliases=["champion"])
    history.register("fraud", "five")
    history.promote("fraud@3", "production")
    history.promote("fraud@4", "staging")
    history.mark("fraud@5")
    return history


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        ("fraud@1", 1), ("fraud@v2", 2), ("FRAUD@3", 3),
        ("fraud@1.0", 1), ("fraud@V1.1.0", 2),
        ("fraud@latest", 4),
        ("fraud@production", 3), ("fraud@prod", 3), ("fraud@PROD", 3), ("fraud@stg", 4),
        ("fraud@development", 2), ("fraud@dev", 2),
        ("fraud@champion", 4),
        ("models:/fraud/3", 3), ("models:/fraud/Production", 3), ("models:/fraud@champion", 4),
    ],
)  # fmt: skip
def test_every_selector_leads_to_its_version(fraud, ref, number):
    assert fraud.resolved(ref).number == number


def test_a_bare_name_is_the_model_without_a_number(fraud):
    found = fraud.resolved("fraud")
    assert (found.name, found.number, found.digest, found.ref) == ("fraud", None, None, "fraud")


def test_a_digest_is_the_version_s_or_that_of_its_only_file(fraud):
    from history import sha

    digest = fraud.resolved("fraud@2").digest
    assert fraud.resolved(digest).ref == "fraud@2"
    assert fraud.resolved(digest[:15]).ref == "fraud@2"
    assert fraud.resolved(f"fraud@{digest[:15]}").ref == "fraud@2"
    assert fraud.resolved(sha("two")).ref == "fraud@2"
    assert fraud.resolved(sha("two").removeprefix("sha256:")).ref == "fraud@2"
    assert fraud.resolved(f"fraud@{sha('two')[:20]}").ref == "fraud@2"


def test_the_file_of_a_tree_is_not_the_tree(history):
    from history import sha

    history.register("fraud", {"a": "one", "b": "two"}, form="tree")
    with pytest.raises(NotFound):
        history.resolved(sha("one"))


def test_a_digest_that_means_several_versions_is_a_conflict_that_lists_them(fraud):
    fraud.register("churn", "two")
    fraud.register("churn", "two")
    digest = fraud.resolved("fraud@2").digest
    with pytest.raises(Conflict) as error:
        fraud.resolved(digest)
    assert error.value.message == f"{digest} means several versions: churn@2, churn@1, fraud@2"
    assert error.value.hint == "name one of them: churn@2"
    assert fraud.resolved(f"fraud@{digest}").ref == "fraud@2"
    with pytest.raises(Conflict, match=r"churn@2, churn@1\Z"):
        fraud.resolved(f"churn@{digest}")


@pytest.mark.parametrize(
    ("ref", "message", "hint"),
    [
        ("fraud@7", "fraud has no version 7", "modelkeep list fraud        (newest is 5)"),
        ("frud@1", "there is no model frud", "modelkeep list        (near: fraud)"),
        ("zebra", "there is no model zebra", "modelkeep list"),
        ("BERT@1", "there is no model BERT", "modelkeep list        (near: nlp/bert)"),
        ("nlp", "there is no model nlp", "modelkeep list        (near: nlp/bert)"),
        ("fraud@1.1.1", "fraud has no version with the label 1.1.1", "modelkeep list fraud        (near: v1.1, 1.0.0)"),
        ("fraud@champ", "fraud has no stage or alias 'champ'", "modelkeep show fraud        (near: champion)"),
        ("churn@production", "churn has nothing in production", "modelkeep promote churn@1 production"),
        ("sha256:0123456789", "there is no version with the digest sha256:0123456789", "modelkeep list"),
        ("fraud@sha256:01234567", "fraud has no version with the digest sha256:01234567", "modelkeep list fraud"),
    ],
)
def test_what_is_not_there_is_said_with_what_helps(fraud, ref, message, hint):
    fraud.register("churn")
    fraud.register("nlp/bert")
    with pytest.raises(NotFound) as error:
        fraud.resolved(ref)
    assert (error.value.message, error.value.hint) == (message, hint)


def test_latest_is_the_highest_that_is_neither_archived_nor_bad(fraud):
    fraud.archive("fraud@4")
    assert fraud.resolved("fraud@latest").number == 3


def test_nothing_is_latest_where_all_is_archived_or_bad(history):
    history.register("fraud")
    history.register("fraud")
    history.archive("fraud@1")
    history.mark("fraud@2")
    with pytest.raises(NotFound) as error:
        history.resolved("fraud@latest")
    assert error.value.message == "fraud has no version that is neither archived, deleted nor bad"
    assert error.value.hint == "modelkeep list fraud --all"
    with pytest.raises(NotFound, match="fraud has nothing in development"):
        history.resolved("fraud@dev")


def test_latest_is_found_behind_many_archived_ones(history):
    for _ in range(400):
        history.register("fraud")
    for number in range(400, 3, -1):
        history.archive(f"fraud@{number}")
    assert history.resolved("fraud@latest").number == 3


def test_a_name_that_a_model_bore_keeps_answering(fraud):
    fraud.rename("fraud", "risk/Fraud")
    found = fraud.resolved("FRAUD@3")
    assert (found.ref, found.renamed_from) == ("risk/Fraud@3", "fraud")
    assert fraud.resolved("risk/fraud@3").renamed_from is None


def test_a_model_that_is_called_again_as_it_was_is_not_renamed(fraud):
    fraud.rename("fraud", "risk")
    fraud.rename("risk", "fraud")
    assert fraud.resolved("fraud").renamed_from is None
    assert fraud.resolved("risk").renamed_from == "risk"


def test_the_past_is_resolved_as_it_was(fraud):
    before = fraud.promote("fraud@4", "production") - 1
    fraud.alias("fraud@1", "champion")
    fraud.mark("fraud@5", "good")
    fraud.rename("fraud", "risk")
    assert fraud.resolved("risk@production").number == 4
    assert fraud.resolved("fraud@production", before).ref == "fraud@3"
    assert fraud.resolved("fraud@champion", before).number == 4
    assert fraud.resolved("fraud@latest", before).number == 4
    assert fraud.resolved("risk@latest").number == 5
    assert fraud.resolved("fraud@dev", 3).number == 2
    with pytest.raises(NotFound) as error:
        fraud.resolved("fraud@4", 3)
    assert (error.value.message, error.value.hint) == (
        "fraud had no version 4 then",
        "modelkeep list fraud        (newest was 2)",
    )
    with pytest.raises(NotFound, match="fraud had nothing in production then"):
        fraud.resolved("fraud@production", 3)
    with pytest.raises(NotFound, match="there was no model risk then"):
        fraud.resolved("risk", before)
    with pytest.raises(NotFound, match="there was no model fraud then"):
        fraud.resolved("fraud", 1)


def test_a_stage_that_stood_empty_for_a_while_is_empty_then(fraud):
    empty = fraud.retire("fraud", "production")
    fraud.promote("fraud@2", "production")
    with pytest.raises(NotFound):
        fraud.resolved("fraud@production", empty)
    assert fraud.resolved("fraud@production", empty - 1).number == 3


def test_a_moment_is_the_last_entry_that_is_not_later(fraud):
    from history import at

    connection = fraud.connection
    assert moment(connection, At("2026-01-01T00:03:00.000000Z")).seq == 3
    assert moment(connection, At("2026-01-01T00:03:59.999999Z")) == moment(
        connection, At("2026-01-01T00:03:59.999999Z")
    )
    assert moment(connection, At("2026-01-01T00:03:59.999999Z")).seq == 3
    assert moment(connection, At("2027-01-01T00:00:00.000000Z")).seq == 9
    assert (moment(connection, AtSeq(4)).seq, moment(connection, AtSeq(4)).time) == (4, at(4))


def test_before_the_first_entry_there_was_nothing_and_after_the_last_there_is_nothing(fraud):
    with pytest.raises(NotFound) as error:
        moment(fraud.connection, At("2025-12-31T00:00:00.000000Z"))
    assert error.value.message == "there was no registry yet at 2025-12-31T00:00:00.000000Z"
    assert error.value.hint == "its first entry is of 2026-01-01T00:01:00.000000Z"
    with pytest.raises(NotFound) as error:
        moment(fraud.connection, AtSeq(10))
    assert error.value.message == "the log has no entry 10"
    assert error.value.hint == "its last one is seq:9, of 2026-01-01T00:09:00.000000Z"


def test_the_parser_and_the_registry_agree_on_the_order_of_selectors(history):
    history.register("fraud", label="1.0")
    history.register("fraud")
    assert references.resolve(history.connection, None, parse_ref("fraud@1")).number == 1
