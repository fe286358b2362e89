"""On what a directory is mounted, and whether the locks there tell the truth.

SQLite is safe where a lock that it was given keeps everybody else out. Some mounts give every lock
that is asked for and tell no other machine: with two writers commits are then lost while everything
looks intact (on NFS with ``nolock`` 41 of 140 acknowledged ones, ``integrity_check`` ok). The kernel's
table of mounts tells which those are. Only what writes asks; a system without the table (macOS) says
nothing, and nothing is refused there.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec import Struct

from modelkeep.errors import RegistryUnavailable

_TABLE = "/proc/self/mountinfo"

#: Kinds that other machines may write to as well.
_NETWORK = frozenset({
    "9p", "acfs", "afs", "afpfs", "beegfs", "ceph", "cifs", "coda", "gfs2", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs",
})  # fmt: skip
#: File systems in user space whose locks are only asked on this machine, for their files are of this machine.
_LOCAL_FUSE = frozenset({
    "fuseblk", "fuse.bindfs", "fuse.cryfs", "fuse.encfs", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.fuse2fs",
    "fuse.gocryptfs", "fuse.mergerfs", "fuse.ntfs", "fuse.ntfs-3g", "fuse.squashfuse",
})  # fmt: skip
#: File systems in user space that know no lock of another machine; most carry whole files back and forth.
_FUSE_WITHOUT_LOCKS = frozenset({
    "blobfuse", "blobfuse2", "cosfs", "curlftpfs", "davfs", "davfs2", "gcsfuse", "geesefs", "google-drive-ocamlfuse",
    "goofys", "gvfsd-fuse", "hdfs", "kio-fuse", "mount-s3", "mountpoint-s3", "obsfs", "onedriver", "ossfs", "rclone",
    "s3fs", "seaweedfs", "smbnetfs", "sshfs", "weed", "yas3fs",
})  # fmt: skip
_STAY = "its locks stay on this machine"
_STALE = "it shows what was there before somebody else wrote"
_ALIKE = {"cifs": "smb", "smb3": "smb", "smbfs": "smb", "nfs": "nfs", "nfs4": "nfs"}
#: What options make of locks, per kind. (``soft`` is SMB's default, and there an error is told.)
_LIES = {
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
    """One line of the table: the file system's kind, where it is mounted, with which options.

    ``network`` says that other machines may write there, or that nobody knows. ``lying`` says why its
    locks keep nobody out, None where they can be believed; ``instead`` is what to do about that.
    """

    kind: str
    point: str
    options: tuple[str, ...]
    network: bool
    lying: str | None
    instead: str | None


def mount_of(path: str, table: str | None = None) -> Mount | None:
    """Return the mount that a path lies on, whether or not it is there; None where nobody can tell.

    ``table`` is the text of ``/proc/self/mountinfo`` (proc(5)); the kernel's own unless given.
    """
    row = _row_of(os.path.realpath(path), _read() if table is None else table)
    if row is None:
        return None
    kind = row[row.index("-", 6) + 1]
    options = tuple(dict.fromkeys(f"{row[5]},{row[-1]}".split(",")))
    lying, instead = _lie(kind, options) or (None, None)
    network = lying is not None or kind in _NETWORK or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)
    return Mount(kind, _plain(row[4]), options, network, lying, instead)


def check_locks(directory: str, say: Callable[[str], None], table: str | None = None) -> None:
    """Refuse to write where locks lie (``RegistryUnavailable``); of another network mount ``say`` a warning."""
    found = mount_of(directory, table)
    if found is None or not found.network:
        return
    if found.lying is not None:
        message = (
            f"nothing is written to {directory}, or changes would be lost: {found.lying} (mounted at {found.point})"
        )
        raise RegistryUnavailable(message, found.instead)
    say(
        f"warning: {directory} is on a network mount ({found.kind} at {found.point}): "
        "that is fine while its locks work and it keeps what it acknowledged"
    )


def _lie(kind: str, options: tuple[str, ...]) -> tuple[str, str] | None:
    """Return why the locks of a mount are not to be believed, and what to do; None where they are."""
    if kind.removeprefix("fuse.") in _FUSE_WITHOUT_LOCKS:
        instead = "keep the registry on a local disk, or on NFS 4 with its defaults"
        return f"{kind}: {_STAY}", instead
    lies = _LIES.get(_ALIKE.get(kind, kind), {})
    for option in options:
        if option in lies:
            return f"{kind} with {option}: {lies[option]}", _without(option)
    return None


def _without(option: str) -> str:
    how = "with local_lock=none" if option.startswith("local_lock=") else f"without {option}"
    return f"mount it {how}, or keep the registry on a local disk"


def _read() -> str:
    try:
        with open(_TABLE, "rb") as file:
            return os.fsdecode(file.read())
    except OSError:
        return ""


def _row_of(path: str, table: str) -> list[str] | None:
    """Return the fields of the mount that a path without links lies on.

    From the root down, as the kernel goes: a mount hides what was mounted before at its point and
    below. In a chroot the root's own line may be missing; then the longest point that leads to the
    path counts, and of equal ones the last.
    """
    rows = [row for line in table.split("\n") if len(row := line.split(" ")) > 9 and _leads(_plain(row[4]), path)]
    ids = {row[0] for row in rows}
    roots = [row for row in rows if row[4] == "/" and (row[1] == row[0] or row[1] not in ids)]
    if not roots:
        return max(reversed(rows), key=lambda row: len(row[4]), default=None)
    row = roots[-1]
    while True:
        rows.remove(row)
        on_it = [each for each in rows if each[1] == row[0]]
        if not on_it:
            return row
        row = min(on_it, key=lambda each: len(each[4]))


def _leads(point: str, path: str) -> bool:
    return path == point or path.startswith(point if point.endswith("/") else f"{point}/")


def _plain(text: str) -> str:
    """Return a field as it was: space, tab, newline and backslash stand as three octal digits."""
    if "\\" not in text:
        return text
    first, *rest = text.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)
