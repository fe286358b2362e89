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
        ("transactions@2026-02", "none", f"{page.digest}, 1 rows")
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
