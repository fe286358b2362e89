"""YAML as params and metrics: scalars as they are written, and nothing that grows, runs or is read twice."""

import pytest

from modelkeep.errors import UsageError
from modelkeep.provenance.value_files import from_file

PARAMS = """\
# as DVC has it
prepare:
  split: 0.20
  seed: 20170428
train: &train
  lr: 1e-3
  shuffle: no
  code: 012
  day: 2026-01-01
  layers: [64, 32.0, relu, .5, 012, true, null, ~, "1"]
  none:
  note: |
    two
    lines
tuned:
  <<: *train
  lr: 0.1
"""


@pytest.fixture
def read(tmp_path):
    def read(text, name="params.yaml", what="param"):
        (tmp_path / name).write_text(text)
        return list(from_file(str(tmp_path / name), what))

    return read


def test_scalars_are_kept_as_they_are_written(read):
    found = read(PARAMS)
    trained = [
        ("lr", "1e-3"), ("shuffle", "no"), ("code", "012"), ("day", "2026-01-01"),
        ("layers", '[64, 32.0, "relu", ".5", "012", true, null, "~", "1"]'), ("none", ""), ("note", "two\nlines\n"),
    ]  # fmt: skip
    assert found[:2] == [("prepare.split", "0.20"), ("prepare.seed", "20170428")]
    assert found[2:9] == [(f"train.{key}", value) for key, value in trained]
    assert found[9:] == [(f"tuned.{key}", "0.1" if key == "lr" else value) for key, value in trained]


def test_metrics_come_as_yaml_too(read):
    assert read("auc: 0.90\nfold: [0.9, 0.8]\n", "metrics.yml", "metric") == [
        ("auc", "0.90"),
        ("fold.0", "0.9"),
        ("fold.1", "0.8"),
    ]


@pytest.mark.parametrize("text", ["lr: 1e-3\n", "---\nlr: 1e-3\n", "# x\n\nlr: 1e-3\n", "lr:\n  a: 1\n"])
def test_without_an_ending_the_content_decides(read, text):
    assert read(text, "params")[0][1] in {"1e-3", "1"}


@pytest.mark.parametrize("text", ["a = 'x: y'\n", "[t]\na = 'x: y'\n", '# x: y\na = "x: y"\n'])
def test_toml_is_not_taken_for_yaml(read, text):
    assert read(text, "params")[-1][1] == "x: y"


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join(['*' + chr(97 + level)] * 10)}]\n" for level in range(9)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\na: 1\n", "the key 'a' stands twice (line 2, column 1)"),
        ("a: 1\n---\nb: 2\n", "a second document begins (line 2, column 1)"),
        ("a: !include x\n", "it has the tag !include (line 1, column 4)"),
        ("a: !!python/object/apply:os.system [touch x]\n", "it has the tag tag:yaml.org,2002:python/object/apply:os.system"),
        ("a: *x\n", "*x is no value before it"),
        ("!!python/object:os.system a: 1\n", "it has the tag tag:yaml.org,2002:python/object:os.system"),
        ("a: &a [*a]\n", "*a is no value before it"),
        ("? [a]\n: 1\n", "a key is no plain text"),
        ("a: [1\nb: 2\n", "is not YAML: expected ',' or ']', but got ':' at line 2, column 2"),
        ("a:\n\t- b\n", "is not YAML: found character '\\t' that cannot start any token at line 2, column 1"),
        ('a: "\\U00110000"\n', "is not YAML: chr() arg not in range"),
        ('a: "\\UFFFFFFFF"\n', "is not YAML: Python int too large to convert to C int"),
        ("a: \x01\n", "is not YAML: special characters are not allowed"),
        ("- 1\n", "has no keys at its top"),
        ("", "has no keys at its top"),
        ("[" * 60_000, "nested more than 32 deep"),
        ("- " * 30_000, "nested more than 32 deep"),
        (LAUGHS, "its aliases make it too large"),
        ("a: &a {x: 1}\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} {{p: *{chr(97 + n)}, q: *{chr(97 + n)}}}\n" for n in range(20)), "its aliases make it too large"),
        ("b: &b {" + ",".join(f"k{n}: 1" for n in range(2_000)) + "}\nl:\n" + "- <<: *b\n" * 3_000, "its << merge more than 10,000 keys"),
        ("a: &a [" + "1," * 20_000 + "1]\nb: [" + "*a," * 200 + "]", "its aliases make it too large"),
        ("a: 1\n" * 20_000, "is larger than 64 KiB"),
        ("<<: 3\n", "<< merges what is no mapping"),
    ],
    ids=range(23),
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(read, text, told):
    with pytest.raises(UsageError) as caught:
        read(text)
    assert told in caught.value.message


def test_a_document_that_grows_by_its_aliases_is_refused_at_once(tmp_path):
    from modelkeep.provenance.yaml_values import parse_yaml

    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{other}: &{other} [{', '.join([f'*{one}'] * 9)}]")
    with pytest.raises(UsageError, match="its aliases make it too large"):
        parse_yaml("\n".join(lines), "bomb.yml")
    assert parse_yaml("a: &a [1, 2]\nb: *a", "x.yml")["b"] == ["1", "2"]
