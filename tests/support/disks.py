"""Disks to be harmed: a file-system image whose power is cut, a tmpfs that fills up.

Needs root and loop devices; where they are not to be had, what asks for a disk is skipped, with what is missing.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: From the kernel's ext4.h and xfs_fs.h, where the number is the same.
_SHUTDOWN = 0x8004587D
#: What is lost: all that is only in memory, or all but what the file system's journal then writes.
LOSE_ALL, LOSE_DATA = 2, 1

_MAKE = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
}
_PACKAGE = {"ext4": "e2fsprogs", "xfs": "xfsprogs"}


class Disk:
    """A file system in a file, mounted, whose power can be cut."""

    def __init__(self, image: Path, mounted: Path) -> None:
        self.image, self.mounted = image, mounted

    def mount(self) -> None:
        """Mount it; the file system repairs what its own journal tells.

        Each time through another loop device: were one of them still held by a mount in somebody
        else's namespace, what was shut down would be mounted again as it is.
        """
        device = must("losetup", "--find", "--show", self.image).strip()
        try:
            # The disk before it may still be held by a mount in somebody else's namespace, and xfs has a name of its own.
            options = ("-o", "nouuid") if self.image.suffix == ".image" and self.image.stem == "xfs" else ()
            must("mount", *options, device, self.mounted)
        finally:
            must("losetup", "--detach", device)  # when nobody holds it any more

    def unmount(self) -> None:
        must("umount", self.mounted)

    def sync(self) -> None:
        """Make all that is on it durable."""
        must("sync", "-f", self.mounted)

    def cut(self, how: int) -> None:
        """Cut the power: nothing that is not on the disk yet will ever be. Then switch it on again."""
        descriptor = os.open(self.mounted, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", how))
        finally:
            os.close(descriptor)
        self.unmount()
        self.mount()


@contextmanager
def disk(kind: str, at: Path) -> Iterator[Disk]:
    """Make a disk with such a file system, and take it away at the end."""
    program, *options = _MAKE[kind]
    if shutil.which(program) is None:
        pytest.skip(f"no {program}: apt-get install {_PACKAGE[kind]}")
    image, mounted = at / f"{kind}.image", at / kind
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(512 << 20)  # xfs wants 300 MiB; the file has holes
    must(program, *options, image)
    made = Disk(image, mounted)
    try:
        made.mount()
    except AssertionError as error:
        pytest.skip(f"no {kind} image can be mounted here (loop devices and root are needed): {error}")
    try:
        yield made
    finally:
        subprocess.run(["umount", "-l", mounted], check=False, capture_output=True)
        image.unlink()


_PLENTY_BYTES, _PLENTY_FILES = 64 << 20, 10_000


@contextmanager
def tmpfs(at: Path) -> Iterator[Path]:
    """Mount a tmpfs, on which `limit` leaves as much room as is wanted."""
    at.mkdir(exist_ok=True)
    options = f"size={_PLENTY_BYTES},nr_inodes={_PLENTY_FILES}"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here (root is needed): {done.stderr.decode().strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


def limit(at: Path, *, free_bytes: int | None = None, free_files: int | None = None) -> None:
    """Leave so much room on a tmpfs; None is plenty."""
    now = os.statvfs(at)
    size = _PLENTY_BYTES if free_bytes is None else (now.f_blocks - now.f_bfree) * now.f_frsize + free_bytes
    files = _PLENTY_FILES if free_files is None else now.f_files - now.f_ffree + free_files
    must("mount", "-o", f"remount,size={size},nr_inodes={files}", at)


def must(*words: object) -> str:
    """Run a program of the system; what it said is the failure's text."""
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout
