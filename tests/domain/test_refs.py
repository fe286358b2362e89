"""References: what is understood, what is refused, and that what was understood reads back the same."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from modelkeep.domain.names import is_imported_name
from modelkeep.domain.nodes import CodeNode, DataNode, DeploymentNode, EnvironmentNode, RunNode, parse_node
from modelkeep.domain.refs import (
    Digest,
    Label,
    Number,
    Ref,
    Word,
    parse_ref,
    parse_selector,
    split_file_ref,
)
from modelkeep.errors import UsageError

HEX64 = "0c41656658de73aad7d3b9880f023939c158883ed1029d813127ef54814d5361"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fraud", Ref("fraud", None)),
        ("risk/Credit-Score", Ref("risk/Credit-Score", None)),
        ("Mein Modell", Ref("Mein Modell", None)),
        ("fraud@3", Ref("fraud", Number(3))),
        ("fraud@1", Ref("fraud", Number(1))),
        ("fraud@v3", Ref("fraud", Number(3))),
        ("fraud@V3", Ref("fraud", Number(3))),
        ("fraud@999999999", Ref("fraud", Number(999999999))),
        ("fraud@1.2", Ref("fraud", Label("1.2"))),
        ("fraud@v1.2", Ref("fraud", Label("v1.2"))),
        ("fraud@2.0.0-rc1", Ref("fraud", Label("2.0.0-rc1"))),
        ("fraud@2026-01-05", Ref("fraud", Label("2026-01-05"))),
        ("fraud@v1-2", Ref("fraud", Label("v1-2"))),
        ("fraud@latest", Ref("fraud", Word("latest"))),
        ("fraud@LATEST", Ref("fraud", Word("latest"))),
        ("fraud@production", Ref("fraud", Word("production"))),
        ("fraud@Prod", Ref("fraud", Word("prod"))),
        ("fraud@champion", Ref("fraud", Word("champion"))),
        ("fraud@development", Ref("fraud", Word("development"))),
        ("fraud@DEV", Ref("fraud", Word("dev"))),
        ("fraud@sha256:0C416566", Ref("fraud", Digest("0c416566"))),
        ("sha256:0c416566", Ref(None, Digest("0c416566"))),
        (f"sha256:{HEX64}", Ref(None, Digest(HEX64))),
        (HEX64, Ref(None, Digest(HEX64))),
        (HEX64.upper(), Ref(None, Digest(HEX64))),
        ("models:/fraud/3", Ref("fraud", Number(3))),
        ("models:/fraud/Production", Ref("fraud", Word("production"))),
        ("models:/fraud/latest", Ref("fraud", Word("latest"))),
        ("models:/fraud/None", Ref("fraud", Word("development"))),
        ("models:/risk/fraud/1.2", Ref("risk/fraud", Label("1.2"))),
        ("models:/risk/fraud@champion", Ref("risk/fraud", Word("champion"))),
    ],
)
def test_a_reference_is_read_as_the_manual_says(typed, meant):
    assert parse_ref(typed) == meant


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", "NAME@VERSION, as fraud@3, fraud@1.2, fraud@production or fraud@latest"),
        ("@3", "NAME@3"),
        ("fraud@", "fraud@production"),
        ("fraud:3", "fraud@3"),
        ("fraud:v1.2", "fraud@v1.2"),
        ("a//b", "a/b"),
        ("fraud/@3", "fraud@3"),
        ("fraud@0", "fraud@1"),
        ("fraud@007", "fraud@7"),
        ("fraud@1234567890", "fraud@123456789"),
        ("fraud@3/model.onnx", "fraud@3"),
        ("fraud@My Champion", "fraud@my-champion"),
        ("fraud@1.2.", "fraud@1.2"),
        ("fraud@best_model", "fraud@best-model"),
        ("fraud@deadbeef", "fraud@sha256:deadbeef"),
        ("fraud@sha256:12", "sha256: and 8 to 64 hex digits, as sha256:0c416566"),
        ("fraud@" + "x" * 40, "fraud@" + "x" * 32),
        ("fraud@é", "a number, a label, a stage, an alias, latest or sha256:HEX"),
        ("fraud@DEADBEEF-", "fraud@sha256:deadbeef"),
        ("sha256:12", "sha256: and 8 to 64 hex digits, as sha256:0c416566"),
        (f"sha256:{HEX64}0", "sha256: and 8 to 64 hex digits, as sha256:0c416566"),
        ("data:transactions@2026-02", "modelkeep lineage data:transactions@2026-02"),
        ("models:/fraud", "fraud@production"),
        ("models:/", "models:/NAME/VERSION, or NAME@VERSION"),
        ("models:/fraud/0", "1"),
        ("x" * 257, "NAME@VERSION, as fraud@3, fraud@1.2, fraud@production or fraud@latest"),
        ("x" * 257 + "@3", "NAME@VERSION, as fraud@3, fraud@1.2, fraud@production or fraud@latest"),
    ],
)
def test_a_malformed_reference_is_refused_with_what_was_likely_meant(typed, hint):
    with pytest.raises(UsageError) as refusal:
        parse_ref(typed)
    assert refusal.value.hint == hint


def test_the_message_has_the_value_with_its_control_characters_escaped():
    with pytest.raises(UsageError) as refusal:
        parse_ref("fraud\x1b[31m@3")
    assert refusal.value.message == "not a reference to a model or version: 'fraud\\x1b[31m@3'"


@pytest.mark.parametrize(
    ("typed", "reference", "inside"),
    [
        ("fraud@3/model.onnx", Ref("fraud", Number(3)), "model.onnx"),
        ("risk/fraud@prod/a/b@c.txt", Ref("risk/fraud", Word("prod")), "a/b@c.txt"),
        ("risk/fraud", Ref("risk/fraud", None), None),
        ("fraud@3", Ref("fraud", Number(3)), None),
        ("fraud@3/", Ref("fraud", Number(3)), None),
        ("sha256:0c416566/vocab.txt", Ref(None, Digest("0c416566")), "vocab.txt"),
        (f"{HEX64}/x@y/z", Ref(None, Digest(HEX64)), "x@y/z"),
        ("models:/risk/fraud/3", Ref("risk/fraud", Number(3)), None),
        ("fraud@sha256:0c416566/a:b", Ref("fraud", Digest("0c416566")), "a:b"),
    ],
)
def test_the_file_begins_at_the_first_slash_after_selector_or_digest(typed, reference, inside):
    text, path = split_file_ref(typed)
    assert (parse_ref(text), path) == (reference, inside)


@pytest.mark.parametrize(
    ("typed", "node"),
    [
        ("data:transactions", DataNode("transactions", None)),
        ("data:transactions@2026-02", DataNode("transactions", "2026-02")),
        ("data:s3://bucket/a@b/c.csv@v7", DataNode("s3://bucket/a@b/c.csv", "v7")),
        ("data:train.csv@sha256:0c41656658de", DataNode("train.csv", "sha256:0c41656658de")),
        ("code:9F2C4E1", CodeNode("9f2c4e1")),
        ("run:3f9a", RunNode("3f9a")),
        ("environment:SHA256:9B71C268", EnvironmentNode("9b71c268")),
        ("deployment:eu-west", DeploymentNode("eu-west")),
        ("fraud@3", Ref("fraud", Number(3))),
        ("sha256:0c416566", Ref(None, Digest("0c416566"))),
        ("models:/fraud/3", Ref("fraud", Number(3))),
        ("data", Ref("data", None)),
    ],
)
def test_a_node_of_lineage_is_read_and_written_the_same(typed, node):
    assert parse_node(typed) == node
    assert parse_node(str(node)) == node


@pytest.mark.parametrize(
    "typed",
    [
        "data:",
        "data:@3",
        "data:x@",
        "code:",
        "code:xyz1",
        "code:9f2",
        "run:",
        "environment:",
        "environment:main",
        "deployment:",
        "run:\udc80",
        "dataset:x",
    ],
)
def test_half_a_node_is_refused(typed):
    with pytest.raises(UsageError):
        parse_node(typed)


def test_a_refused_node_says_how_it_is_written():
    with pytest.raises(UsageError) as refusal:
        parse_node("code:main")
    assert refusal.value.message == "not a node of lineage: 'code:main'"
    assert refusal.value.hint == "write code:COMMIT with at least 4 hex digits, as code:9f2c4e1"


def test_a_selector_alone_says_what_it_may_be():
    assert parse_selector("4") == Number(4)
    with pytest.raises(UsageError) as refusal:
        parse_selector("Über")
    assert refusal.value.message == "not a version: 'Über'"
    assert refusal.value.hint == "ber"
    with pytest.raises(UsageError, match="not a version: ''"):
        parse_selector("")


VALUES = [Ref("fraud", Number(3)), Number(3), Label("1.0"), Word("latest"), Word("prod"), Digest("0c416566")]
NODES = [DataNode("x", None), CodeNode("9f2c"), RunNode("1"), DeploymentNode("eu")]


@pytest.mark.parametrize("value", [*VALUES, *NODES])
def test_what_was_parsed_can_be_a_key_because_nothing_changes_it(value):
    assert len({value, value}) == 1
    for name in value.__slots__:
        with pytest.raises(AttributeError):
            setattr(value, name, "other")


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}(/[A-Za-z0-9][A-Za-z0-9._-]{0,20}){0,2}", fullmatch=True)
IMPORTED = st.text(max_size=250).filter(is_imported_name)
SELECTORS = st.one_of(
    st.builds(Number, st.integers(1, 999_999_999)),
    st.builds(
        Label, st.from_regex(r"[vV]?[0-9][0-9A-Za-z.+-]{0,20}[.-][0-9A-Za-z.+-]{0,20}[0-9A-Za-z]", fullmatch=True)
    ),
    st.just(Word("latest")),
    st.builds(Word, st.sampled_from(["production", "prod", "development", "champion", "a", "x-1", "deadbee"])),
    st.builds(Digest, st.from_regex(r"[0-9a-f]{8,64}", fullmatch=True)),
)
REFS = st.one_of(
    st.builds(Ref, NAMES | IMPORTED, st.none() | SELECTORS),
    st.builds(Ref, st.none(), st.builds(Digest, st.from_regex(r"[0-9a-f]{8,64}", fullmatch=True))),
)


@given(REFS)
def test_what_is_written_reads_back_the_same(reference):
    assume(len(str(reference)) != 64 or reference.selector)
    assert parse_ref(str(reference)) == reference
    assert parse_node(str(reference)) == reference


@given(REFS.filter(lambda reference: reference.selector), st.from_regex(r"[a-z@./]{1,20}", fullmatch=True))
def test_a_reference_and_a_file_are_told_apart(reference, inside):
    assert split_file_ref(f"{reference}/{inside}") == (str(reference), inside)


@given(st.text(alphabet="fraudFRAUD@:/sha256mode.-0139_ \t\x1bé=#", max_size=80) | st.text(max_size=80))
def test_anything_is_a_reference_that_reads_back_or_a_usage_error_with_a_hint(text):
    refused = None
    try:
        reference = parse_ref(text)
    except UsageError as refusal:
        refused = refusal
    if refused is None:
        assert parse_ref(str(reference)) == reference
    else:
        assert refused.hint
        assert "\x1b" not in refused.message + refused.hint


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_hint_that_is_a_reference_is_legal(name, selector):
    try:
        parse_ref(f"{name}@{selector}")
    except UsageError as refusal:
        if refusal.hint and "@" in refusal.hint and " " not in refusal.hint:
            parse_ref(refusal.hint)


def test_a_reference_is_equal_to_no_text():
    assert not parse_ref("fraud@3") == "fraud@3"  # noqa: SIM201  each operator asks a method of its own
