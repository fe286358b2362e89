"""On what a directory is mounted: the line that counts, and which locks are not to be believed."""

import os
import sys

import pytest

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.access.mounts import check_locks, mount_of

ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"


def line(number, parent, point, kind, options="rw", *, root="/", tags=""):
    return f"{number} {parent} 0:{number} {root} {point} rw,relatime{tags} - {kind} source {options}\n"


def kind_at(path, table):
    found = mount_of(path, table)
    return found and (found.kind, found.point)


def test_the_longest_point_that_leads_to_a_path_counts():
    table = ROOT + line(40, 27, "/srv", "xfs") + line(41, 40, "/srv/models", "nfs4") + line(42, 27, "/srv-2", "tmpfs")
    assert kind_at("/srv/models/fraud", table) == ("nfs4", "/srv/models")
    assert kind_at("/srv/models-2/fraud", table) == ("xfs", "/srv")
    assert kind_at("/srv-2", table) == ("tmpfs", "/srv-2")
    assert kind_at("/home/ana", table) == ("ext4", "/")


def test_a_mount_hides_what_was_mounted_before_at_its_point_and_below():
    twice = ROOT + line(40, 27, "/srv", "xfs") + line(41, 40, "/srv", "nfs")
    assert kind_at("/srv/models", twice) == ("nfs", "/srv")
    # the table is in no order that tells: whose parent it is does
    assert kind_at("/srv/models", line(41, 40, "/srv", "nfs") + line(40, 27, "/srv", "xfs") + ROOT) == ("nfs", "/srv")
    below = ROOT + line(40, 27, "/srv/models", "nfs") + line(41, 27, "/srv", "xfs")
    assert kind_at("/srv/models", below) == ("xfs", "/srv")


def test_a_bind_mount_is_of_the_kind_that_it_shows():
    table = ROOT + line(40, 27, "/export", "nfs4") + line(41, 27, "/opt/models", "nfs4", root="/team/models")
    assert kind_at("/opt/models/x", table) == ("nfs4", "/opt/models")


def test_what_stands_in_octal_is_read_as_it_is():
    table = ROOT + line(40, 27, r"/srv/my\040models\134\011x", "nfs4")
    assert kind_at("/srv/my models\\\tx/r", table) == ("nfs4", "/srv/my models\\\tx")


def test_optional_fields_do_not_move_the_kind():
    assert kind_at("/srv/x", ROOT + line(40, 27, "/srv", "xfs", tags=" shared:1 master:2")) == ("xfs", "/srv")
    assert kind_at("/-/x", ROOT + line(40, 27, "/-", "xfs")) == ("xfs", "/-")


def test_the_overlay_of_a_container_is_local():
    table = "60 59 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c,workdir=/d\n"
    found = mount_of("/var/models", table)
    assert (found.kind, found.network, found.broken_locks) == ("overlay", False, None)


def test_in_a_chroot_without_a_line_of_its_own_the_longest_and_last_counts():
    table = line(40, 27, "/srv", "xfs") + line(41, 40, "/srv", "nfs")
    assert kind_at("/srv/models", table) == ("nfs", "/srv")
    assert kind_at("/home", table) is None


@pytest.mark.parametrize("table", ["", "\n", "27 1 254:0 / / rw\n", "not a table"])
def test_a_system_without_the_table_tells_nothing(table):
    assert mount_of("/srv", table) is None


def test_a_link_is_followed_first(tmp_path):
    (tmp_path / "link").symlink_to("/srv/models")
    assert kind_at(tmp_path / "link/r", ROOT + line(40, 27, "/srv", "nfs4")) == ("nfs4", "/srv")


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
    found = mount_of("/srv/models", ROOT + line(40, 27, "/srv", kind, options))
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
    found = mount_of("/srv/models", ROOT + line(40, 27, "/srv", kind, options))
    assert (found.network, found.broken_locks, found.remedy) == (network, None, None)
    assert found.options == tuple(dict.fromkeys(["rw", "relatime", *options.split(",")]))


@pytest.mark.skipif(not os.path.exists("/proc/self/mountinfo"), reason="needs Linux's /proc")
def test_the_kernels_own_table_is_read():
    assert mount_of("/proc/self").kind == "proc"
    assert mount_of("/nowhere/at/all") == mount_of("/")


@pytest.mark.skipif(sys.platform == "linux", reason="Linux has the table")
def test_another_system_tells_nothing_of_its_own_mounts():
    assert mount_of("/") is None


def test_writing_is_refused_where_locks_lie_with_the_reason_and_what_to_do():
    table = ROOT + line(40, 27, "/srv", "nfs", "rw,vers=3,nolock,local_lock=all")
    said = []
    with pytest.raises(RegistryUnavailable) as caught:
        check_locks("/srv/models", said.append, table)
    assert (caught.value.message, caught.value.hint, caught.value.exit_code) == (
        ("changes to /srv/models would be lost: nfs with nolock: its locks stay on this machine (mounted at /srv)"),
        "mount it without nolock, or keep the registry on a local disk",
        7,
    )
    assert said == []


def test_another_network_mount_is_warned_of_and_a_local_one_is_not():
    said = []
    check_locks("/srv/models", said.append, ROOT + line(40, 27, "/srv", "nfs4", "rw,hard,local_lock=none"))
    assert said == [
        (
            "warning: /srv/models is on a network mount (nfs4 at /srv), "
            "which is fine as long as its locks work and it keeps what it acknowledged"
        )
    ]
    for table in (ROOT, ""):
        check_locks("/srv/models", pytest.fail, table)
