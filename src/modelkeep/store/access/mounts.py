"""The mount that a directory lies on, and whether its locks exclude other machines.

SQLite is safe where a lock excludes every other writer. Some mounts grant each lock without telling other machines.
With two writers commits are then lost while everything looks intact: on NFS with ``nolock`` 41 of 140 acknowledged
commits, with an ``integrity_check`` of ok. The kernel's table of mounts shows which mounts those are. Only writing
commands look. Where there is no table (macOS), nothing is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec import Struct

from modelkeep.errors import RegistryUnavailable
from modelkeep.local_path import real_path
from modelkeep.store.access.permissions import nearest

_TABLE = "/proc/self/mountinfo"
_LEAST_FIELDS = 9

#: File systems that other machines may write to.
_NETWORK = frozenset({
    "9p", "acfs", "afs", "afpfs", "beegfs", "ceph", "cifs", "coda", "gfs2", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs",
})  # fmt: skip
#: File systems in user space whose files are on this machine, so that its locks are enough.
_LOCAL_FUSE = frozenset({
    "fuseblk", "fuse.bindfs", "fuse.cryfs", "fuse.encfs", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.fuse2fs",
    "fuse.gocryptfs", "fuse.mergerfs", "fuse.ntfs", "fuse.ntfs-3g", "fuse.squashfuse",
})  # fmt: skip
#: File systems in user space without locks between machines; most transfer whole files.
_FUSE_WITHOUT_LOCKS = frozenset({
    "blobfuse", "blobfuse2", "cosfs", "curlftpfs", "davfs", "davfs2", "gcsfuse", "geesefs", "google-drive-ocamlfuse",
    "goofys", "gvfsd-fuse", "hdfs", "kio-fuse", "mount-s3", "mountpoint-s3", "obsfs", "onedriver", "ossfs", "rclone",
    "s3fs", "seaweedfs", "smbnetfs", "sshfs", "weed", "yas3fs",
})  # fmt: skip
_STAY = "its locks stay on this machine"
_STALE = "it may show files as they were before another machine wrote"
_ALIKE = {"cifs": "smb", "smb3": "smb", "smbfs": "smb", "nfs": "nfs", "nfs4": "nfs"}
#: Mount options that break locks, and how. (``soft`` is SMB's default, and SMB reports the error.)
_BROKEN_BY = {
    "nfs": {
        "nolock": _STAY,
        "local_lock=all": _STAY,
        "local_lock=flock": _STAY,
        "local_lock=posix": _STAY,
        "soft": "it gives up on what it has not written yet",
        "softerr": "it gives up on what it has not written yet",
        "nosharecache": "two mounts of it do not see what the other has written",
    },
    "smb": {"nobrl": _STAY, "nolock": _STAY, "cache=loose": _STALE},
    "9p": {
        "noextend": _STAY,
        "version=9p2000": _STAY,
        "version=9p2000.u": _STAY,
        "cache=loose": _STALE,
        "cache=fscache": _STALE,
    },
    "lustre": {"localflock": _STAY},
    "gfs2": {"localflocks": _STAY, "lockproto=lock_nolock": _STAY},
    "ocfs2": {"localflocks": _STAY},
    "orangefs": {"local_lock": _STAY},
    "afs": {"flock=local": _STAY, "flock=openafs": _STAY},
}


class Mount(Struct, frozen=True):
    """One mount: the kind of its file system, its mount point and its options.

    ``network`` is true where other machines may write, or it is not known. ``broken_locks`` says why its
    locks do not exclude others (None: they do), ``remedy`` what to do about it.
    """

    kind: str
    point: str
    options: tuple[str, ...]
    network: bool
    broken_locks: str | None
    remedy: str | None


def mount_of(path: str, line: str | None = None) -> Mount | None:
    """Return the mount that a path lies on, even if the path does not exist; None where it is not known.

    ``line`` is that of the mount in ``/proc/self/mountinfo`` (proc(5)); the kernel's own unless given.
    """
    row = (_line_of(path) if line is None else line).rstrip("\n").split(" ")
    if len(row) <= _LEAST_FIELDS:
        return None
    kind = row[row.index("-", 6) + 1]
    options = tuple(dict.fromkeys(f"{row[5]},{row[-1]}".split(",")))
    broken_locks, remedy = _broken_locks(kind, options) or (None, None)
    network = broken_locks is not None or kind in _NETWORK or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)
    return Mount(kind, _plain(row[4]), options, network, broken_locks, remedy)


def check_locks(directory: str, say: Callable[[str], None], line: str | None = None) -> None:
    """Refuse to write where locks are broken (``RegistryUnavailable``); warn of any other network mount through ``say``."""
    found = mount_of(directory, line)
    if found is None or not found.network:
        return
    if found.broken_locks is not None:
        message = f"changes to {directory} would be lost: {found.broken_locks} (mounted at {found.point})"
        raise RegistryUnavailable(message, found.remedy)
    say(
        f"warning: {directory} is on a network mount ({found.kind} at {found.point}), "
        "which is fine as long as its locks work and it keeps what it acknowledged"
    )


def _broken_locks(kind: str, options: tuple[str, ...]) -> tuple[str, str] | None:
    """Return why the locks of a mount do not exclude other machines, and the remedy; None where they do."""
    if kind.removeprefix("fuse.") in _FUSE_WITHOUT_LOCKS:
        return f"{kind}: {_STAY}", "keep the registry on a local disk, or on NFS 4 with its defaults"
    reasons = _BROKEN_BY.get(_ALIKE.get(kind, kind), {})
    for option in options:
        if option in reasons:
            return f"{kind} with {option}: {reasons[option]}", _without(option)
    return None


def _without(option: str) -> str:
    how = "with local_lock=none" if option.startswith("local_lock=") else f"without {option}"
    return f"mount it {how}, or keep the registry on a local disk"


def _line_of(path: str) -> str:
    """Return the mount's line of the table; "" where there is none. The kernel tells the mount of an open directory."""
    try:
        descriptor = os.open(nearest(real_path(path)), os.O_PATH | os.O_CLOEXEC)
        try:
            with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
                number = next(line.split()[1] for line in file if line.startswith("mnt_id:"))
        finally:
            os.close(descriptor)
        with open(_TABLE, "rb") as file:
            return next(line for line in map(os.fsdecode, file) if line.startswith(f"{number} "))
    except (OSError, AttributeError, StopIteration):  # no Linux
        return ""


def _plain(text: str) -> str:
    """Return a field with its escapes (three octal digits for space, tab, newline and backslash) undone."""
    if "\\" not in text:
        return text
    first, *rest = text.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)
