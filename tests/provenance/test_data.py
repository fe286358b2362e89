"""What --data means: a role, and a URI, a path that exists, or NAME@VERSION."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.nodes import parse_node
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.inputs import Dataset, parse_data, parse_feature

DIGEST = "sha256:" + "9b71c268cf25" + "0" * 52


def dataset(role, name, version, digest, location):
    return Dataset(Data(name, version, digest, role), location)


@pytest.fixture
def said():
    return []


@pytest.fixture
def parse(tmp_path, said):
    """Parse in a directory with some data; hashing tells which path it was asked for."""
    for name in ("train.csv", "a=b.csv", "train@1.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / "images").mkdir()

    def parse(text: str) -> Dataset:
        hashed = []
        (spec,) = parse_data(text, str(tmp_path), lambda path: hashed.append(path) or DIGEST, said.append)
        assert [path.startswith(str(tmp_path)) for path in hashed] == (
            [True] if spec.location and spec.data.digest else []
        )
        return spec

    return parse


@pytest.mark.parametrize(
    ("text", "expected", "node"),
    [
        ("train.csv", dataset(None, "train.csv", None, DIGEST, "train.csv"), "data:train.csv@sha256:9b71c268cf25"),
        ("./train.csv", dataset(None, "train.csv", None, DIGEST, "./train.csv"), "data:train.csv@sha256:9b71c268cf25"),
        (
            "train=train.csv",
            dataset("train", "train.csv", None, DIGEST, "train.csv"),
            "data:train.csv@sha256:9b71c268cf25",
        ),
        ("a=b.csv", dataset(None, "a=b.csv", None, DIGEST, "a=b.csv"), "data:a=b.csv@sha256:9b71c268cf25"),
        ("eval=a=b.csv", dataset("eval", "a=b.csv", None, DIGEST, "a=b.csv"), "data:a=b.csv@sha256:9b71c268cf25"),
        ("images/", dataset(None, "images", None, DIGEST, "images/"), "data:images@sha256:9b71c268cf25"),
        ("train@1.csv", dataset(None, "train", "1.csv", None, None), "data:train@1.csv"),
        (
            "./train@1.csv",
            dataset(None, "train@1.csv", None, DIGEST, "./train@1.csv"),
            "data:train@1.csv@sha256:9b71c268cf25",
        ),
        ("holdout", dataset(None, "holdout", None, None, None), "data:holdout"),
        ("eval=holdout", dataset("eval", "holdout", None, None, None), "data:holdout"),
        ("data:holdout", dataset(None, "holdout", None, None, None), "data:holdout"),
        ("images", dataset(None, "images", None, None, None), "data:images"),
        ("train=images/", dataset("train", "images", None, DIGEST, "images/"), "data:images@sha256:9b71c268cf25"),
        ("./images", dataset(None, "images", None, DIGEST, "./images"), "data:images@sha256:9b71c268cf25"),
        ("transactions@2026-02", dataset(None, "transactions", "2026-02", None, None), "data:transactions@2026-02"),
        ("train=tx/eu@v1", dataset("train", "tx/eu", "v1", None, None), "data:tx/eu@v1"),
        (
            "data:transactions@2026-02",
            dataset(None, "transactions", "2026-02", None, None),
            "data:transactions@2026-02",
        ),
        (f"t.csv@{DIGEST}", dataset(None, "t.csv", None, DIGEST, None), "data:t.csv@sha256:9b71c268cf25"),
        ("s3://b/x.csv", dataset(None, "s3://b/x.csv", None, None, "s3://b/x.csv"), "data:s3://b/x.csv"),
        ("s3://b/x@v1", dataset(None, "s3://b/x", "v1", None, "s3://b/x@v1"), "data:s3://b/x@v1"),
        ("train=s3://b/x?sig=SECRET", dataset("train", "s3://b/x", None, None, "s3://b/x"), "data:s3://b/x"),
        ("https://u:SECRET@h/x", dataset(None, "https://h/x", None, None, "https://h/x"), "data:https://h/x"),
    ],
)
def test_each_form_is_understood(parse, text, expected, node):
    assert parse(text) == expected
    assert f"data:{expected}" == node


@pytest.mark.parametrize("text", ["train.csv", "transactions@2026-02", "s3://b/x@v1", "train@1.csv", "abfss://c@a.x/y"])
def test_the_node_is_read_back_as_itself(parse, text):
    node = f"data:{parse(text)}"
    assert str(parse_node(node)) == node


@pytest.mark.parametrize(
    "text",
    [
        "gone/",
        "gone.csv",
        "./gone",
        "train=gone.csv",
        "name@",
        "@v1",
        "data: x",
        "x ",
        " x@1",
        "name@a b",
        "Train=x@y=z",
        "-x@1",
    ],
)
def test_what_is_nothing_of_these_is_not_found(parse, text):
    with pytest.raises(NotFound, match="there is no file or directory"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["", " ", "train= ", "x://", "s3:///", "train=", "a\0b", "a\udcff", "s3://" + "x" * 3000]
)
def test_what_cannot_be_kept_is_a_usage_error(parse, text):
    with pytest.raises(UsageError):
        parse(text)


@pytest.mark.parametrize("text", ["", " ", "a b", "a b@7", "store/view@1 2", "a\u00a0b"])
def test_a_feature_view_has_no_white_space(text):
    with pytest.raises(UsageError, match="a feature view is named as NAME@VERSION"):
        parse_feature(text)


def test_a_name_with_control_characters_is_refused(parse, tmp_path):
    (tmp_path / "a\x1b[2J.csv").write_text("x")
    with pytest.raises(UsageError) as caught:
        parse("a\x1b[2J.csv")
    assert "\x1b" not in caught.value.message


def test_a_link_is_called_as_it_was_typed(parse, tmp_path):
    (tmp_path / "current.csv").symlink_to("train.csv")
    assert parse("current.csv").data.name == "current.csv"


def test_a_link_to_nowhere_is_no_data(parse, tmp_path):
    (tmp_path / "train=x").symlink_to("gone")
    with pytest.raises(NotFound):
        parse("./train=x")
    assert parse("train=x").data == Data("train=x")


def test_a_name_that_is_a_path_too_is_told(parse, said):
    parse("holdout")
    assert said == []
    parse("images")
    parse("train@1.csv")
    assert said == [
        "note: images is taken as the dataset of that name; the path of that name would be ./images",
        "note: train@1.csv is taken as the dataset of that name; the path of that name would be ./train@1.csv",
    ]


def test_a_dot_is_called_by_the_directory_it_is(tmp_path, said):
    (tmp_path / "images").mkdir()
    (found,) = parse_data(".", str(tmp_path / "images"), lambda _: DIGEST, said.append)
    assert found.data.name == "images"


@given(st.text(max_size=40))
def test_any_text_is_data_or_one_of_our_errors(tmp_path_factory, text):
    cwd = str(tmp_path_factory.getbasetemp())
    try:
        (spec,) = parse_data(text, cwd, lambda _: DIGEST, lambda _text: None)
    except (UsageError, NotFound):
        return
    assert spec.data.name
