"""Who and where, as the machine says it and not as variables do."""

import os
import pwd

import pytest

from modelkeep.provenance import machine


def test_the_account_is_who_the_name_service_says_whatever_variables_say(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    account = machine.observe_account()
    assert (account.uid, account.user) == (os.getuid(), pwd.getpwuid(os.getuid()).pw_name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_uid_without_a_name_is_its_number():
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.setuid(1_000_650_000)
        os.write(writer, machine.observe_account().user.encode())
        os._exit(0)
    os.close(writer)
    assert os.read(reader, 100) == b"uid:1000650000"
    os.close(reader)
    os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("uid_map", "inside"),
    [
        ("         0          0 4294967295\n", False),
        ("         0       1000          1\n", True),
        ("0 100000 65536\n", True),
        ("0 0 1\n1 100000 65535\n", True),
        ("", True),
    ],
)
def test_a_user_namespace_is_told_by_its_map(tmp_path, uid_map, inside):
    path = tmp_path / "uid_map"
    path.write_text(uid_map)
    assert machine.in_user_namespace(str(path)) is inside


def test_where_there_are_no_namespaces_there_is_none(tmp_path):
    assert machine.in_user_namespace(str(tmp_path / "uid_map")) is False
    (tmp_path / "uid_map").write_bytes(b"\xff\xff")
    assert machine.in_user_namespace(str(tmp_path / "uid_map")) is False


def test_the_host_is_what_the_kernel_calls_itself(monkeypatch):
    monkeypatch.setenv("HOSTNAME", "somewhere-else")
    assert machine.hostname() == os.uname().nodename


def test_a_claim_is_the_variable_else_the_config_else_gits_identity(tmp_path):
    (tmp_path / ".gitconfig").write_text("[user]\n\temail = ana@example.com\n")
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    assert machine.claimed_identity(environ, str(tmp_path)) == "ana@example.com"
    assert machine.claimed_identity(environ, str(tmp_path), "bo@x") == "bo@x"
    assert machine.claimed_identity({**environ, "MODELKEEP_ACTOR": "cy@x"}, str(tmp_path), "bo@x") == "cy@x"
    assert machine.claimed_identity({**environ, "MODELKEEP_ACTOR": " "}, str(tmp_path)) == "ana@example.com"
    assert machine.claimed_identity({}, "/nowhere") is None or "@" in (machine.claims({}, "/nowhere") or "")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("ana\nbo", "ana bo"),
        ("\x1b[2Jana", "[2Jana"),
        ("ana\udcff", "ana"),
        ("a" * 500, "a" * 200),
        ("  ana  b ", "ana b"),
    ],
)
def test_a_claim_is_one_short_line_of_text(said, kept):
    assert machine.claimed_identity({"MODELKEEP_ACTOR": said}, "/") == kept


@pytest.mark.parametrize(
    ("kernel", "login"),
    [
        (b"1000", 1000), (b"0", 0), (b"4294967294\n", 4_294_967_294), (b"4294967295", None), (b"", None), (b"-1", None),
        (b"99999999999", None), (b"ana", None), (b"\xff", None),
    ],
)  # fmt: skip
def test_the_login_is_the_uid_that_the_kernel_audits_and_its_highest_number_is_none(tmp_path, kernel, login):
    path = tmp_path / "loginuid"
    path.write_bytes(kernel)
    assert machine.login_uid(str(path)) == login


def test_where_the_kernel_audits_no_login_there_is_none(tmp_path):
    assert machine.login_uid(str(tmp_path / "loginuid")) is None
    assert machine.login_uid(str(tmp_path)) is None


@pytest.mark.parametrize(("login", "seen"), [(None, (None, None)), (os.getuid(), (None, None)), (0, (0, "root"))])
def test_a_login_is_seen_only_where_it_is_another_account(monkeypatch, login, seen):
    monkeypatch.setattr(machine, "login_uid", lambda: login)
    account = machine.observe_account()
    assert (account.login, account.login_user) == (seen if login != os.getuid() else (None, None))


@pytest.mark.parametrize("name", ["uid:0", "a:b", "ana ", "a\nb", "", "a  b"])
def test_a_name_that_could_pass_for_another_is_no_name(monkeypatch, name):
    entry = pwd.struct_passwd((name, "x", os.getuid(), os.getgid(), "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: entry)
    assert machine.observe_account().user == f"uid:{os.getuid()}"


def test_only_the_groups_that_are_asked_about_are_named():
    root = machine.Account(0, "root", user_namespace=False)
    assert machine.groups_among(["root", "no such group", "nogroup"], root) == ("root",)
    assert machine.groups_among([], root) == ()
    assert machine.groups_among(["root"], machine.Account(1_000_650_000, "uid:1000650000", user_namespace=False)) == ()
    assert machine.groups_among(["root"], machine.Account(None, "ana", user_namespace=False)) == ()


@pytest.mark.parametrize(
    ("kind", "name", "known"),
    [
        ("user", "root", True),
        ("group", "root", True),
        ("user", "no such user", False),
        ("group", "a\0b", False),
        ("user", "uid:5", True),
    ],
)
def test_the_name_service_knows_an_account_or_not(kind, name, known):
    assert machine.knows(kind, name) is known
