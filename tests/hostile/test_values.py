"""What is typed: options, references, times and files of values, none of which is what it should be."""

import os
from pathlib import Path

import pytest
from feeding import Row, ask, feed, rows

pytestmark = pytest.mark.process

REGISTER = ["register", "f", "m.bin", "--code", "none"]
KEY_RULE = "letters, digits and _ . / - or space, not at the ends, at most 250"
ESC, BAD = "\x1b]0;owned\x07", b"\xff"
UTF8 = "not valid UTF-8"


def option(name: str, value: str | bytes, exit_code: int, reason: str) -> Row:
    return Row([*REGISTER, name, value], exit_code, f"error: {reason}")


@pytest.mark.parametrize(
    "row",
    rows(
        Row(["register", ESC, "m.bin"], 2, "error: not a reference to a model or version: '\\x1b]0;owned\\x07'"),
        Row(["register", b"\xff", "m.bin"], 2, "error: not a reference to a model or version: '\\udcff'"),
        Row(["register", "../../etc/passwd", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: '../../etc/passwd'"),
        Row(["register", "/etc/passwd", "m.bin", "--code", "none"], 2, "error: not a reference to a model or version: '/etc/passwd'"),
        Row(["register", "..", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: '..'"),
        Row(["register", "a\\..\\b", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: 'a\\..\\b'"),
        Row(["register", "a/../b", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: 'a/../b'"),
        Row(["register", "%2e%2e%2fb", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: '%2e%2e%2fb'"),
        Row(["register", "a;b", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: 'a;b'"),
        Row(["register", "$(reboot)", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: '$(reboot)'"),
        Row(["register", "fra\u200bud", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: 'fra\\u200bud'"),
        Row(["register", "\u202eduarf", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: '\\u202eduarf'"),
        Row(["register", "fr\u0430ud", "m.bin", "--code", "none"], 2, "error: not a legal name for a model: 'fr\u0430ud'"),
        Row(["register", "model", "m.bin", "--code", "none"], 2, "error: a model's name cannot begin with the reserved word 'model': 'model'"),
        Row(["register", "n" * 201, "m.bin", "--code", "none"], 2, f"error: not a legal name for a model: '{'n' * 201}'"),
        option("--label", "1.0\x1b[31m", 2, "not a legal label: '1.0\\x1b[31m'"),
        option("--label", "1.0/../2", 2, "not a legal label: '1.0/../2'"),
        option("--label", b"1.0\xff", 2, "not a legal label: '1.0\\udcff'"),
        option("--label", "1." + "0" * 64, 2, f"not a legal label: '1.{'0' * 64}'"),
        option("--label", "1.\u0662", 2, "not a legal label: '1.\u0662'"),
        option("--alias", ESC, 2, "not a legal name for an alias: '\\x1b]0;owned\\x07'"),
        option("--alias", "\u202ex", 2, "not a legal name for an alias: '\\u202ex'"),
        option("--alias", "a" * 33, 2, f"not a legal name for an alias: '{'a' * 33}'"),
        option("--alias", "production", 2, "'production' is a stage here, and an alias may not have a stage's name"),
        option("--stage", "\x1b[2J", 3, "there is no stage '\\x1b[2J'"),
        option("--stage", "../production", 3, "there is no stage '../production'"),
        option("--tag", "k\x1b=v", 2, "not a legal tag key: 'k\\x1b'"),
        option("--tag", "=v", 2, "not a legal tag key: ''"),
        option("--tag", "k", 2, "tag 'k' has no value"),
        option("--tag", b"k=\xff", 2, f"tag k is {UTF8}: \\udcff"),
        option("--tag", "\u200b=v", 2, "not a legal tag key: '\\u200b'"),
        option("--tag", "k" * 251 + "=v", 2, f"not a legal tag key: '{'k' * 251}'"),
        option("-p", "\x9b31m=1", 2, "not a legal param key: '\\x9b31m'"),
        option("-p", b"k=\xed\xa0\x80", 2, f"param k is {UTF8}: \\udced\\udca0\\udc80"),
        option("-M", "auc\n=1", 2, "not a legal metric key: 'auc\\n'"),
        option("-M", "\u2066auc=1", 2, "not a legal metric key: '\\u2066auc'"),
        option("--author", b"\xff", 2, f"author is {UTF8}: \\udcff"),
        option("--description", b"\xff", 2, f"description is {UTF8}: \\udcff"),
        option("-m", b"\xff", 2, f"reason is {UTF8}: \\udcff"),
        option("--run", "\x1b[31mrun", 2, "not a run: '\\x1b[31mrun'"),
        option("--run", "r" * 100_000, 2, f"not a run: '{'r' * 250}'"),
        option("--code", "\x1b[31m", 3, "there is no git work tree here in which '\\x1b[31m' could be looked up"),
        option("--code", "--upload-pack=touch x", 3, "there is no git work tree here in which '--upload-pack=touch x' could be looked up"),
        option("--code", b"\xff", 2, f"--code is {UTF8}: \\udcff"),
        option("--data", "x\x1b@1", 3, "there is no file or directory 'x\\x1b@1', and it is no URI and no NAME@VERSION"),
        option("--data", b"\xff@1", 2, f"--data is {UTF8}: \\udcff@1"),
        option("--data", "", 2, "--data names no data: ''"),
        option("--data", "s3://b/" + "x" * 3_000, 2, f"not a URI that can be kept: 's3://b/{'x' * 53}...'"),
        option("--parent", "\x1b[31m", 2, "not a reference to a model or version: '\\x1b[31m'"),
        option("--parent", "fraud@99", 3, "fraud has no version 99"),
        option("--trained-at", "0000-01-01", 2, "there is no such time: '0000-01-01' (year 0 is out of range)"),
        option("--trained-at", "99999-01-01", 2, "not a time: '99999-01-01'"),
        option("--trained-at", "2016-12-31T23:59:60Z", 2, "there is no such time: '2016-12-31T23:59:60Z' (second must be in 0..59)"),
        option("--trained-at", "2026-02-30", 2, "there is no such time: '2026-02-30' (day is out of range for month)"),
        option("--trained-at", "9999-12-31T23:59:59-23:59", 2, "there is no such time: '9999-12-31T23:59:59-23:59' (date value out of range)"),
        option("--trained-at", "0001-01-01T00:00:00+23:59", 2, "there is no such time: '0001-01-01T00:00:00+23:59' (date value out of range)"),
        option("--trained-at", "\u0662026-01-01", 2, "not a time: '\u0662026-01-01'"),
        option("--if-exists", ESC, 2, "--if-exists cannot be '\\x1b]0;owned\\x07'"),
        option("--bump", ESC, 2, "--bump cannot be '\\x1b]0;owned\\x07'"),
        option(f"--{ESC}", "x", 2, "modelkeep register has no option '--\\x1b]0;owned\\x07'"),
        Row([ESC], 2, "error: there is no command '\\x1b]0;owned\\x07'"),
        Row([b"\xff"], 2, "error: there is no command '\\udcff'"),
        Row(["tag", "fraud", ESC], 2, "error: tag '\\x1b]0;owned\\x07' has no value"),
        Row(["alias", "fraud@1", ESC], 2, "error: not a legal name for an alias: '\\x1b]0;owned\\x07'"),
        Row(["rename", "fraud", "../x"], 2, "error: not a legal name for a model: '../x'"),
        Row(["describe", "fraud", "-"], 2, "error: standard input is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", stdin=b"\xff"),
        Row(["describe", "fraud", "-"], 2, "error: standard input is longer than 1 MiB", stdin=b"y\n" * 30_000_000),
        Row(["note", "fraud", "-"], 2, "error: note has a NUL character in it: a\\x00b", stdin=b"a\0b"),
    ),
)  # fmt: skip
def test_a_value_is_refused(fed, row):
    feed(fed, row)


REF = "not a reference to a model or version"


@pytest.mark.parametrize(
    "row",
    rows(
        *(Row(["show", ref], 2, f"error: {REF}: '{shown}'") for ref, shown in (
            ("@", "@"), ("@@", "@@"), ("fraud@", "fraud@"), ("fraud@@1", "fraud@@1"), ("@1", "@1"), ("fraud@1@2", "fraud@1@2"),
            ("fraud@0", "fraud@0"), ("fraud@-1", "fraud@-1"), ("fraud@1e9", "fraud@1e9"), ("fraud@\u0661", "fraud@\u0661"),
            ("fraud@99999999999999999999", "fraud@99999999999999999999"), ("fraud@../../x", "fraud@../../x"),
            ("fraud@sha256:", "fraud@sha256:"), ("fraud@sha256:zz", "fraud@sha256:zz"),
            ("fraud@\x1b[2J", "fraud@\\x1b[2J"), ("fra\x9bud@1", "fra\\x9bud@1"), ("fraud\n@1", "fraud\\n@1"), (b"\xff", "\\udcff"),
            ("fraud:1", "fraud:1"), ("fraud@1/../../x", "fraud@1/../../x"), ("/fraud@1", "/fraud@1"), ("fraud/@1", "fraud/@1"),
            ("a" * 257, "a" * 257), ("", ""), ("fraud@ 1", "fraud@ 1"),
        )),
        Row(["show", "sha256:../../x"], 2, "error: not a digest: 'sha256:../../x'"),
        Row(["show", "sha256:" + "0" * 64], 3, f"error: there is no version with the digest sha256:{'0' * 64}"),
        Row(["show", "models:/"], 2, "error: not a model's URI: 'models:/'"),
        Row(["show", "models:/fraud/../1"], 3, "error: there is no model fraud/.."),
        Row(["show", "models:/../../etc/passwd"], 3, "error: there is no model ../../etc"),
        Row(["show", "models:/fraud@\x1b"], 2, "error: not a version: '\\x1b'"),
        Row(["path", "fraud@2/../../x"], 3, "error: the artifact has no file '../../x'"),
        Row(["path", "fraud@2//etc/passwd"], 3, "error: the artifact has no file '/etc/passwd'"),
        Row(["path", "fraud@2/sub/../../../x"], 3, "error: the artifact has no file 'sub/../../../x'"),
        Row(["path", "fraud@2/%2e%2e/x"], 3, "error: the artifact has no file '%2e%2e/x'"),
        Row(["path", "fraud@2/.."], 3, "error: the artifact has no file '..'"),
        Row(["path", "fraud@2/."], 3, "error: the artifact has no file '.'"),
        Row(["path", "fraud@2/\x1b[2J"], 3, "error: the artifact has no file '\\x1b[2J'"),
        Row(["list", "--as-of", "seq:99999999999999999999"], 2, "error: not a time: 'seq:99999999999999999999'"),
        Row(["list", "--as-of", "seq:0"], 2, "error: there is no entry 0: the log begins with seq:1"),
        Row(["list", "--as-of", "seq:-1"], 2, "error: not a time: 'seq:-1'"),
        Row(["list", "--as-of", "9" * 5000 + "d"], 2, f"error: not a time: '{'9' * 287} [... 5,015 characters ...] {'9' * 98}d'"),
        Row(["list", "--as-of", "0d\x1b"], 2, "error: not a time: '0d\\x1b'"),
        Row(["list", "--as-of", "1970-01-01"], 3, "error: there was no registry yet at 1970-01-01T23:59:59.999999Z"),
        Row(["list", "--limit", "\u0661"], 2, "error: --limit cannot be '\u0661'"),
        Row(["list", "--limit", "9" * 5000], 2, f"error: --limit cannot be '{'9' * 281} [... 5,020 characters ...] {'9' * 99}'"),
        Row(["list", "--sort", ESC], 2, "error: versions cannot be sorted by '\\x1b]0;owned\\x07'"),
        Row(["list", "--columns", ESC], 2, "error: there is no column '\\x1b]0;owned\\x07'"),
        Row(["promote", "fraud@1", "staging", "--lock-wait", "1e9"], 2, "error: --lock-wait: not a time to wait: '1e9'"),
        Row(["promote", "fraud@1", "staging", "--lock-wait", "NaN"], 2, "error: --lock-wait: not a time to wait: 'NaN'"),
        Row(["promote", "fraud@1", "staging", "--expect", ESC], 2, "error: not a version: '\\x1b]0;owned\\x07'"),
        Row(["get", "fraud@1", ""], 2, "error: an empty destination"),
        Row(["get", "fraud@1", "/proc/nothing/x"], 3, "error: there is no directory '/proc/nothing' to write into"),
        Row(["list", "--registry", ""], 2, "error: --registry is empty"),
        Row(["list", "--registry", ESC], 7, "error: there is no registry at HERE/\\x1b]0;owned\\x07"),
        Row(["list", "--registry", "file:///etc/passwd"], 2, "error: --registry takes a path of this machine, not 'file:///etc/passwd'"),
        Row(["list", "--registry", "ssh://host/x"], 2, "error: --registry takes a path of this machine, not 'ssh://host/x'"),
        Row(["list", "--registry", "/dev/zero"], 7, "error: there is no registry at /dev/zero"),
        Row(["list", "--registry", "m.bin"], 7, "error: there is no registry at HERE/m.bin"),
        Row(["list", "--registry", b"\xff"], 7, "error: there is no registry at HERE/\\udcff"),
        Row(["list", "--registry", ".modelkeep?mode=memory"], 7, "error: there is no registry at HERE/.modelkeep?mode=memory"),
        Row(["list"], 7, "error: there is no registry at HERE/\\x1b[2J", env={"MODELKEEP_REGISTRY": "\x1b[2J"}),
        Row(["tag", "fraud", "a=b"], 2, "error: MODELKEEP_LOCK_WAIT: not a time to wait: '\\x1b[2J'", env={"MODELKEEP_LOCK_WAIT": "\x1b[2J"}),
    ),
)  # fmt: skip
def test_a_reference_a_time_or_a_place_is_refused(fed, row):
    feed(fed, row)


def write(name: str, data: bytes | str):
    def make(here: Path) -> None:
        (here / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    return make


def sparse(here: Path) -> None:
    with (here / "x.json").open("wb") as file:
        file.truncate(1 << 30)


def params(name: str, data: bytes | str, reason: str) -> Row:
    return Row([*REGISTER, "--params", name], 2, f"error: {reason}", write(name, data))


DEEP = "maximum recursion depth exceeded"
LARGE, LARGE_TOML = "is larger than 2 MiB", "is larger than 128 KiB"


@pytest.mark.parametrize(
    "row",
    rows(
        params("x.json", '{"a":' * 100_000 + "1" + "}" * 100_000, f"x.json is not JSON: {DEEP} while decoding a JSON object from a unicode string"),
        params("x.json", '{"a":' + "[" * 100_000, f"x.json is not JSON: {DEEP} while decoding a JSON array from a unicode string"),
        params("x.json", '{"a":' * 40 + "1" + "}" * 40, "param 'a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a...' is nested more than 32 deep"),
        params("x.json", '{"a":1,"a":2}', "the key 'a' stands twice with different values"),
        params("x.json", '{"a":{"b":1},"a.b":2}', "param 'a.b' was given twice: '1' and '2'"),
        params("x.json", '{"a\\u001b":1,"a\\u001b":2}', "the key 'a\\x1b' stands twice with different values"),
        params("x.json", b"\xff\xfe{\x00}\x00", "x.json is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        params("x.json", b'{"a":"\xff"}', "x.json is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 6: invalid start byte"),
        params("x.json", '{"a":"\\ud800"}', f"param a is {UTF8}: \\ud800"),
        params("x.json", '{"a":"x\\u0000y"}', "param a has a NUL character in it: x\\x00y"),
        params("x.json", '{"\\u001b[31m":1}', "not a legal param key: '\\x1b[31m'"),
        params("x.json", '{"\\u202ea":1}', "not a legal param key: '\\u202ea'"),
        params("x.json", "[1,2]", "x.json has no keys at its top: an object of JSON, TOML or YAML is needed"),
        params("x.json", "", "x.json is not JSON: Expecting value: line 1 column 1 (char 0)"),
        params("x.json", "{" + ",".join(f'"k{n}":1' for n in range(20_000)) + "}", "more than 10,000 params"),
        params("x.json", '{"a":[' + "{}," * 400_000 + "{}]}", "more than 10,000 params"),
        params("x.json", '{"a":"' + "x" * (2 << 20) + '"}', f"'x.json' {LARGE}"),
        params("x.toml", "a=" + "[" * 100_000, f"x.toml is not TOML: {DEEP}"),
        params("x.toml", "a=" + "{a=" * 40_000, f"x.toml is not TOML: {DEEP}"),
        params("x.toml", ".".join("a" * 60_000) + "=1", "x.toml has a key that is nested more than 32 deep"),
        params("x.toml", "[" + ".".join("a" * 60_000) + "]", "x.toml has a key that is nested more than 32 deep"),
        params("x.toml", '"a".' * 30_000 + "a=1", "x.toml has a key that is nested more than 32 deep"),
        params("x.toml", "x={" + ".".join("a" * 60_000) + "=1}", "x.toml has a key that is nested more than 32 deep"),
        params("x.toml", 'a="' + "lol" * 100_000 + '"', f"'x.toml' {LARGE_TOML}"),
        params("x.toml", "a=1\na=2", "x.toml is not TOML: Cannot overwrite a value (at end of document)"),
        params("x.toml", b"a='\xff'", "x.toml is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 3: invalid start byte"),
        params("x.toml", "a=1" + "0" * 5_000, "x.toml is not TOML: Exceeds the limit (4300 digits) for integer string conversion: value has 5001 digits; use sys.set_int_max_str_digits() to increase the limit"),
        params("x", "!!python/object/apply:os.system [reboot]", "x is neither JSON, TOML nor YAML: Invalid statement (at line 1, column 1)"),
        Row([*REGISTER, "--params", "x.json"], 2, f"error: 'x.json' {LARGE}", sparse),
        Row([*REGISTER, "--params", "x.json"], 2, "error: no program writes into the pipe 'x.json'", lambda here: os.mkfifo(here / "x.json")),
        Row([*REGISTER, "--params", "/dev/zero"], 2, f"error: '/dev/zero' {LARGE}"),
        Row([*REGISTER, "--params", "/dev/urandom"], 2, f"error: '/dev/urandom' {LARGE}"),
        Row([*REGISTER, "--params", "tree"], 2, "error: cannot read 'tree': Is a directory"),
        Row([*REGISTER, "--params", "x.json"], 2, "error: cannot read 'x.json': Too many levels of symbolic links", lambda here: (here / "x.json").symlink_to("x.json")),
        Row([*REGISTER, "--params", ESC], 3, "error: there is no file '\\x1b]0;owned\\x07'"),
        Row([*REGISTER, "--params", b"\xff"], 3, "error: there is no file '\\udcff'"),
        Row([*REGISTER, "--params", "-"], 2, "error: '-' is larger than 2 MiB", stdin=b"[1,2]" * 1_000_000),
        Row([*REGISTER, "--metrics", "x.json"], 2, "error: more than 10,000 metrics", write("x.json", '{"a":[' + "1," * 900_000 + "1]}")),
    ),
)  # fmt: skip
def test_a_file_of_values_is_refused(fed, row):
    feed(fed, row)


@pytest.mark.parametrize(
    "data",
    ['{"a":NaN,"b":-Infinity}', '{"a":' + "9" * 100_000 + "}", '{"a":1e999999999}', '{"a":"\\u001b]0;x\\u0007\\u202e"}', '\ufeff{"a":1}',
     '{"a":[' + "1," * 900_000 + "1]}", '{"a":"' + "x" * 2_000_000 + '"}'],
    ids=["nan", "digits", "exponent", "escapes", "bom", "long list", "long text"],
)  # fmt: skip
def test_a_value_that_is_only_odd_is_kept_as_it_is(fed, data):
    (fed.cwd / "x.json").write_text(data, encoding="utf-8")
    out, _, code = ask(fed, [*REGISTER, "--params", "x.json"])
    assert (out, code) == ("f@1\n", 0)
    assert ask(fed, ["show", "f@1"])[2] == 0
    assert ask(fed, ["show", "f@1", "--json"])[2] == 0
    assert ask(fed, ["verify", "--log"])[2] == 0


def test_what_is_large_but_allowed_is_kept(fed):
    message = "m" * 130_000  # what Linux lets one argument be
    tags = [f"t{number}=v" for number in range(2_000)]
    assert ask(fed, ["tag", "fraud", *tags, "-m", message])[2] == 0
    for words in (["audit"], ["audit", "--json"], ["show", "fraud"], ["history"], ["verify"]):
        _out, _, code = ask(fed, words)
        assert code == 0, words
