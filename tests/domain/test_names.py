"""Names of models: which are legal, and that every refusal comes with a legal spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.names import RESERVED, check_imported_name, check_name, is_imported_name, is_name
from modelkeep.errors import UsageError


@pytest.mark.parametrize(
    "name",
    [
        "fraud",
        "Qwen2.5-7B-Instruct",
        "risk/Credit-Score",
        "7b",
        "a_b",
        "x" * 63,
        "/".join(["x" * 49] * 3 + ["x" * 50]),
        "/".join(["x" * 49] * 4),
        "risk/data",
        "datas",
    ],
)
def test_a_legal_name_is_kept_as_typed(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("", "my-model"),
        ("my model", "my-model"),
        ("fraud@3", "fraud-3"),
        ("fraud:3", "fraud-3"),
        ("-fraud", "fraud"),
        (".hidden", "hidden"),
        ("a//b/", "a/b"),
        ("Modèle", "Modele"),
        ("模型", "my-model"),
        ("x" * 64, "x" * 63),
        ("/".join(["x" * 50] * 4), "/".join(["x" * 50] * 3)),
        ("./model.onnx", "model.onnx"),
        ("/".join(["x" * 49] * 2 + ["x" * 50] * 2), "/".join(["x" * 49] * 2 + ["x" * 50])),
        ("-" + "/".join(["x" * 49] * 3 + ["x" * 50]), "/".join(["x" * 49] * 3 + ["x" * 50])),
        ("fraud\n", "fraud"),
    ],
)
def test_an_illegal_name_is_refused_with_a_legal_one(name, likely):
    with pytest.raises(UsageError) as refusal:
        check_name(name)
    assert refusal.value.hint.split("   ")[0] == likely


@pytest.mark.parametrize(
    ("name", "likely"),
    [("data", "my-data"), ("Models/fraud", "fraud"), ("RUN/code", "my-code"), ("version", "my-version")],
)
def test_a_reserved_first_segment_is_refused_without_case(name, likely):
    with pytest.raises(UsageError) as refusal:
        check_name(name)
    assert refusal.value.message == (
        f"a model's name cannot begin with the reserved word '{name.split('/')[0]}': '{name}'"
    )
    assert refusal.value.hint == likely


def test_every_reserved_word_is_refused():
    assert RESERVED["name"] == ("data", "code", "run", "deployment", "model", "models", "version")
    for word in RESERVED["name"]:
        with pytest.raises(UsageError):
            check_name(word)


@given(st.text(max_size=300) | st.text(alphabet="data/models-.@ xé", max_size=300))
def test_the_spelling_offered_is_always_legal(text):
    try:
        check_name(text)
    except UsageError as refusal:
        likely = refusal.hint.split("   ")[0]
        assert check_name(likely) == likely
    else:
        assert is_name(text)


def test_a_name_without_end_is_refused_at_once():
    with pytest.raises(UsageError) as refusal:
        check_name("a/" * 500_000)
    assert refusal.value.hint.startswith("a/a/")


@pytest.mark.parametrize("name", ["Mein Modell", "模型", "a b/c d", "x" * 256, "data", "fraud"])
def test_an_imported_name_keeps_its_spelling(name):
    assert check_imported_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a//b", "/a", "a/", "a@b", "a:b", "a\nb", "a\x7fb", "a\x9fb", "-a", "x" * 257, "a\udc80"]
)
def test_an_imported_name_that_could_be_taken_for_something_else_is_refused(name):
    with pytest.raises(UsageError, match="not a name of a model"):
        check_imported_name(name)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,220}", fullmatch=True))
def test_every_new_name_could_be_imported(text):
    assert is_imported_name(text) or not is_name(text)
