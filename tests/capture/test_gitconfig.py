"""What we read in git's configuration ourselves is what git would say, or is left to git."""

import shutil
import subprocess

import pytest

from modelkeep.capture import gitconfig, machine

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
    "",
    "[user]\n\tname = Ana\n",
    '[user]\n\temail = "ana@example.com"\n',
    "[user]\n\temail = ana@example.com # mine\n",
    "[user]\n\temail = ana@\\\nexample.com\n",
    "[user] email = ana@example.com\n",
    "[user]\n\temail = ana@example.com\n[include]\n\tpath = other\n",
    '[user]\n\temail = ana@example.com\n[includeIf "gitdir:~/"]\n\tpath = other\n',
    "[user]\n\temail =\n",
    "[user]\n\temail\n",
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
    assert gitconfig.address(str(tmp_path / "work"), environ(home)) == "ana@example.com"
    if shutil.which("git"):
        assert asked(home, tmp_path / "work") == "ana@example.com"


@pytest.mark.parametrize("text", LEFT_TO_GIT)
def test_what_is_not_plain_is_left_to_git(home, tmp_path, text):
    (home / ".gitconfig").write_text(text)
    assert gitconfig.address(str(tmp_path / "work"), environ(home)) is None


def test_a_work_tree_that_says_something_of_the_user_is_left_to_git(home, tmp_path):
    (home / ".gitconfig").write_text(PLAIN[0])
    git, below = tmp_path / "work" / ".git", tmp_path / "work" / "below"
    git.mkdir()
    below.mkdir()
    assert gitconfig.address(str(below), environ(home)) is None
    (git / "config").write_text("[core]\n\tbare = false\n")
    assert gitconfig.address(str(below), environ(home)) == "ana@example.com"
    for said in ("[User]\n\temail = x@y\n", "[include]\n\tpath = x\n", "[extensions]\n\tworktreeConfig = true\n"):
        (git / "config").write_text(said)
        assert gitconfig.address(str(below), environ(home)) is None


def test_no_home_no_file_or_a_bare_repository_is_left_to_git(home, tmp_path):
    assert gitconfig.address(str(tmp_path), environ(home)) is None
    (home / ".gitconfig").write_text(PLAIN[0])
    assert gitconfig.address(str(tmp_path), {}) is None
    (home / ".gitconfig").write_bytes(b"[user]\n\temail = \xff\n")
    assert gitconfig.address(str(tmp_path), environ(home)) is None
    (home / ".gitconfig").write_text(PLAIN[0])
    (tmp_path / "work" / "HEAD").write_text("ref: refs/heads/main\n")
    assert gitconfig.address(str(tmp_path / "work"), environ(home)) is None


def test_who_somebody_claims_to_be_is_the_address_there(home, tmp_path):
    (home / ".gitconfig").write_text(PLAIN[0])
    assert machine.claims(environ(home), str(tmp_path / "work")) == "ana@example.com"
