"""`data add`: what is recorded of a dataset, what is the same again, and what is refused."""

import os

import pytest

from modelkeep.domain.entry import parse_entry
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.store.db.ledger import entries

TRAIN = "sha256:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"


@pytest.fixture
def r(world):
    (world.work / "train.csv").write_bytes(b"a,b\n1,2\n")
    (world.work / "schema.json").write_text('{"a": "int"}')
    return world.registry


def entry(world):
    with world.context.database.reading() as reader:
        return [parse_entry(data) for _, data in entries(reader)][-1]


def test_a_path_is_hashed_as_register_hashes_it(world, r):
    made = r.add_dataset(
        "transactions@2026-02", "train.csv", schema="schema.json", rows=1, parents=["raw@1"], message="march"
    )
    page = r.dataset("transactions@2026-02")
    assert (made.action, made.name, made.ref, made.seq) == ("data", "transactions@2026-02", None, 2)
    assert [(each.what, each.before, each.after) for each in made.effects] == [
        ("transactions@2026-02", "none", f"{page.digest}, 1 row")
    ]
    version = world.register(data=["train.csv"])
    assert page.digest == r.version(version.ref).data[0].digest
    assert (page.location, page.rows, page.parents, page.reason, page.seq) == (
        "train.csv",
        1,
        ("data:raw@1",),
        "march",
        2,
    )
    assert (page.schema_document.size_bytes, r.dataset_schema("transactions@2026-02")) == (12, b'{"a": "int"}')
    assert entry(world).intent.subject is not None  # that of register
    assert world.said == ["note: nothing names raw@1 yet"]


def test_a_directory_is_its_manifest_and_a_uri_loses_its_secrets(world, r):
    os.makedirs("images/a")
    (world.work / "images/a/1.png").write_bytes(b"1")
    r.add_dataset("images@1", "images")
    assert r.dataset("images@1").digest == r.version(world.register(data=["images/"]).ref).data[0].digest
    r.add_dataset("lake@1", "s3://key:secret@lake/x?sig=secret")
    assert (r.dataset("lake@1").location, r.dataset("lake@1").digest) == ("s3://lake/x", None)


def test_the_same_again_changes_nothing_and_other_contents_are_refused(world, r):
    for first, again, other in (
        ({"source": "train.csv", "rows": 1}, {"source": "./train.csv"}, {"source": "schema.json"}),
        ({"source": "train.csv", "rows": 1}, {"rows": 1}, {"rows": 2}),
        ({"schema": "schema.json"}, {"schema": "schema.json"}, {"schema": "train.csv"}),
        ({"parents": ["a@1", "b@1"]}, {"parents": ["a@1", "b@1"]}, {"parents": ["a@1"]}),
        ({"source": "s3://lake/a"}, {"source": "s3://lake/a"}, {"source": "s3://lake/b"}),
        ({}, {}, {"source": "s3://lake/b"}),
    ):
        name = f"d@{world.clock():%H%M%S}"
        assert r.add_dataset(name, **first).changed, first
        same = r.add_dataset(name, **again)
        assert (same.changed, same.why) == (False, f"{name} is recorded so"), again
        with pytest.raises(Conflict) as refused:
            r.add_dataset(name, **other)
        assert f"{name} is recorded " in refused.value.message
        assert refused.value.hint == f"modelkeep data show {name}        (a change is another version)"


def test_the_same_bytes_at_another_place_are_no_change_and_it_is_said(world, r):
    r.add_dataset("d@1", "train.csv")
    assert not r.add_dataset("d@1", "./train.csv").changed
    assert world.said == ["note: d@1 stays recorded at train.csv"]


def test_a_dry_run_writes_nothing(world, r):
    made = r.add_dataset("d@1", "train.csv", dry_run=True)
    assert (made.changed, made.seq) == (True, None)
    with pytest.raises(NotFound, match="there is no dataset d@1"):
        r.dataset("d@1")


LINE = "modelkeep data add transactions@2026-02 data/transactions.parquet"


@pytest.mark.parametrize(
    ("name", "more", "error", "message", "hint"),
    [
        ("transactions", {}, UsageError, "a dataset is recorded as NAME@VERSION, not 'transactions'", LINE),
        ("s3://lake/x@1", {}, UsageError, "a dataset is recorded as NAME@VERSION, not 's3://lake/x@1'", LINE),
        (f"x@{TRAIN}", {}, UsageError, f"a dataset is recorded as NAME@VERSION, not 'x@{TRAIN}'", LINE),
        ("a b@1\n", {}, UsageError, "a dataset is recorded as NAME@VERSION, not 'a b@1\\n'", LINE),
        ("train.csv", {"source": "d@1"}, UsageError, "a dataset is recorded as NAME@VERSION, not 'train.csv'", "modelkeep data add d@1 train.csv"),
        ("d@1", {"source": "no.csv"}, NotFound, "there is no file or directory 'no.csv', and it is no URI and no NAME@VERSION", None),
        ("d@1", {"source": ""}, NotFound, "there is no file or directory '', and it is no URI and no NAME@VERSION", None),
        ("d@1", {"schema": "no.json"}, NotFound, "there is no file 'no.json'", "--schema schema.json"),
        ("d@1", {"schema": "."}, UsageError, "'.' is no regular file", "--schema schema.json"),
        ("d@1", {"schema": "/dev/null"}, UsageError, "'/dev/null' is no regular file", "--schema schema.json"),
        ("d@1", {"schema": "empty"}, UsageError, "'empty' is empty: it is no schema of a dataset", "--schema schema.json"),
        ("d@1", {"schema": "large"}, UsageError, "'large' is larger than 1 MiB: it is no schema of a dataset", "--schema schema.json"),
        ("d@1", {"parents": ["d@1"]}, UsageError, "d@1 cannot be made from itself", None),
        ("d@1", {"parents": ["train=raw@1"]}, UsageError, "a parent of a dataset has no role: 'train='", "--parent raw@1"),
        ("d@1", {"parents": ["raw@1", "raw@1"]}, UsageError, "the parent raw@1 is given twice", None),
        ("d@1", {"rows": -1}, UsageError, None, None),
        ("d@1", {"rows": 2**60}, UsageError, None, None),
    ],
)  # fmt: skip
def test_what_is_no_dataset_is_refused(world, r, name, more, error, message, hint):  # noqa: PLR0917
    (world.work / "empty").touch()
    (world.work / "large").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(error) as refused:
        r.add_dataset(name, **more)
    assert message in (None, refused.value.message)
    assert hint in (None, refused.value.hint)
    assert r.datasets() == ()


def test_what_was_recorded_verifies(world, r):
    r.add_dataset("d@1", "train.csv", schema="schema.json", rows=3, parents=["raw@1", "schema.json"])
    assert world.findings() == []


def test_register_says_what_was_done_with_the_parents_and_which_features_it_used(world, r):
    base = world.register("base").ref
    done = world.register(
        parents=[base, "https://hub.example/bert"], derived_by="merge", features=["payments/cards@7", "store/users"]
    )
    version = r.version(done.ref)
    assert [(each.ref, each.location, each.derived_by) for each in version.parents] == [
        (base, None, "merge"), (None, "https://hub.example/bert", "merge"),
    ]  # fmt: skip
    assert [(each.node, each.role) for each in version.data] == [
        ("data:payments/cards@7", "feature"), ("data:store/users", "feature"),
    ]  # fmt: skip
    assert [(edge.source, edge.relation) for edge in r.lineage(done.ref, down=False, depth=1).edges] == [
        ("data:payments/cards@7", "used_feature"), ("data:store/users", "used_feature"), (base, "merge_of"),
        ("https://hub.example/bert", "merge_of"),
    ]  # fmt: skip
    assert world.findings() == []


def test_the_same_bytes_with_another_derivation_are_another_version(world, r):
    base = world.register("base").ref
    first = {"content": b"x", "parents": [base], "derived_by": "quantize"}
    assert world.register(**first).changed
    assert not world.register(**first).changed
    assert not world.register(**{**first, "derived_by": None}).changed
    with pytest.raises(Conflict) as refused:
        world.register(**{**first, "derived_by": "distill"})
    assert refused.value.message == f"these bytes are fraud@1 already, with another derivation from {base}"


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"derived_by": "quantize"}, "--derived-by quantize says what was done with the parents, and there are none", "--parent REF --derived-by quantize"),
        ({"derived_by": "Fine Tune", "parents": ["base@1"]}, "--derived-by is one word of lower-case letters, digits and -, not 'Fine Tune'", "--derived-by fine-tune"),
        ({"features": ["s3://lake/x"]}, "a feature view is named as NAME@VERSION, not 's3://lake/x'", "--feature payments/card_stats@7"),
        ({"features": [""]}, "a feature view is named as NAME@VERSION, not ''", "--feature payments/card_stats@7"),
        ({"features": ["a@b@c d"]}, "a feature view is named as NAME@VERSION, not 'a@b@c d'", "--feature payments/card_stats@7"),
    ],
)  # fmt: skip
def test_a_derivation_or_feature_that_is_none_is_refused(world, given, message, hint):
    with pytest.raises(UsageError) as refused:
        world.register(**given)
    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_dvc_files_are_data_of_a_version_and_join_the_recorded_dataset(world, r):
    md5 = "a304afb96060aad90176268345e10355"
    (world.work / "images.dvc").write_text(f"outs:\n- md5: {md5}.dir\n  path: images\n")
    version = r.version(world.register(data=["train=images.dvc"]).ref)
    assert [(each.node, each.digest, each.location) for each in version.data] == [
        (f"data:images@md5:{md5}.dir", None, "images")
    ]
    r.add_dataset("pictures@5", "images.dvc", parents=["raw@1"])
    assert (r.dataset("pictures@5").checksum, r.dataset("pictures@5").digest) == (f"md5:{md5}.dir", None)
    assert [(edge.source, edge.relation, edge.target) for edge in r.lineage("data:raw@1", up=False).edges] == [
        ("data:raw@1", "made_from", "data:pictures@5"),
        ("data:pictures@5", "same_bytes_as", f"data:images@md5:{md5}.dir"),
        (f"data:images@md5:{md5}.dir", "trained_on", "fraud@1"),
    ]
    assert [edge.source for edge in r.lineage("fraud@1", down=False).edges] == [
        f"data:images@md5:{md5}.dir", "data:pictures@5", "data:raw@1",
    ]  # fmt: skip
    (world.work / "images.dvc").write_text(f"outs:\n- md5: {md5[::-1]}.dir\n  path: images\n")
    with pytest.raises(Conflict):
        r.add_dataset("pictures@5", "images.dvc")
    assert world.findings() == []
