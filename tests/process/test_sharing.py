"""Several accounts and one registry: two members of its group, a reader, an outsider, and what each may."""

import json
import os
import shlex
import stat
from pathlib import Path

import people as people_
import pytest

from harm import CHANGING, Strike, needs_strace, one_processor, points
from modelkeep.store.access import access_lists

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.slow,
    pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY),
]

ML, AUDITORS = people_.GIDS["ml"], people_.GIDS["auditors"]
READS = [
    "list", "list fraud", "show fraud@1", "get fraud@1 copy.onnx", "path fraud@1", "audit", "history fraud", "status",
    "diff fraud 1 2", "lineage fraud@1", "identify copy.onnx", "verify", "describe fraud", "migrate -n",
]  # fmt: skip
CHANGES = [
    "promote fraud@2 production", "rollback fraud@1 --to fraud@2", "retire fraud production", "tag fraud a=b",
    "alias fraud@2 champion", "note fraud hello", "describe fraud hello", "rename fraud cards", "mark fraud@1 bad",
    "archive fraud@2", "evaluate fraud@1 -M auc=0.5", "register fraud new.onnx", "register fraud copy.onnx --label 9.0",
]  # fmt: skip
#: Where the kernel lets nobody link a file that is somebody else's and may not be written: nearly everywhere.
PROTECTED = Path("/proc/sys/fs/protected_hardlinks")
protected = pytest.mark.skipif(
    not PROTECTED.exists() or PROTECTED.read_text().strip() != "1", reason=f"{PROTECTED} is not 1: links are allowed"
)
# A transaction that is too large for SQLite's memory: its journal is hot when the writer dies.
DIES = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE mess (text)")
connection.executemany("INSERT INTO mess VALUES (?)", [("x" * 4000,)] * 200)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def people(modelkeep):
    made = people_.People(modelkeep)
    place = made.root / "srv"
    place.mkdir()
    place.chmod(0o1777)
    yield made
    made.close()


@pytest.fixture(scope="module")
def models(people):
    """Return a registry that the tests of this file read: fraud has two versions of two members, 1 is in production."""
    models = people.root / "srv/models"
    assert people("ana", "init", models, "--shared", "ml", "--readers", "auditors", umask=0o077).exit_code == 0
    put(people, models, "ana", "one", umask=0o077)
    put(people, models, "bo", "two", umask=0)
    for ref in ("fraud@2", "fraud@1"):
        assert people("bo", "promote", ref, "production", "--registry", models).exit_code == 0
    return models


@pytest.fixture
def own(people, request):
    """Return a registry that one test may do with as it likes."""
    own = people.root / "srv" / request.node.name
    assert people("ana", "init", own, "--shared", "ml", "--readers", "auditors").exit_code == 0
    put(people, own, "ana", "one")
    return own


def put(people, registry, who, content, **more):
    """Register a new file of somebody's as the next version of fraud."""
    line = (
        f"printf %s {content} > new.onnx && modelkeep register fraud new.onnx --registry {shlex.quote(str(registry))}"
    )
    done = people.run(who, ["sh", "-c", line], **more)
    assert done.exit_code == 0, done.stderr


def each(people, who, registry, lines, **more):
    """Run several commands of somebody's; return exit code and stderr of each."""
    script = "printf %s one > copy.onnx; printf %s new > new.onnx; rm -f said\n" + "\n".join(
        f"modelkeep {line} --registry {shlex.quote(str(registry))} >/dev/null 2>said; echo $?; cat said; printf '\\0'"
        for line in lines
    )
    done = people.run(who, ["sh", "-c", script], **more)
    found = [part.partition("\n") for part in done.stdout.split("\0")[:-1]]
    return {line: (int(code), said) for line, (code, _, said) in zip(lines, found, strict=True)}


def everything(registry):
    """Return all that is below a registry: mode, group, owner, size, time of change."""
    found = {}
    for path, directories, files in os.walk(registry):
        for name in [".", *directories, *files]:
            status = os.lstat(os.path.join(path, name))
            found[os.path.relpath(os.path.join(path, name), registry)] = (
                oct(status.st_mode), status.st_gid, status.st_uid, status.st_size, status.st_mtime_ns,
            )  # fmt: skip
    return found


def test_what_any_member_makes_under_any_umask_is_open_to_the_group_and_to_the_readers_and_to_nobody_else(models):
    inside = access_lists.of_mode(0o770, AUDITORS)
    kinds = set()
    for path, _, files in os.walk(models):
        status = os.stat(path)
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o2770, ML), path
        assert access_lists.read(path) == access_lists.read(path, access_lists.DEFAULT) == inside, path
        for name in files:
            status = os.stat(os.path.join(path, name))
            kind = name if name.startswith("registry") else "blob"
            kinds.add((kind, oct(stat.S_IMODE(status.st_mode)), status.st_gid))
    assert kinds == {("registry.db", "0o660", ML), ("registry.lock", "0o660", ML), ("blob", "0o444", ML)}
    assert access_lists.groups_in(access_lists.read(models / "registry.db")) == (AUDITORS,)
    # a reader who could open it could hold up every writer
    assert access_lists.read(models / "registry.lock") == b""
    owners = {os.stat(path).st_uid for path in models.glob("store/blobs/sha256/*/*")}
    assert owners == {people_.UIDS["ana"], people_.UIDS["bo"]}


def test_what_any_program_of_a_member_makes_is_the_groups_from_the_first_moment(people):
    own = people.root / "srv/without-readers"
    assert people("ana", "init", own, "--shared", "ml").exit_code == 0
    shelf = own / "store/blobs/sha256/zz"
    assert people.run("bo", ["mkdir", shelf], umask=0o077).exit_code == 0
    assert people.run("bo", ["touch", shelf / "file"], umask=0o077).exit_code == 0
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in (shelf, shelf / "file")] == ["0o2770", "0o660"]
    assert people("ana", "init", own, "--shared", "ml").stderr.startswith(
        "nothing to do: it is shared with ml already\n"
    )


def test_members_may_do_everything_to_what_the_other_has_made(people, own):
    found = each(people, "bo", own, ["tag fraud@1 a=b", "promote fraud@1 production", "note fraud hello", *READS[:6]])
    assert {code for code, _ in found.values()} == {0}
    put(people, own, "bo", "two", umask=0o077)
    found = each(people, "ana", own, ["rollback fraud --to fraud@1", "archive fraud@2", "rename fraud cards", "verify"])
    assert found["archive fraud@2"][0] == found["rename fraud cards"][0] == found["verify"][0] == 0


REPAIR = ("verify", "--bytes", "--repair", "right")


def damaged(people, registry, mode=0o444):
    """Let the one blob of a registry, which is ana's, rot; bo has the right bytes. Return the blob."""
    (blob,) = registry.glob("store/blobs/sha256/*/*")
    blob.unlink()
    blob.write_text("onE")
    os.chown(blob, people_.UIDS["ana"], ML)
    blob.chmod(mode)
    right = people.home("bo") / "work/right"
    right.write_text("one")
    right.chmod(0o644)
    return blob


@protected
@pytest.mark.parametrize("mode", [0o444, 0o440])
def test_a_damaged_file_of_a_colleague_is_repaired_and_a_copy_of_it_kept_for_a_look(people, own, mode):
    blob = damaged(people, own, mode)
    done = people("bo", *REPAIR, "--registry", own)
    (kept,) = own.glob("store/tmp/*/damaged-*")
    assert (done.exit_code, f"; the damaged one is {kept}" in done.stdout) == (0, True), done
    assert (blob.read_text(), kept.read_text()) == ("one", "onE")
    assert (kept.name, stat.S_IMODE(kept.stat().st_mode)) == (f"damaged-{blob.name}", 0o444)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert people("rita", "verify", "--registry", own).exit_code == 0


def test_a_repair_by_a_reader_is_refused_and_its_dry_run_as_well(people, own):
    right = people.home("rita") / "work/right"
    damaged(people, own)
    right.write_text("one")
    right.chmod(0o644)
    for words in ((), ("-n",)):
        done = people("rita", *REPAIR, *words, "--registry", own)
        assert (done.exit_code, "may not be written by this account" in done.stderr) == (7, True), done


@protected
def test_a_damaged_file_that_can_neither_be_linked_nor_read_is_repaired_and_told_to_be_lost(people, own):
    blob = damaged(people, own, 0o000)
    done = people("bo", *REPAIR, "--registry", own)
    assert (done.exit_code, "; the damaged one could not be kept: permission denied" in done.stdout) == (0, True), done
    assert (blob.read_text(), [*own.glob("store/tmp/*")]) == ("one", [])
    assert people("rita", "verify", "--registry", own).exit_code == 0


@protected
def test_a_damaged_file_for_whose_copy_there_is_no_room_is_repaired_and_told_to_be_lost(people, own):
    put(people, own, "ana", "$(head -c 40000 /dev/zero | tr '\\0' 1)")
    (blob,) = (path for path in own.glob("store/blobs/sha256/*/*") if path.stat().st_size == 40_000)
    store, kept, right = own / "store", own / "kept", people.home("bo") / "work/right"
    right.write_text("1" * 40_000)
    right.chmod(0o644)
    blob.chmod(0o644)
    blob.write_text("2" * 40_000)
    blob.chmod(0o444)
    small = f"cp -a {store} {kept}; mount -t tmpfs -o size=112k tmpfs {store}; chmod 2770 {store}; chgrp ml {store}"
    script = f"modelkeep {shlex.join(REPAIR)} --registry {own}; cmp {blob} right && ls {store}/tmp"
    done = people.run("bo", ["sh", "-c", script], before=f"{small}; cp -a {kept}/. {store}; rm -r {kept}")
    assert f"; the damaged one could not be kept: no space left for the store {store}: " in done.stdout
    assert (done.exit_code, done.stdout.splitlines()[1:]) == (0, [])


@protected
@needs_strace
def test_a_repair_of_a_colleagues_file_killed_at_any_of_its_calls_leaves_the_damaged_bytes_or_the_right(people, own):
    blob, calls = damaged(people, own), people.home("bo") / "work/calls"
    command = [people.script, *REPAIR, "--registry", own]
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", calls, "-e", f"trace={CHANGING}"]
    with one_processor():
        assert people.run("bo", [*strace, *command]).exit_code == 0
        lines = calls.read_text().splitlines()
        assert any("link" in line and "EPERM" in line for line in lines)
        seen = set()
        for call, number in points(lines):
            damaged(people, own)
            strike = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
            done = people.run("bo", [*strike, "-e", f"inject={Strike(call, number)}", *command])
            assert done.exit_code in {-9, 137}, (call, number, done)
            seen.add(blob.read_text() if blob.exists() else "nothing")
            assert {kept.read_text() for kept in own.glob("store/tmp/*/damaged-*")} <= {"onE"}
            assert people("bo", *REPAIR, "--registry", own).exit_code == 0
            assert blob.read_text() == "one"
    assert seen == {"onE", "one"}
    assert people("ana", "gc", "--grace", "0", "--registry", own).exit_code == 0
    assert [*own.glob("store/tmp/*")] == []


def test_a_reader_may_ask_anything_and_leaves_no_trace(people, models):
    before = everything(models)
    found = each(people, "rita", models, READS)
    assert {line: said for line, (code, said) in found.items() if code != 0} == {}
    assert everything(models) == before


def test_a_reader_may_change_nothing_and_is_told_why_and_whom_to_ask(people, models):
    before = everything(models)
    for line, (code, said) in each(people, "rita", models, CHANGES).items():
        assert code == 7, line
        first, hint = said.splitlines()[-2:]
        assert first.startswith(f"error: the registry {models} may not be written by this account: {models}/"), line
        assert first.endswith(": permission denied"), line
        assert hint == "hint: ask ana or a member of the group ml", line
    assert everything(models) == before


def test_what_is_so_already_needs_no_permission(people, models):
    found = each(people, "rita", models, ["promote fraud@1 production", "register fraud copy.onnx --filename new.onnx"])
    assert found["promote fraud@1 production"] == (0, "nothing to do: fraud@1 is in production\n")
    assert found["register fraud copy.onnx --filename new.onnx"] == (0, "already registered as fraud@1\n")


def test_an_outsider_is_told_that_it_is_shut_and_not_that_there_is_none(people, models):
    lines = [*READS[:3], *CHANGES[:3], "register fraud new.onnx", "gc", "init"]
    for line, (code, said) in each(people, "otto", models, lines).items():
        assert (code, said) == (
            7,
            (
                f"error: the registry {models} may not be read by this account: {models}: permission denied\n"
                "hint: ask ana or a member of the group ml\n"
            ),
        ), line
    bare = people("otto", env={"MODELKEEP_REGISTRY": str(models)})
    assert (bare.exit_code, "may not be read by this account" in bare.stderr) == (7, True)


def test_completion_offers_what_may_be_read_and_is_silent_where_nothing_may(people, models):
    words = ["__complete", "--", "--registry", str(models), "show", "fraud@"]
    assert people("rita", *words).stdout.startswith("fraud@")
    outside = people("otto", *words)
    assert (outside.stdout, outside.stderr, outside.exit_code) == ("", "", 0)


def test_the_log_says_who_it_was(people, own):
    put(people, own, "bo", "two")
    assert people("root", "tag", "fraud", "a=b", "--registry", own).exit_code == 0
    entries = json.loads(people("rita", "audit", "--json", "--registry", own).stdout)["entries"]
    assert [entry["actor"] for entry in entries] == ["ana", "ana", "bo", "root"]
    said = json.loads(people("bo", "whoami", "--json", "--registry", own, env={"LOGNAME": "ana", "USER": "ana"}).stdout)
    assert (said["user"], said["uid"]) == ("bo", people_.UIDS["bo"])
    # what root has made is the group's as well
    assert people("bo", "archive", "fraud@1", "--registry", own).exit_code == 0


def test_what_a_killed_member_left_is_tidied_up_by_another_and_a_reader_is_told_who_can(people, own):
    assert people.python("bo", DIES, own / "registry.db", umask=0o077).exit_code == -9
    journal = own / "registry.db-journal"
    status = journal.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid, status.st_uid) == (0o660, ML, people_.UIDS["bo"])
    reader = people("rita", "list", "--registry", own)
    assert (reader.exit_code, reader.stderr) == (
        7,
        (
            f"error: a writer of {own} was killed, and this account may not tidy up after it\n"
            "hint: ask ana or a member of the group ml to run any modelkeep command\n"
        ),
    )
    tab = people("rita", "__complete", "--", "--registry", own, "show", "fraud@")
    assert (tab.stdout, tab.stderr, tab.exit_code) == ("", "", 0)
    assert journal.exists()
    assert people("ana", "list", "--registry", own).exit_code == 0
    assert not journal.exists()
    assert people("rita", "verify", "--registry", own).exit_code == 0


def test_on_a_read_only_mount_members_read_and_are_told_why_they_cannot_write(people, models):
    ro = f"mount --bind {models} {models}; mount -o remount,ro,bind {models}"
    assert {code for code, _ in each(people, "ana", models, READS, before=ro).values()} == {0}
    for line, (code, said) in each(people, "ana", models, CHANGES, before=ro).items():
        assert (code, said.splitlines()[-1]) == (
            7,
            "hint: the file system is mounted read-only; reading commands work",
        ), (line, said)
        assert said.splitlines()[-2].endswith(": read-only file system"), line


def test_what_a_killed_writer_left_on_a_read_only_mount_is_tidied_up_where_it_can_be_written(people, own):
    assert people.python("ana", DIES, own / "registry.db").exit_code == -9
    done = people("ana", "list", "--registry", own, before=f"mount --bind {own} {own}; mount -o remount,ro,bind {own}")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        7,
        "hint: ask ana or a member of the group ml to run any modelkeep command where it is not mounted read-only",
    )
    assert people("ana", "verify", "--registry", own).exit_code == 0


def test_who_waits_for_the_database_itself_is_told_whose_process_holds_it(people, own):
    hold = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE'); "
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = people.start("bo", [people.script.with_name("python"), "-c", hold, own / "registry.db"])
    try:
        assert holder.stdout.readline() == "held\n"
        busy = people("ana", "tag", "fraud", "a=b", "--registry", own, "--lock-wait", "100ms")
        assert (busy.exit_code, busy.stderr.splitlines()[0]) == (
            6,
            f"error: the registry is busy: process {holder.pid} of bo holds it: {own}/registry.db",
        )
    finally:
        holder.communicate()


def test_who_waits_in_vain_is_told_for_which_file_and_whose_process_holds_it(people, own):
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.flock(f, 2); print('held', flush=True); sys.stdin.read()"
    )
    python = people.script.with_name("python")
    holder = people.start("bo", [python, "-c", hold, own / "registry.lock"])
    try:
        assert holder.stdout.readline() == "held\n"
        busy = people("ana", "tag", "fraud", "a=b", "--registry", own, "--lock-wait", "100ms")
        lock = f"{own}/registry.lock"
        assert (busy.exit_code, busy.stderr) == (
            6,
            (
                f"error: the registry is busy: process {holder.pid} of bo is writing to it; waited 0.1 s: {lock}\n"
                "hint: try again, or wait longer with --lock-wait\n"
            ),
        )
        os.kill(holder.pid, 19)
        os.waitid(os.P_PID, holder.pid, os.WSTOPPED | os.WNOWAIT)
        stopped = people("ana", "tag", "fraud", "a=b", "--registry", own, "--lock-wait", "100ms")
        assert (stopped.exit_code, stopped.stderr) == (
            6,
            (
                f"error: the registry is busy: process {holder.pid} of bo, which is stopped, is writing to it; "
                f"waited 0.1 s: {lock}\nhint: kill -CONT {holder.pid}        (lets it go on and end)\n"
            ),
        )
        assert people("rita", "list", "--registry", own).exit_code == 0
        os.kill(holder.pid, 18)
    finally:
        holder.communicate()
    assert people("ana", "tag", "fraud", "a=b", "--registry", own).exit_code == 0


def test_a_side_file_that_a_member_made_unreadable_is_named_with_whom_to_ask(people, own):
    (own / "registry.lock").chmod(0)
    done = people("bo", "tag", "fraud", "a=b", "--registry", own)
    assert (done.exit_code, done.stderr) == (
        7,
        (
            f"error: the registry {own} may not be written by this account: {own}/registry.lock: permission denied\n"
            "hint: ask ana\n"
        ),
    )
    assert people("ana", "init", own, "--shared", "ml", "--readers", "auditors").exit_code == 0
    assert people("bo", "tag", "fraud", "a=b", "--registry", own).exit_code == 0


@pytest.mark.parametrize("shut", ["store", "store/blobs/sha256"])
def test_a_store_that_nobody_may_look_into_is_told_as_that_and_not_as_gone(people, own, shut):
    (own / shut).chmod(0)
    lines = ["get fraud@1 out.onnx", "path fraud@1", "backup copy", "gc", "register fraud new.onnx"]
    for line, (code, said) in each(people, "ana", own, lines).items():
        assert (code, said) == (
            7,
            (
                f"error: the registry {own} may not be read by this account: {own}/{shut}: permission denied\n"
                f"hint: it is yours: ls -ld {own}/{shut}\n"
            ),
        ), line
    told = people("ana", "doctor", "--registry", own).stdout
    assert f"error\tstore\t{own}/store/blobs" in told
    assert ("it is not there" in told, "mkdir" in told) == (False, False), told


def test_doctor_tells_an_owner_and_a_colleague_how_a_file_is_opened_to_them(people, own):
    (own / "registry.db").chmod(0)
    blob = next((own / "store/blobs/sha256").glob("*/*"))
    blob.chmod(0)
    told = {who: people(who, "doctor", "--registry", own).stdout for who in ("ana", "bo")}
    assert f"\tchmod u+r {own}/registry.db\n" in told["ana"]
    assert f"\tchmod u+r {blob}\n" in told["ana"]
    assert f"\task ana for chmod g+r {own}/registry.db\n" in told["bo"]
    assert f"\task ana for chmod a+r {blob}\n" in told["bo"]


def test_members_queue_in_turn_whoever_they_are(people, own):
    code = (
        "import sys\nfrom modelkeep import open_registry\nregistry = open_registry(sys.argv[1])\nsys.stdin.readline()\n"
        "for turn in range(15): registry.tag('fraud', {sys.argv[2]: str(turn)})\nprint('done')"
    )
    python = people.script.with_name("python")
    writers = [people.start(who, [python, "-c", code, own, f"k{n}"]) for n, who in enumerate(["ana", "bo"] * 3)]
    ended = [writer.communicate("go\n", 120) for writer in writers]
    assert ended == [("done\n", "")] * 6
    entries = json.loads(people("rita", "audit", "--json", "--registry", own).stdout)["entries"]
    assert [entry["seq"] for entry in entries] == list(range(1, 2 + 1 + 90))
    assert [sum(entry["actor"] == who for entry in entries) for who in ("ana", "bo")] == [47, 45]


def test_a_registry_of_ones_own_is_shared_when_its_owner_says_so(people):
    own = people.root / "srv/mine"
    assert people("ana", "init", own).exit_code == 0
    put(people, own, "ana", "one", umask=0o077)
    assert oct(stat.S_IMODE(own.stat().st_mode)) == "0o700"
    assert people("bo", "list", "--registry", own).exit_code == 7
    assert people("bo", "init", own, "--shared", "ml").exit_code == 7
    done = people("ana", "init", own, "--shared", "ml", "--readers", "auditors", "--json")
    assert json.loads(done.stdout) | {"id": ""} == {
        "schema": "modelkeep.init/1", "path": str(own), "id": "", "created": False, "stages": ["staging", "production"],
        "shared": "ml", "readers": "auditors", "in_the_way": None,
    }  # fmt: skip
    again = people("ana", "init", own, "--shared", "ml", "--readers", "auditors")
    assert again.stderr.splitlines() == [
        "nothing to do: it is shared with ml, to be read by auditors already",
        "who may write: the group ml",
        "who may read: the group auditors",
        f"for your colleagues, and for you: modelkeep config set registry {own}",
    ]
    put(people, own, "bo", "two")
    assert people("rita", "verify", "--registry", own).exit_code == 0
    # a member may look, and root may do it as well; the readers are taken back
    assert people("bo", "init", own, "--shared", "ml", "--readers", "auditors").exit_code == 0
    assert people("bo", "init", own, "--shared", "ml").stderr.splitlines()[0] == (
        f"error: {own}/store cannot be given to the group ml: it belongs to ana"
    )
    assert people("root", "init", own, "--shared", "ml").exit_code == 0
    assert people("rita", "list", "--registry", own).exit_code == 7
    assert people("bo", "verify", "--registry", own).exit_code == 0


def test_a_link_that_a_member_puts_in_the_place_of_the_store_is_not_opened_by_its_owner_nor_by_root(people, own):
    secret = people.home("ana") / "secret"
    (secret / "blobs").mkdir(parents=True)
    for path in (secret, secret / "blobs"):
        os.chown(path, people_.UIDS["ana"], people_.UIDS["ana"])
        path.chmod(0o700)
    swap = f"mv {own}/store {own}/old && ln -s {secret} {own}/store"
    assert people.run("bo", ["sh", "-c", swap]).exit_code == 0
    for who in ("ana", "root"):
        done = people(who, "init", own, "--shared", "ml")
        assert (done.exit_code, done.stderr.splitlines()[0]) == (
            4,
            f"error: the store {secret} does not name {own}, which leads to it by a link",
        )
    # nor by root one that leads to what its maker has no say over
    assert people.run("ana", ["sh", "-c", f"rm {own}/store && ln -s {people.root} {own}/store"]).exit_code == 0
    assert people("root", "init", own, "--shared", "ml").exit_code == 7
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in (secret, secret / "blobs")} == {"0o700"}
    assert oct(stat.S_IMODE(people.root.stat().st_mode)) == "0o755"


def test_a_file_with_another_name_elsewhere_is_not_shared_there_too(people, own):
    precious = people.home("ana") / "precious"
    precious.write_text("")
    os.link(precious, own / "registry.db-journal-of-old")
    done = people("root", "init", own, "--shared", "ml")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        7,
        f"error: {own}/registry.db-journal-of-old has a second name (a hard link), which would be shared as well",
    )


def test_a_directory_that_an_administrator_prepared_for_a_group_is_shared_with_it_as_it_is(people):
    place, other = people.root / "srv/prepared", people.root / "srv/half-prepared"
    for path, mode in ((place, 0o2770), (other, 0o2775)):
        path.mkdir()
        os.chown(path, 0, ML)
        path.chmod(mode)
    assert people("ana", "init", place, umask=0o077).exit_code == 0
    put(people, place, "bo", "one", umask=0o077)
    put(people, place, "ana", "two", umask=0o077)
    # what is his own gets the default lists, what is others' is well as it is
    assert people("bo", "init", place, "--shared", "ml").exit_code == 0
    assert people("bo", "init", place, "--shared", "ml").stderr.startswith(
        "nothing to do: it is shared with ml already\n"
    )
    assert people("bo", "verify", "--registry", place).exit_code == 0
    done = people("ana", "init", other, "--shared", "ml")
    assert (done.exit_code, done.stderr.splitlines()) == (
        7,
        [
            f"error: {other} cannot be given to the group ml: it belongs to root",
            "hint: root can do it with the same command",
        ],
    )
    assert os.listdir(other) == []


def test_the_store_of_a_shared_registry_is_shared_wherever_it_lies(people):
    own, store = people.root / "srv/elsewhere", people.root / "srv/bytes"
    done = people("ana", "init", own, "--shared", "ml", "--readers", "auditors", "--store", store, umask=0o077)
    assert done.exit_code == 0
    put(people, own, "bo", "one", umask=0o077)
    assert {(stat.S_IMODE(os.stat(path).st_mode), os.stat(path).st_gid) for path, _, _ in os.walk(store)} == {
        (0o2770, ML)
    }
    assert people("rita", "get", "fraud@1", "copied", "--registry", own).exit_code == 0
    assert people("otto", "ls", store).exit_code != 0


def test_a_registry_of_ones_own_and_its_store_are_shut_whatever_the_umask_and_who_made_the_directory(people):
    made, own, store = people.root / "srv/made", people.root / "srv/private", people.root / "srv/private-bytes"
    for who, path in (("ana", made), ("otto", people.root / "srv/ottos")):
        path.mkdir()
        os.chown(path, people_.UIDS[who], people_.UIDS[who])
        path.chmod(0o755)
    assert people("ana", "init", made, umask=0).exit_code == 0
    assert people("ana", "init", own, "--store", store, umask=0).exit_code == 0
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in (made, own, store)} == {"0o700"}
    done = people("ana", "init", people.root / "srv/ottos")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        7,
        "error: the registry {0} may not be written by this account: {0}: permission denied".format(
            people.root / "srv/ottos"
        ),
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--shared", "mll"], 3, ["error: there is no group 'mll' on this machine", "hint: did you mean ml?"]),
        (
            ["--shared", "empty"], 7,
            ["error: this account is not in the group empty, so it cannot share with it",
             "hint: newgrp empty if it was added a moment ago; else ask root"],
        ),
        (
            ["--readers", "auditors"], 2,
            ["error: --readers auditors needs --shared, the group that may write",
             "hint: modelkeep init --shared GROUP --readers auditors"],
        ),
        (
            ["--shared", "ml", "--readers", "ml"], 2,
            ["error: ml cannot be both writers and readers: writers may read", "hint: modelkeep init --shared ml"],
        ),
        (["--shared", "ml", "--readers", "none at all"], 3, ["error: there is no group 'none at all' on this machine"]),
    ],
    ids=["unknown", "not a member", "readers alone", "both", "unknown readers"],
)  # fmt: skip
def test_who_cannot_share_it_is_refused_and_nothing_is_made(people, words, code, said):
    done = people("ana", "init", people.root / "srv/nothing", *words)
    assert (done.exit_code, done.stderr.splitlines()[: len(said)]) == (code, said)
    assert not (people.root / "srv/nothing").exists()


def test_a_group_may_be_given_by_its_number(people):
    place = people.root / "srv/number"
    assert people("ana", "init", place, "--shared", str(ML)).exit_code == 0
    assert people("bo", "list", "--registry", place).exit_code == 0


def test_readers_need_a_file_system_with_access_lists(people):
    place = people.root / "srv/ram"
    place.mkdir()
    ram = f"mount -t ramfs -o mode=777 ramfs {place}; chmod 777 {place}"
    done = people("ana", "init", place / "r", "--shared", "ml", "--readers", "auditors", before=ram)
    assert (done.exit_code, done.stderr.splitlines()) == (
        2,
        [f"error: the file system of {place}/r (ramfs) has no access lists for --readers: operation not supported",
         "hint: leave out --readers: members of the group may read and write"],
    )  # fmt: skip
    assert people("ana", "init", place / "r", "--shared", "ml", before=ram).exit_code == 0


def test_who_does_not_get_to_the_directory_is_told_of_by_init(people):
    done = people("ana", "init", people.home("ana") / "models", "--shared", "ml")
    assert done.exit_code == 0
    home = people.home("ana")
    assert done.stderr.splitlines()[-2:] == [
        f"warning: {home} does not let them through: chmod o+x {home}",
        f"for your colleagues, and for you: modelkeep config set registry {home}/models",
    ]
    assert people("bo", "list", "--registry", home / "models").stderr.splitlines() == [
        f"error: the registry {home}/models may not be read by this account: {home}: permission denied",
        "hint: ask ana",
    ]


def test_sharing_again_brings_back_a_missing_lock_file_with_its_mode(people, own):
    (own / "registry.lock").unlink()
    assert people("ana", "init", own, "--shared", "ml", "--readers", "auditors").exit_code == 0
    status = (own / "registry.lock").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o660, ML)
    assert access_lists.read(own / "registry.lock") == b""
