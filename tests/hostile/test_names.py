"""Names of files that go in: what could not be written back the same everywhere is refused, not repaired."""

import os
from pathlib import Path

import pytest
from feeding import Row, feed, rows

pytestmark = pytest.mark.process


def named(*names: str | bytes):
    """Return what makes a directory ``d`` with files of these names."""

    def make(here: Path) -> None:
        for name in names:
            path = os.path.join(os.fsencode(here), b"d", os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))

    return make


def deep(here: Path) -> None:
    """Make a tree so deep that no path can name it, and not so deep that Python cannot remove it."""
    top = os.open(here, os.O_RDONLY)
    os.mkdir("d", dir_fd=top)
    at = os.open("d", os.O_RDONLY, dir_fd=top)
    os.close(top)
    for _ in range(600):
        os.mkdir("abcdef", dir_fd=at)
        below = os.open("abcdef", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)


def refused(name: str | bytes, shown: str, why: str) -> Row:
    return Row("register f d --code none", 2, f"error: '{shown}' cannot be a path in an artifact: {why}", named(name))


UTF8 = "it is not UTF-8"
SEPARATORS = "it has a backslash in it, which separates names on Windows"
CONTROL = "it has a control character in it"
ENDS = "Windows drops the dot or space at the end of a name"
WINDOWS = [
    "CON", "con", "PRN", "AUX", "aux.txt", "NUL", "nul.tar.gz", "COM1", "com9.bin", "LPT1", "lpt0", "COM¹", "CONIN$",
    "conout$", "con .txt", "sub/aux", "nul/model.bin",
]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    rows(
        refused(b"\xff\xfe", "\\udcff\\udcfe", UTF8),
        refused(b"model\xc3", "model\\udcc3", UTF8),
        refused(b"\xed\xa0\x80", "\\udced\\udca0\\udc80", UTF8),
        refused(b"\xc0\xae\xc0\xae", "\\udcc0\\udcae\\udcc0\\udcae", UTF8),  # `..` in too many bytes
        refused("..\\..\\x", "..\\..\\x", SEPARATORS),
        refused("a\\b", "a\\b", SEPARATORS),
        refused("a\nb", "a\\nb", CONTROL),
        refused("a\tb", "a\\tb", CONTROL),
        refused("\x01", "\\x01", CONTROL),
        refused("\x7f", "\\x7f", CONTROL),
        refused("\x1b[2J", "\\x1b[2J", CONTROL),
        refused("\x1b]0;owned\x07", "\\x1b]0;owned\\x07", CONTROL),
        refused("\x9b31m", "\\x9b31m", CONTROL),
        refused("dir\x1b[31m/x", "dir\\x1b[31m", CONTROL),
        refused("a.", "a.", ENDS),
        refused("a ", "a ", ENDS),
        refused("a./b", "a.", ENDS),
        refused("...", "...", ENDS),
        refused(" ", " ", ENDS),
        *(
            refused(name, name.rpartition("/")[0] if name.startswith("nul/") else name,
                    f"'{name.partition('/')[0] if name.startswith('nul/') else name.rpartition('/')[2]}' is reserved on Windows")
            for name in WINDOWS
        ),
        refused("/".join(["n" * 255] * 5), "/".join(["n" * 255] * 5), "it has 1279 bytes, more than 1024"),
        Row("register f d --code none", 2, "error: 'Model' and 'model' are one path where case or Unicode form do not count", named("Model", "model")),
        Row("register f d --code none", 2, "error: 'e\u0301' and '\u00e9' are one path where case or Unicode form do not count", named("e\u0301", "\u00e9")),
        Row("register f d --code none", 2, "error: 'MASSE' and 'ma\u00dfe' are one path where case or Unicode form do not count", named("MASSE", "ma\u00dfe")),
        Row("register f d --code none", 2, "error: 'k' and '\u212a' are one path where case or Unicode form do not count", named("k", "\u212a")),
        Row("register f d --code none", 2, "error: 'A/' and 'a' are one path where case or Unicode form do not count", named("A/x", "a")),
        Row("register f d --code none", 2, "error: 'D/' and 'd/' are one path where case or Unicode form do not count", named("D/x", "d/y")),
    ),
)  # fmt: skip
def test_a_name_is_refused_not_repaired(fed, row):
    feed(fed, row)


def test_a_tree_of_hundreds_of_directories_is_refused_at_the_first_that_cannot_be_named(fed):
    shown = "/".join(["abcdef"] * 147)
    reason = f"error: '{shown}' cannot be a path in an artifact: it has 1028 bytes, more than 1024"
    feed(fed, Row("register f d --code none", 2, reason, deep))


FILENAMES = "register f m.bin --code none --filename"


@pytest.mark.parametrize(
    "row",
    rows(
        Row([*FILENAMES.split(), "../../x"], 2, "error: --filename '../../x' is a path; it takes a name without '/'"),
        Row([*FILENAMES.split(), "/etc/passwd"], 2, "error: --filename '/etc/passwd' is a path; it takes a name without '/'"),
        Row([*FILENAMES.split(), ".."], 2, "error: '..' cannot be a path in an artifact: '..' is not a name"),
        Row([*FILENAMES.split(), "."], 2, "error: '.' cannot be a path in an artifact: '.' is not a name"),
        Row([*FILENAMES.split(), ""], 2, "error: '' cannot be a path in an artifact: '' is not a name"),
        Row([*FILENAMES.split(), "..\\x"], 2, f"error: '..\\x' cannot be a path in an artifact: {SEPARATORS}"),
        Row([*FILENAMES.split(), "\x1b[2J"], 2, f"error: '\\x1b[2J' cannot be a path in an artifact: {CONTROL}"),
        Row([*FILENAMES.split(), b"\xff"], 2, f"error: '\\udcff' cannot be a path in an artifact: {UTF8}"),
        Row([*FILENAMES.split(), "n" * 256], 2, f"error: '{'n' * 256}' cannot be a path in an artifact: one name in it is longer than 255 bytes"),
        Row([*FILENAMES.split(), "aux"], 2, "error: 'aux' cannot be a path in an artifact: 'aux' is reserved on Windows"),
        Row("register f - --filename ../x", 2, "error: --filename '../x' is a path; it takes a name without '/'", stdin=b"x"),
    ),
)  # fmt: skip
def test_a_name_for_one_file_is_refused_too(fed, row):
    feed(fed, row)


@pytest.mark.parametrize(
    "name",
    ["n" * 255, "%2e%2e%2fx", "-rf", "--help", "$(reboot)", "`x`", "a;b", "a'b\"c", "a&b|c", "~", "*", "[x]", ".hidden", "\u202ex", "a\u200bb", "#x", "{x}"],
)  # fmt: skip
def test_a_name_that_only_looks_dangerous_goes_in_and_comes_out_again(fed, name):
    feed(fed, Row("register f d --code none", 0, "f@1", named(name)))
    feed(fed, Row("get f@1 out", 0, "out"))
    assert os.listdir(fed.cwd / "out") == [name]
    feed(fed, Row(["path", f"f@1/{name}", "--json"], 0, feed_path(fed, name)))


def feed_path(fed, name: str) -> str:
    """Return the document that ``path --json`` prints, made of what it prints without."""
    import json

    from feeding import ask

    out, _, code = ask(fed, ["path", "f@1", "--json"])
    assert code == 0
    place = json.loads(out)["path"]
    told = json.dumps(
        {"schema": "modelkeep.path/1", "ref": f"f@1/{name}", "path": f"{place}/{name}"}, ensure_ascii=False, separators=(",", ":")
    )  # fmt: skip
    return told.replace("\u202e", "\\u202e").replace("\u200b", "\\u200b")
