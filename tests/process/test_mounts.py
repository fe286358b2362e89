"""On a mount without working locks nothing is written and everything is read; another network mount is warned of.

The kernel's table of mounts is replaced by one of ours, in a mount namespace of the command's own.
"""

import os
import shutil
import subprocess

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("unshare") is None,
        reason="needs root and unshare (util-linux) to show a command other mounts",
    ),
]

SOFT = "27 1 0:1 / / rw,relatime - nfs4 server:/models rw,vers=4.2,soft,proto=tcp,local_lock=none\n"
HARD = SOFT.replace("soft", "hard")
REFUSED = [
    ("error: changes to {0} would be lost: nfs4 with soft: it gives up on what it has not written yet (mounted at /)"),
    "hint: mount it without soft, or keep the registry on a local disk",
]
WARNED = "warning: {0} is on a network mount (nfs4 at /), which is fine as long as its locks work and it keeps what it acknowledged"


@pytest.fixture
def mounted(run, tmp_path):
    """Return what runs a command that sees another table of mounts.

    Line 27 gets the number that the mount of the directory really has, line 28 that of ``bytes``, a mount of its own.
    """

    def go(table, *words):
        (tmp_path / "mounts").write_text(table)
        script = """
            number="s/^mnt_id:[^0-9]*//p"
            exec 9<.; sed -i "s/^27 /$(sed -n "$number" /proc/$$/fdinfo/9) /" "$1"
            if test -d bytes; then
                mount --bind bytes bytes
                exec 9<bytes; sed -i "s/^28 /$(sed -n "$number" /proc/$$/fdinfo/9) /" "$1"
            fi
            exec 9<&-; mount --bind "$1" /proc/$$/mountinfo && shift && exec "$@"
        """
        return subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", tmp_path / "mounts", run.script, *words],
            cwd=run.cwd, env=run.env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return go


@pytest.mark.parametrize(
    "words",
    [
        ["promote", "fraud@2", "production"], ["register", "fraud", "new.onnx"], ["tag", "fraud", "owner=ana"],
        ["promote", "fraud@2", "production", "-n"], ["rollback", "fraud@1"], ["archive", "fraud@2"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_nothing_is_written_where_locks_lie(mounted, run, made, words):
    (made / "new.onnx").write_bytes(b"new")
    before = run("audit", "--json").stdout
    done = mounted(SOFT, *words)
    home = made / ".modelkeep"
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.splitlines() == [text.format(home) for text in REFUSED]
    assert run("audit", "--json").stdout == before
    assert list((home / "store/tmp").iterdir()) == []


def test_no_registry_is_begun_where_locks_lie(mounted, run):
    done = mounted(SOFT, "init")
    wanted = [text.format(run.cwd / ".modelkeep") for text in REFUSED]
    assert (done.returncode, done.stderr.splitlines()) == (7, wanted)
    assert os.listdir(run.cwd) == []


@pytest.mark.parametrize(
    "words",
    [["list"], ["show", "fraud@1"], ["get", "fraud@1", "copy.onnx"], ["path", "fraud@1"], ["verify"], ["audit"]],
    ids=" ".join,
)
def test_what_is_there_is_read_all_the_same(mounted, made, words):
    for table in (SOFT, HARD):
        done = mounted(table, *words)
        assert (done.returncode, "network mount" in done.stderr) == (0, False)


def test_of_another_network_mount_a_change_is_warned_of_once(mounted, made):
    done = mounted(HARD, "archive", "fraud@2", "risk/churn@1")
    assert (done.returncode, done.stdout) == (
        0,
        "fraud@2: development -> archived\nrisk/churn@1: development -> archived\n",
    )
    assert done.stderr.splitlines() == [WARNED.format(made / ".modelkeep")]
    made_anew = mounted(HARD, "init", "elsewhere")
    assert (made_anew.returncode, made_anew.stderr.splitlines()[0]) == (0, WARNED.format(made / "elsewhere"))


def test_a_store_elsewhere_is_looked_at_too(mounted, made):
    (made / "bytes").mkdir()
    table = HARD.replace("nfs4 server:/models rw,vers=4.2,hard", "ext4 /dev/vda rw")
    table += f"28 27 0:2 / {made}/bytes rw - fuse.s3fs s3fs rw\n"
    refused = [
        (
            f"error: changes to {made}/bytes/store would be lost: fuse.s3fs: its locks stay on "
            f"this machine (mounted at {made}/bytes)"
        ),
        "hint: keep the registry on a local disk, or on NFS 4 with its defaults",
    ]
    assert mounted(table, "init", "r", "--store", "bytes/store").stderr.splitlines() == refused
    assert os.listdir(made / "bytes") == []
    assert mounted(HARD.replace("nfs4", "ext4"), "init", "r", "--store", "bytes/store").returncode == 0
    done = mounted(table, "register", "fraud", "model1.onnx", "--registry", "r")
    assert (done.returncode, done.stderr.splitlines()) == (7, refused)
    assert mounted(table, "list", "--registry", "r").returncode == 0
