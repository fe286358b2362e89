"""On what a directory is mounted: the line that counts, and which locks are not to be believed."""

import os
import sys

import pytest

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.access.mounts import check_locks, mount_of


def line(point, kind, options="rw", *, root="/", tags=""):
    return f"40 27 0:40 {root} {point} rw,relatime{tags} - {kind} source {options}\n"


def kind_and_point(line):
    found = mount_of("/srv/models", line)
    return found and (found.kind, found.point)


def test_a_bind_mount_is_of_the_kind_that_it_shows():
    assert kind_and_point(line("/opt/models", "nfs4", root="/team/models")) == ("nfs4", "/opt/models")


def test_what_stands_in_octal_is_read_as_it_is():
    assert kind_and_point(line(r"/srv/my\040models\134\011x", "nfs4")) == ("nfs4", "/srv/my models\\\tx")


def test_optional_fields_do_not_move_the_kind():
    assert kind_and_point(line("/srv", "xfs", tags=" shared:1 master:2")) == ("xfs", "/srv")
    assert kind_and_point(line("/-", "xfs")) == ("xfs", "/-")


def test_the_overlay_of_a_container_is_local():
    overlay = "60 59 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c,workdir=/d\n"
    found = mount_of("/var/models", overlay)
    assert (found.kind, found.network, found.broken_locks) == ("overlay", False, None)


@pytest.mark.parametrize("line", ["", "\n", "27 1 254:0 / / rw\n", "no line of it"])
def test_what_is_no_line_of_the_table_tells_nothing(line):
    assert mount_of("/srv", line) is None


@pytest.mark.parametrize(
    ("kind", "options", "lying", "instead"),
    [
        ("nfs", "rw,vers=3,hard,nolock,proto=tcp,local_lock=all", "nfs with nolock: its locks stay on this machine",
         "mount it without nolock, or keep the registry on a local disk"),
        ("nfs4", "rw,vers=4.2,hard,local_lock=posix", "nfs4 with local_lock=posix: its locks stay on this machine",
         "mount it with local_lock=none, or keep the registry on a local disk"),
        ("nfs4", "rw,vers=4.2,soft,local_lock=none", "nfs4 with soft: it gives up on what it has not written yet",
         "mount it without soft, or keep the registry on a local disk"),
        ("nfs4", "rw,softerr", "nfs4 with softerr: it gives up on what it has not written yet",
         "mount it without softerr, or keep the registry on a local disk"),
        ("nfs4", "rw,nosharecache,hard", "nfs4 with nosharecache: two mounts of it do not see what the other has written",
         "mount it without nosharecache, or keep the registry on a local disk"),
        ("cifs", "rw,vers=3.1.1,soft,nobrl", "cifs with nobrl: its locks stay on this machine",
         "mount it without nobrl, or keep the registry on a local disk"),
        ("9p", "rw,trans=virtio,version=9p2000.u", "9p with version=9p2000.u: its locks stay on this machine",
         "mount it without version=9p2000.u, or keep the registry on a local disk"),
        ("9p", "rw,cache=loose,trans=virtio", "9p with cache=loose: it may show files as they were before another machine wrote",
         "mount it without cache=loose, or keep the registry on a local disk"),
        ("lustre", "rw,localflock", "lustre with localflock: its locks stay on this machine",
         "mount it without localflock, or keep the registry on a local disk"),
        ("fuse.sshfs", "rw,user_id=1000", "fuse.sshfs: its locks stay on this machine",
         "keep the registry on a local disk, or on NFS 4 with its defaults"),
        ("fuse.rclone", "rw,user_id=1000", "fuse.rclone: its locks stay on this machine",
         "keep the registry on a local disk, or on NFS 4 with its defaults"),
    ],
)  # fmt: skip
def test_which_locks_are_not_to_be_believed(kind, options, lying, instead):
    found = mount_of("/srv/models", line("/srv", kind, options))
    assert (found.network, found.broken_locks, found.remedy) == (True, lying, instead)


@pytest.mark.parametrize(
    ("kind", "options", "network"),
    [
        ("ext4", "rw,nolock", False),  # no option of this kind: what it is called elsewhere means nothing
        ("tmpfs", "rw,size=4k", False),
        ("fuseblk", "rw,user_id=0", False),
        ("fuse.gocryptfs", "rw", False),
        ("nfs4", "rw,vers=4.2,hard,proto=tcp,local_lock=none", True),
        ("nfs", "rw,vers=3,hard,local_lock=none", True),
        ("cifs", "rw,vers=3.1.1,cache=strict,soft", True),
        ("9p", "rw,access=client,trans=virtio", True),
        ("virtiofs", "rw", True),
        ("ceph", "rw", True),
        ("fuse.of-somebody", "rw", True),
    ],
)
def test_which_locks_are_believed(kind, options, network):
    found = mount_of("/srv/models", line("/srv", kind, options))
    assert (found.network, found.broken_locks, found.remedy) == (network, None, None)
    assert found.options == tuple(dict.fromkeys(["rw", "relatime", *options.split(",")]))


@pytest.mark.skipif(not os.path.exists("/proc/self/mountinfo"), reason="needs Linux's /proc")
def test_the_kernel_says_which_mount_a_path_lies_on(tmp_path):
    assert (mount_of("/proc/self").kind, mount_of("/proc/self").point) == ("proc", "/proc")
    (tmp_path / "link").symlink_to("/proc/self")
    assert mount_of(str(tmp_path / "link/no/such/file")) == mount_of("/proc")
    assert mount_of("/nowhere/at/all") == mount_of("/")
    (tmp_path / "dangling").symlink_to("/nowhere/at/all")
    assert mount_of(str(tmp_path / "dangling")) == mount_of("/")


@pytest.mark.skipif(sys.platform == "linux", reason="Linux has the table")
def test_another_system_tells_nothing_of_its_own_mounts():
    assert mount_of("/") is None


def test_writing_is_refused_where_locks_lie_with_the_reason_and_what_to_do():
    said = []
    with pytest.raises(RegistryUnavailable) as caught:
        check_locks("/srv/models", said.append, line("/srv", "nfs", "rw,vers=3,nolock,local_lock=all"))
    assert (caught.value.message, caught.value.hint, caught.value.exit_code) == (
        ("changes to /srv/models would be lost: nfs with nolock: its locks stay on this machine (mounted at /srv)"),
        "mount it without nolock, or keep the registry on a local disk",
        7,
    )
    assert said == []


def test_another_network_mount_is_warned_of_and_a_local_one_is_not():
    said = []
    check_locks("/srv/models", said.append, line("/srv", "nfs4", "rw,hard,local_lock=none"))
    assert said == [
        (
            "warning: /srv/models is on a network mount (nfs4 at /srv), "
            "which is fine as long as its locks work and it keeps what it acknowledged"
        )
    ]
    for local in (line("/", "ext4"), ""):
        check_locks("/srv/models", pytest.fail, local)
