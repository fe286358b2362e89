"""gc beside publishers of the same bytes: whatever a version needs is there, at any moment somebody looks.

Sixteen processes register the same few contents, over and over, delete what they registered, and
leave bytes behind as a killed register does; two others sweep with no grace all the while, one of
them also on a full disk, where no mark can be written. After each round every version that was not
deleted has its bytes.
"""

import faulthandler
import os
from pathlib import Path

import pytest
from processes import start

from harm import needs_strace
from modelkeep.registry import create_registry

pytestmark = pytest.mark.slow

PUBLISHERS = 16

PUBLISHES = """
import hashlib, io, os, sys
from modelkeep.registry import open_registry
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.content.writer import ContentWriter
registry, number = open_registry(sys.argv[1]), int(sys.argv[2])
bucket = DirectoryBucket(os.path.join(sys.argv[1], "store"))
name, kept = f"m-{number}", None

def publish(content):
    with open(name, "wb") as file:
        file.write(content)
    made = registry.register(name, name, code="none", if_exists="new")
    with bucket.get("sha256:" + hashlib.sha256(content).hexdigest()) as file:
        assert file.read() == content
    return made.ref

print("ready", flush=True)
for line in sys.stdin:
    turn = int(line)
    if kept is not None:
        registry.delete(kept)
    # those of the turn before are nobody's for a moment, and come back in the next
    first, second = (b"content %d %d" % (turn % 2, (number + more) % 3) for more in (0, 1))
    if number % 4 == 0:
        with ContentWriter(bucket) as writer:  # and no entry follows
            writer.add_bytes(first)
            writer.commit()
    else:
        registry.delete(publish(first))
    kept = publish(second)
    print("done", flush=True)
"""

SWEEPS = """
import os, sys
from modelkeep.registry import open_registry
registry, stop, runs, files = open_registry(sys.argv[1]), sys.argv[2], 0, 0
while not os.path.exists(stop):
    found = registry.gc(grace="0")
    runs, files = runs + 1, files + sum(each.kind == "blob" for each in found.garbage)
print(runs, files, flush=True)
"""


def said(process):
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return line.strip()


#: What a full disk does to a sweep: it cannot write its mark.
NO_ROOM = (
    "strace",
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-o",
    os.devnull,
    "-e",
    "trace=renameat",
    "-e",
    "inject=renameat:error=ENOSPC",
)


@pytest.mark.parametrize("under", [(), pytest.param(NO_ROOM, marks=needs_strace)], ids=["room", "no-room"])
@pytest.mark.parametrize(("registries", "rounds"), [(1, 10), pytest.param(34, 30, marks=pytest.mark.full)])
def test_no_byte_that_a_version_needs_is_ever_missing(tmp_path, started, registries, rounds, under):
    # A sweep reads the log: new ones now and then keep it short, and the sweeps many.
    figures = [_raced(tmp_path / str(number), started, rounds, under) for number in range(registries)]
    entries, sweeps, files, left = map(sum, zip(*figures, strict=True))
    print(f"{registries * rounds} rounds: {entries} entries, {sweeps} sweeps, {files} blobs swept, {left} left")
    assert files >= registries * rounds, "the sweepers swept too little for a race"


def _raced(place, started, rounds, under):
    """Let them race in a new registry; return entries, sweeps, blobs swept and blobs left."""
    place.mkdir()
    registry, _ = create_registry(place / "registry")
    publishers = [start(PUBLISHES, place, registry.directory, number) for number in range(PUBLISHERS)]
    started += publishers
    assert [said(each) for each in publishers] == ["ready"] * PUBLISHERS
    sweeper = start(SWEEPS, place, registry.directory, place / "stop", under=under)
    started.append(sweeper)
    files = 0
    for turn in range(rounds):
        faulthandler.dump_traceback_later(120, exit=True)  # for this round, not for all of them
        for each in publishers:
            each.stdin.write(f"{turn}\n")
            each.stdin.flush()
        files += swept(registry)  # a second sweeper, beside the first
        assert [said(each) for each in publishers] == ["done"] * PUBLISHERS
        assert registry.verify(log=False, quick=True).findings == (), turn
    (place / "stop").touch()
    runs, more = map(int, said(sweeper).split())
    for each in (*publishers, sweeper):
        assert each.communicate()[1] == ""
    found = registry.verify()
    assert found.findings == ()
    registry.gc(grace="0")
    left = sum(path.is_file() for path in Path(registry.directory, "store", "blobs").rglob("*"))
    assert left <= 3
    return found.entries, runs + rounds, files + more, left


def swept(registry):
    found = registry.gc(grace="0")
    return sum(each.kind == "blob" for each in found.garbage)
