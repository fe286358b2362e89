"""Files that name packages: of each kind the names and exact versions, and nothing else."""

import json
import os
import re
from pathlib import Path

import pytest

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import Environment
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.lock_files import from_file

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
REQUIREMENTS = f"""\
--index-url https://user:{TOKEN}@pypi.acme.example/simple
-r more.txt
numpy==2.4.6 \\
    --hash=sha256:{"0" * 64} \\
    --hash=sha256:{"1" * 64}
Scikit_Learn[extra] == 1.7.2  # pinned for the audit
pywin32==306 ; sys_platform == "win32"
uvloop===0.21.0; sys_platform != "win32"
private @ https://user:{TOKEN}@host.example/private-1.0.whl
pandas>=2.0
scipy==1.*
torch==2.1.0+cu118
odd=={TOKEN}
-e git+https://{TOKEN}@github.com/acme/x.git#egg=x
"""
PYLOCK = f"""\
lock-version = "1.0"
requires-python = ">=3.11"
[[packages]]
name = "numpy"
version = "2.4.6"
index = "https://user:{TOKEN}@pypi.acme.example/simple"
[[packages]]
name = "pywin32"
version = "306"
marker = "sys_platform == 'win32'"
[[packages]]
name = "local"
directory = {{ path = "../{TOKEN}" }}
"""
UV_LOCK = f"""\
version = 1
[[package]]
name = "numpy"
version = "2.4.6"
source = {{ registry = "https://user:{TOKEN}@pypi.acme.example/simple" }}
"""
POETRY_LOCK = f"""\
[[package]]
name = "numpy"
version = "2.4.6"
optional = false
[package.source]
url = "https://{TOKEN}@pypi.acme.example/simple"
"""
PIPFILE_LOCK = json.dumps({
    "_meta": {"requires": {"python_full_version": "3.11.7"}, "sources": [{"url": f"https://u:{TOKEN}@x.example/simple"}]},
    "default": {"numpy": {"version": "==2.4.6", "index": "pypi"}, "local": {"path": "."}, "odd": 3},
    "develop": {"pytest": {"version": "==9.0"}},
})  # fmt: skip
ENVIRONMENT_YML = f"""\
name: train
channels: [https://conda.acme.example/t/{TOKEN}/main]
dependencies:
  - python=3.11.7=h955ad1f_0
  - conda-forge::numpy=2.4.6
  - scipy>=1.0
  - pip:
    - scikit-learn==1.7.2
    - --extra-index-url https://{TOKEN}@x.example
prefix: /home/ana/{TOKEN}
"""
CONDA_EXPORT = "# platform: linux-64\nnumpy=2.4.6=py311_0\npython=3.11.7=h955ad1f_0\nopenssl=3.3.1=h1_0\n"
CONDA_EXPLICIT = f"""\
@EXPLICIT
https://conda.acme.example/t/{TOKEN}/linux-64/numpy-2.4.6-py311_0.conda#{"0" * 32}
https://conda.anaconda.org/conda-forge/noarch/python-dateutil-2.9.0-pyhd_0.tar.bz2
"""


@pytest.mark.parametrize(
    ("name", "text", "packages", "python", "note"),
    [
        (
            "requirements.txt", REQUIREMENTS,
            {"numpy": "2.4.6", "scikit-learn": "1.7.2", "torch": "2.1.0+cu118", "uvloop": "0.21.0"}, None,
            "4 of 9 packages have no exact version",
        ),
        ("pylock.toml", PYLOCK, {"numpy": "2.4.6"}, None, "1 of 3 packages have no exact version"),
        ("uv.lock", UV_LOCK, {"numpy": "2.4.6"}, None, None),
        ("poetry.lock", POETRY_LOCK, {"numpy": "2.4.6"}, None, None),
        ("Pipfile.lock", PIPFILE_LOCK, {"numpy": "2.4.6"}, "3.11.7", "2 of 4 packages have no exact version"),
        (
            "environment.yml", ENVIRONMENT_YML, {"numpy": "2.4.6", "scikit-learn": "1.7.2"}, "3.11.7",
            "1 of 4 packages have no exact version",
        ),
        ("packages.txt", CONDA_EXPORT, {"numpy": "2.4.6", "openssl": "3.3.1"}, "3.11.7", None),
        ("explicit.txt", CONDA_EXPLICIT, {"numpy": "2.4.6", "python-dateutil": "2.9.0"}, None, None),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
def test_a_file_gives_names_and_exact_versions(tmp_path, name, text, packages, python, note):
    path = tmp_path / name
    path.write_text(text)
    found = from_file(str(path), None, None)
    assert dict(found.environment.packages) == packages
    assert (found.environment.python, found.environment.system, found.note) == (python, None, note)
    assert (found.environment.lock.name, found.environment.lock.digest) == (name, digest_of(text.encode()))
    assert TOKEN.encode() not in found.document()


def test_a_lock_that_uv_made_is_read_whole():
    lock = Path(__file__).resolve().parent.parent.parent / ".ci" / "lock-test.txt"
    pinned = set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", lock.read_text(), re.MULTILINE))
    found = from_file(str(lock), None, None)
    assert found.note is None
    assert len(pinned) > 40
    assert {"numpy", "pytest", "msgspec"} <= dict(found.environment.packages).keys() <= pinned


def test_a_script_adds_its_own_python_and_machine(tmp_path):
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    process = Environment(python="3.12.4", system="Linux", packages=(("other", "1"),), accelerators=("A100",))
    found = from_file(str(tmp_path / "requirements.txt"), None, process).environment
    assert (found.python, found.system, found.accelerators) == ("3.12.4", "Linux", ("A100",))
    assert found.packages == (("numpy", "2.4.6"),)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("requirements.txt", "numpy>=2\n", "'requirements.txt' names no package with an exact version"),
        ("empty.txt", "", "'empty.txt' names no package with an exact version"),
        ("uv.lock", "version = 1\n", "uv.lock is no file of packages that modelkeep knows"),
        ("uv.lock", "[[package]]\nversion = '1'\n", "uv.lock is no file of packages that modelkeep knows"),
        ("uv.lock", "package = 3\n", "uv.lock is no file of packages that modelkeep knows"),
        ("uv.lock", "[[", "uv.lock is not TOML: "),
        ("Pipfile.lock", "{", "Pipfile.lock is not JSON: "),
        ("Pipfile.lock", "[" * 100_000, "'Pipfile.lock' names no package with an exact version"),
        ("Pipfile.lock", '{"default": 3}', "Pipfile.lock is no file of packages that modelkeep knows"),
        ("environment.yml", "- numpy\n", "environment.yml is no file of packages that modelkeep knows"),
        ("environment.yml", "a: *b\n", "this YAML cannot be kept: "),
        ("latin.txt", "n\udce9mpy==1.0\n", "latin.txt is not UTF-8: "),
    ],
)  # fmt: skip
def test_a_file_that_names_no_packages_is_refused(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    if name == "Pipfile.lock" and text.startswith("["):
        path = path.rename(tmp_path / "Pipfile.json")
        message = message.replace(".lock", ".json")
    with pytest.raises(UsageError) as refused:
        from_file(str(path), None, None)
    assert message in refused.value.message


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path):
    with pytest.raises(NotFound, match=r"there is no file"):
        from_file(str(tmp_path / "none.txt"), None, None)
    with open(tmp_path / "large.txt", "wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(UsageError, match=r"is larger than 16 MiB"):
        from_file(str(tmp_path / "large.txt"), None, None)


def test_very_many_markers_and_what_is_no_regular_file_are_refused_at_once(tmp_path):
    lines = [f"p{number}==1 ; python_version > '3.{number}'\n" for number in range(100_000)]
    (tmp_path / "requirements.txt").write_text("".join(lines))
    with pytest.raises(UsageError, match="the packages have more than 2000 different markers"):
        from_file(str(tmp_path / "requirements.txt"), None, None)
    lines = [f"p{number}==1 ; " + "(" * 300 + f"'{number}'\n" for number in range(1_000)]
    (tmp_path / "requirements.txt").write_text("a" + " " * 200_000 + "b\n" + "".join(lines))
    assert len(from_file(str(tmp_path / "requirements.txt"), None, None).environment.packages) == 1_000
    (tmp_path / "requirements.txt").write_text("".join(f"p{number}==1\n" for number in range(50_001)))
    with pytest.raises(UsageError, match="names more than 50,000 packages"):
        from_file(str(tmp_path / "requirements.txt"), None, None)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="' is no regular file"):
        from_file(str(tmp_path / "pipe"), None, None)


def test_a_large_file_of_conda_is_read_and_a_huge_one_has_a_hint_that_fits(tmp_path):
    path = tmp_path / "environment.yml"
    path.write_text("dependencies:\n" + "".join(f"- package-number-{number}=1.0\n" for number in range(4_000)))
    assert len(from_file(str(path), None, None).environment.packages) == 4_000
    path.write_text("#" * 300_000)
    with pytest.raises(UsageError, match="is larger than 256 KiB") as refused:
        from_file(str(path), None, None)
    assert refused.value.hint == "conda list --export > packages.txt, and --env packages.txt"


@pytest.mark.parametrize(
    ("pin", "kept"),
    [
        (f"foo==1.0+{TOKEN}", ("foo", "1.0")),
        (f"foo==1.0+{'0123456789abcdef' * 2}", ("foo", "1.0")),
        ("foo==1.0+AKIAIOSFODNN7EXAMPLE", ("foo", "1.0")),
        ("foo==2.1.0.dev20240101+cu121", ("foo", "2.1.0.dev20240101+cu121")),
        ("foo==0.1+4.g1a2b3c4d.d20240101", ("foo", "0.1+4.g1a2b3c4d.d20240101")),
        ("foo==1AKIAIOSFODNN7EXAMPLE", None),
    ],
)
def test_a_version_as_long_as_a_token_is_not_kept(tmp_path, pin, kept):
    (tmp_path / "requirements.txt").write_text(f"{pin}\nbar==1\n")
    packages = from_file(str(tmp_path / "requirements.txt"), None, None).environment.packages
    assert packages == (("bar", "1"), *([kept] if kept else []))


def test_a_marker_that_cannot_be_judged_holds(tmp_path):
    (tmp_path / "requirements.txt").write_text(f'a==1.0; python_version > "{"9" * 5000}"\nb==2; x == "{"9" * 5000}"\n')
    found = from_file(str(tmp_path / "requirements.txt"), None, None).environment
    assert [name for name, _ in found.packages] == ["a", "b"]
