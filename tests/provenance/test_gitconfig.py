"""What we read in git's configuration ourselves is what git would say, or is left to git."""

import shutil
import subprocess
from pathlib import Path

import pytest

from modelkeep.provenance import git_identity, machine

PLAIN = [
    "[user]\n\tname = Ana\n\temail = ana@example.com\n",
    "[user]\nemail=ana@example.com",
    "# mine\n[core]\n\teditor = vi\n[User]\n\tEMAIL = ana@example.com  \n; no more\n",
    '[url "git@host:"]\n\tinsteadOf = https://host/\n[user]\n\temail = bo@x\n\temail = ana@example.com\n',
    "[user]\r\n\temail = ana@example.com\r\n",
    "[user]\n\temail = ana@example.com\n[alias]\n\tst = status\n\temail = other\n",
    '[user]\n\temail = ana@example.com\n[user "work"]\n\temail = other@x\n',
]
LEFT_TO_GIT = [
    "[user]\n\tname = Ana\n",
    '[user]\n\temail = "ana@example.com"\n',
    "[user]\n\temail = ana@example.com # mine\n",
    "[user]\n\temail = ana@\\\nexample.com\n",
    "[user] email = ana@example.com\n",
    "[user]\n\temail = ana@example.com\n[include]\n\tpath = other\n",
    '[user]\n\temail = ana@example.com\n[includeIf "gitdir:~/"]\n\tpath = other\n',
    "[user]\n\temail =\n",
    "[user]\n\temail\n",
    "# mine\r[user]\r\temail = ana@example.com\r",
    "[user]\n\temail = ana@example.com\n\x0b\n",
    "[user]\n\temail = ana@example.com\n\xa0[core]\n",
    "[user]\n\temail = ana@example.com\nnot a setting\n",
]


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    return tmp_path / "home"


def environ(home):
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}


def asked(home, place):
    done = subprocess.run(
        ["git", "config", "user.email"], cwd=place, env=environ(home), capture_output=True, text=True, check=False
    )
    return done.stdout.removesuffix("\n") or None


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_address_is_read_as_git_reads_it(home, tmp_path, text):
    (home / ".gitconfig").write_text(text, newline="")
    assert git_identity.address(str(tmp_path / "work"), environ(home)) == "ana@example.com"
    if shutil.which("git"):
        assert asked(home, tmp_path / "work") == "ana@example.com"


@pytest.mark.parametrize("text", LEFT_TO_GIT)
def test_what_is_not_plain_is_left_to_git(home, tmp_path, text):
    (home / ".gitconfig").write_text(text, newline="")
    assert git_identity.address(str(tmp_path / "work"), environ(home)) is None


def test_a_work_tree_that_says_something_of_the_user_is_left_to_git(home, tmp_path):
    (home / ".gitconfig").write_text(PLAIN[0])
    git, below = tmp_path / "work" / ".git", tmp_path / "work" / "below"
    git.mkdir()
    below.mkdir()
    assert git_identity.address(str(below), environ(home)) is None
    (git / "config").write_text("[core]\n\tbare = false\n")
    assert git_identity.address(str(below), environ(home)) == "ana@example.com"
    for said in ("[User]\n\temail = x@y\n", "[include]\n\tpath = x\n", "[extensions]\n\tworktreeConfig = true\n"):
        (git / "config").write_text(said)
        assert git_identity.address(str(below), environ(home)) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
@pytest.mark.parametrize("below", ["no repository", "another one's"])
def test_what_only_looks_like_a_work_tree_is_left_to_git(home, tmp_path, below):
    (home / ".gitconfig").write_text(PLAIN[0])
    work = tmp_path / "work"
    subprocess.run(["git", "init", "-q", str(work)], check=True, env=environ(home))
    subprocess.run(["git", "config", "user.email", "x@y"], cwd=work, check=True, env=environ(home))
    place = work / "below"
    (place / ".git").mkdir(parents=True)
    (place / ".git" / "config").write_text("[core]\n\tbare = false\n")
    if below == "another one's":
        subprocess.run(["git", "init", "-q", str(place)], check=True, env=environ(home))
        (place / ".git" / "commondir").write_text(f"{work / '.git'}\n")
    assert asked(home, place) == "x@y"
    assert git_identity.address(str(place), environ(home)) is None


@pytest.mark.linux
@pytest.mark.parametrize("text", [None, "", "[core]\n\teditor = vi\n"])
def test_where_no_file_says_anything_of_the_user_git_need_not_be_asked(home, tmp_path, text):
    system = Path("/etc/gitconfig")
    if shutil.which("git", path=environ(home)["PATH"]) != "/usr/bin/git":
        pytest.skip("git is not the distribution's")
    if system.exists() and any(word in system.read_text().lower() for word in ("[user", "[include")):
        pytest.skip("git is configured for all users")
    if text is not None:
        (home / ".gitconfig").write_text(text)
    assert git_identity.address(str(tmp_path / "work"), environ(home)) == ""
    assert asked(home, tmp_path / "work") is None
    assert machine.claims(environ(home), str(tmp_path / "work")) is None


@pytest.mark.linux
def test_where_another_git_is_found_first_its_file_for_all_users_is_left_to_it(home, tmp_path):
    other = tmp_path / "bin" / "git"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    assert git_identity.address(str(tmp_path), environ(home) | {"PATH": f"{other.parent}:/usr/bin"}) is None
    assert git_identity.address(str(tmp_path), environ(home) | {"PATH": ""}) is None


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("moved", [False, True])
def test_the_second_file_counts_where_there_is_no_first(home, tmp_path, text, moved):
    given = environ(home) | ({"XDG_CONFIG_HOME": str(tmp_path / "xdg")} if moved else {})
    second = (tmp_path / "xdg" if moved else home / ".config") / "git" / "config"
    second.parent.mkdir(parents=True)
    second.write_text(text, newline="")
    assert git_identity.address(str(tmp_path / "work"), given) == "ana@example.com"
    second.write_text(LEFT_TO_GIT[1])
    assert git_identity.address(str(tmp_path / "work"), given) is None
    (home / ".gitconfig").write_text("[user]\n\temail = bo@example.com\n")
    assert git_identity.address(str(tmp_path / "work"), given) == "bo@example.com"
    (home / ".gitconfig").unlink()
    (home / ".gitconfig").symlink_to("nowhere")
    assert git_identity.address(str(tmp_path / "work"), given) is None


def test_no_home_or_a_bare_repository_is_left_to_git(home, tmp_path):
    (home / ".gitconfig").write_text(PLAIN[0])
    assert git_identity.address(str(tmp_path), {}) is None
    (home / ".gitconfig").write_bytes(b"[user]\n\temail = \xff\n")
    assert git_identity.address(str(tmp_path), environ(home)) is None
    (home / ".gitconfig").write_text(PLAIN[0])
    (tmp_path / "work" / "HEAD").write_text("ref: refs/heads/main\n")
    assert git_identity.address(str(tmp_path / "work"), environ(home)) is None


def test_who_somebody_claims_to_be_is_the_address_there(home, tmp_path):
    (home / ".gitconfig").write_text(PLAIN[0])
    assert machine.claims(environ(home), str(tmp_path / "work")) == "ana@example.com"
