"""Roles as the operating system has accounts: groups of the name service, logins behind sudo, user namespaces."""

import glob
import json
import os
import re
import subprocess
from pathlib import Path

import people as people_
import pytest

pytestmark = [pytest.mark.process, pytest.mark.linux]

POLICY = """
[[stages]]
name = "staging"

[[stages]]
name = "production"
protected = true
meaning = "scores live payments"

[roles.owner]
may = ["*"]

[roles.trainer]
may = ["register", "annotate", "promote:staging"]
"""
WRAPPER = next(iter(sorted(glob.glob("/usr/lib/*/libnss_wrapper.so") + glob.glob("/usr/lib*/libnss_wrapper.so"))), None)
needs_wrapper = pytest.mark.skipif(WRAPPER is None, reason="needs libnss_wrapper.so: apt-get install libnss-wrapper")
needs_people = pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY)
ANA = people_.UIDS["ana"]


def can_set_login():
    """Tell whether the kernel audits logins, and root may set its own: in a child, for it stays set."""
    line = "echo 4242 > /proc/self/loginuid && grep -qx 4242 /proc/self/loginuid"
    return subprocess.run(["sh", "-c", line], check=False, stderr=subprocess.DEVNULL).returncode == 0


needs_login = pytest.mark.skipif(
    not can_set_login(), reason="needs a kernel that audits logins, and root: /proc/self/loginuid"
)


# Another name service


class Wrapped:
    """Runs modelkeep with a name service of its own, as an LDAP server would be one: nothing of the machine is changed."""

    def __init__(self, run, root):
        self.run, self.root = run, root
        self.passwd, self.group = root / "passwd", root / "group"
        self.say_who("ana")
        self.group.write_text("")

    def say_who(self, name):
        self.passwd.write_text(f"{name}:x:{os.getuid()}:{os.getgid()}::/:/bin/sh\n")

    def __call__(self, *words):
        env = {"LD_PRELOAD": WRAPPER, "NSS_WRAPPER_PASSWD": str(self.passwd), "NSS_WRAPPER_GROUP": str(self.group)}
        return subprocess.run(
            [self.run.script, *words], cwd=self.run.cwd, env={**self.run.env, **env}, capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def document(self, *words):
        done = self(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def wrapped(run, made, tmp_path):
    """Return a registry in which ana is the owner and the group ``data science`` has the role trainer."""
    (made / "policy.toml").write_text(POLICY)
    wrapped = Wrapped(run, tmp_path)
    assert wrapped("policy", "set", "policy.toml").returncode == 0
    assert wrapped("role", "grant", "trainer", "group:data science").returncode == 0
    return wrapped


@needs_wrapper
def test_members_of_a_group_of_the_name_service_have_its_role_until_they_leave_it(wrapped):
    wrapped.say_who("bo")
    refused = wrapped("promote", "fraud@2", "staging")
    assert (refused.returncode, refused.stdout) == (9, "")
    assert (
        "bo may not promote to staging: it takes the role trainer (group:data science) or owner (user:ana)"
        in refused.stderr
    )
    wrapped.group.write_text("data science:x:7001:ana,bo\nothers:x:7002:bo\n")
    me = wrapped.document("whoami")
    assert (me["user"], me["groups"], me["roles"]) == ("bo", ["data science"], ["trainer"])
    assert wrapped("promote", "fraud@2", "staging").returncode == 0
    wrapped.group.write_text("data science:x:7001:ana\n")
    assert wrapped("promote", "fraud@1", "staging").returncode == 9
    assert wrapped("verify", "--log").returncode == 0


@needs_wrapper
def test_the_primary_group_counts_and_a_name_that_could_be_a_number_does_not(wrapped):
    wrapped.passwd.write_text(f"bo:x:{os.getuid()}:7001::/:/bin/sh\n")
    wrapped.group.write_text("data science:x:7001:\n")
    assert wrapped.document("whoami")["roles"] == ["trainer"]
    wrapped.passwd.write_text("")
    nameless = wrapped.document("whoami")
    assert (nameless["user"], nameless["groups"], nameless["roles"]) == (f"uid:{os.getuid()}", [], [])


@needs_wrapper
def test_a_renamed_account_has_the_roles_of_its_new_name(wrapped):
    wrapped.say_who("anna")
    assert wrapped.document("whoami")["may"] == []
    assert wrapped("note", "fraud", "hello").returncode == 9


# Other accounts, sudo and user namespaces


@pytest.fixture(scope="module")
def people(modelkeep):
    made = people_.People(modelkeep)
    made.env["MODELKEEP_REGISTRY"] = str(made.root / "srv/models")
    place = made.root / "srv"
    place.mkdir()
    place.chmod(0o1777)
    (place / "policy.toml").write_text(POLICY)
    (place / "new.onnx").write_bytes(b"weights")
    for words in (
        ["init", place / "models", "--shared", "ml"],
        ["register", "fraud", place / "new.onnx"],
        ["policy", "set", place / "policy.toml"],
        ["role", "grant", "trainer", "group:ml"],
    ):
        done = made("ana", *words)
        assert done.exit_code == 0, done.stderr
    yield made
    made.close()


@needs_people
def test_two_members_of_a_group_and_root_who_has_no_role(people):
    assert people("bo", "note", "fraud", "of bo").exit_code == 0
    refused = people("bo", "promote", "fraud@1", "production")
    assert refused.exit_code == 9
    assert (
        "bo may not promote to production: it takes the role owner (user:ana)\n"
        "       production: scores live payments\n" in refused.stderr
    )
    assert people("root", "note", "fraud", "of root").exit_code == 9
    assert people("root", "gc", "-n").exit_code == 9
    assert people("root", "verify").exit_code == 0


@needs_people
@needs_login
def test_the_login_behind_a_sudo_is_in_the_log_and_takes_no_role_along(people):
    sudo = f"echo {ANA} > /proc/self/loginuid"
    me = json.loads(people("bo", "whoami", "--json", before=sudo).stdout)
    assert (me["user"], me["login"], me["login_user"], me["roles"]) == ("bo", ANA, "ana", ["trainer"])
    refused = people("root", "retire", "fraud", "staging", before=sudo)
    assert "root (logged in as ana) may not empty staging" in refused.stderr
    assert people("bo", "note", "fraud", "as bo", before=sudo).exit_code == 0
    entry = json.loads(people("ana", "audit", "--limit", "1", "--json").stdout)["entries"][0]["entry"]
    assert json.loads(entry)["observed"]["login_user"] == "ana"
    own = json.loads(people("ana", "whoami", "--json", before=sudo).stdout)
    assert (own["login"], own["login_user"]) == (None, None)


@needs_people
def test_in_a_user_namespace_nobody_has_a_role(people):
    unshare = ["unshare", "-U", "--map-user=0"]
    probe = people.run("ana", [*unshare, "true"])
    if probe.exit_code:
        pytest.skip(f"needs user namespaces: {probe.stderr.strip()}")
    refused = people.run("ana", [*unshare, people.script, "note", "fraud", "hello"])
    assert refused.exit_code == 9, refused.stderr
    assert "is in a user namespace" in refused.stderr
    assert people.run("ana", [*unshare, people.script, "show", "fraud"]).exit_code == 0


# Self-approval in every disguise


APPROVED = """
[[stages]]
name = "production"
approvals = 1

[roles.lead]
may = ["*"]

[roles.member]
may = ["register", "request:*", "approve", "promote:*"]

[persons]
ana = ["ana", "otto"]
"""
SUDO = f"echo {ANA} > /proc/self/loginuid"
RENAME = """
sed 's/^ana:/anna:/' /etc/passwd > {0}/passwd-renamed && sed 's/^ana:/anna:/' /etc/group > {0}/group-renamed
mount --bind {0}/passwd-renamed /etc/passwd && mount --bind {0}/group-renamed /etc/group
"""


@pytest.fixture(scope="module")
def asked(people):
    """Return a registry in which ana registered fraud@1 and asked for production, and the number of that request."""
    place = people.root / "srv/asked"
    (place.parent / "approved.toml").write_text(APPROVED)
    anna = people.home("anna") / "work"
    anna.mkdir(parents=True)
    os.chown(anna, ANA, ANA)
    os.chown(anna.parent, ANA, ANA)
    for words in (
        ["init", place, "--shared", "ml", "--stages", "production"],
        ["register", "fraud", place.parent / "new.onnx", "--registry", place],
        ["policy", "set", place.parent / "approved.toml", "--registry", place],
        *(
            ["role", "grant", "member", f"user:{who}", "--registry", place]
            for who in ("ana", "anna", "bo", "otto", "root")
        ),
        ["promote", "fraud@1", "production", "--request", "-m", "please", "--registry", place],
    ):
        done = people("ana", *words)
        assert done.exit_code == 0, done.stderr
    # Every account of this test may write the files: what stops them is the policy alone.
    for path in (place, *place.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return place


def approve(people, asked, who, *, before="", wrapped_in=()):
    """Approve the request with the plan that bo, who may, is shown."""
    (request,) = json.loads(people("ana", "requests", "--json", "--registry", asked).stdout)["requests"]
    number = request["request"]
    shown = people("bo", "approve", number, "--registry", asked).stderr
    plan = re.search(r"--plan (sha256:[0-9a-f]+)", shown)[1]
    return people.run(
        who, [*wrapped_in, people.script, "approve", number, "--plan", plan, "--registry", asked], before=before
    )


@needs_people
@pytest.mark.parametrize(
    ("who", "before", "wrapped_in"),
    [
        ("ana", "", []),
        ("otto", "", []),
        pytest.param("bo", SUDO, [], marks=needs_login),
        pytest.param("root", SUDO, [], marks=needs_login),
        ("ana", "", ["unshare", "-U", "--map-user=0"]),
        ("anna", RENAME, []),
    ],
    ids=["the same account", "a second account", "sudo to another", "sudo to root", "a user namespace", "a new name"],
)
def test_nobody_approves_what_is_their_own_in_any_disguise(people, asked, who, before, wrapped_in):
    if wrapped_in and people.run(who, [*wrapped_in, "true"]).exit_code:
        pytest.skip("needs user namespaces")
    done = approve(people, asked, who, before=before.format(people.root), wrapped_in=wrapped_in)
    assert done.exit_code == 9, (done.stdout, done.stderr)
    assert "user namespace" in done.stderr if wrapped_in else "another person has to: modelkeep requests" in done.stderr
    (request,) = json.loads(people("ana", "requests", "--json", "--registry", asked).stdout)["requests"]
    assert request["approvals"] == []
    assert people("ana", "promote", "fraud@1", "production", "--registry", asked).exit_code == 9


@needs_people
def test_another_person_approves_it(people, asked):
    done = approve(people, asked, "bo")
    assert done.exit_code == 0, done.stderr
    assert people("ana", "promote", "fraud@1", "production", "--registry", asked).exit_code == 0


def test_an_entry_that_a_program_without_roles_wrote_is_found(run, made):
    """The log has an entry of bo's, who may do nothing, as a modified program would have written it."""
    (made / "policy.toml").write_text(POLICY)
    for words in (["policy", "set", "policy.toml"], ["note", "fraud", "hello"]):
        assert run(*words).exit_code == 0
    forge = (
        "import json, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "triggers = connection.execute(\"SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'\").fetchall()\n"
        "for name, _ in triggers: connection.execute(f'DROP TRIGGER {name}')\n"
        "seq, data = connection.execute('SELECT seq, bytes FROM entry ORDER BY seq DESC LIMIT 1').fetchone()\n"
        "entry = json.loads(data)\n"
        "entry['observed'] |= {'user': 'bo', 'uid': 4242}\n"
        "forged = json.dumps(entry, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()\n"
        "connection.execute('UPDATE entry SET bytes = ? WHERE seq = ?', (forged, seq))\n"
        "for _, sql in triggers: connection.execute(sql)\n"
        "connection.commit()\n"
    )
    database = Path(run.cwd) / ".modelkeep/registry.db"
    subprocess.run([run.script.with_name("python"), "-c", forge, database], check=True)
    found = run("verify", "--log")
    assert found.exit_code == 5
    assert "note could not have been written: bo may not annotate" in found.stdout
