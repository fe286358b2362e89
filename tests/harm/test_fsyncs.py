"""What each command makes durable, in which order: no later change drops a sync unnoticed, or adds a dear one.

A line is a call and what it was about: ``/`` ends a directory, equal lines that follow each other are
one with their number. A command that changed on purpose gets its new lines from the failing test.
"""

import itertools
import re

import pytest
from scenes import SCENES

from harm import needs_strace

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]

#: One transaction of SQLite with DELETE and EXTRA: the journal, its name, that it is whole, the pages, that it is gone.
COMMIT = """\
fdatasync journal
fdatasync registry/
fdatasync journal
fdatasync database
fdatasync registry/
"""

INIT = (
    """\
fsync ./
fsync team/
fsync store/
fsync registry/
fsync store/blobs/
fsync store/
fsync store/blobs/sha256/
fsync store/blobs/
fsync store/tmp/
fsync store/
fsync store/tmp/X/1
fsync store/
"""
    + COMMIT
    + """\
fsync registry/
fsync team/
"""
)

SYNCS = {
    "init": INIT,
    "init-shared": INIT,
    # expected to move with the store's own pace: those of register
    "register-file": """\
fsync store/tmp/X/1
fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT,
    "register-duplicate": """\
fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT,
    "register-swept": """\
3 fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT,
    "register-few": """\
fsync store/tmp/X/1
fsync store/tmp/X/2
fsync store/tmp/X/3
fsync store/tmp/X/4
4 fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT,
    "register-many": """\
2 syncfs store/tmp/X
"""
    + COMMIT,
    # what takes the source away comes after the entry
    "register-move": """\
fsync store/tmp/X/1
fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT
    + """\
fsync work/
""",
    "register-move-tree": """\
fsync store/tmp/X/1
fsync store/tmp/X/2
fsync store/tmp/X/3
3 fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT
    + """\
fsync work/moving
fsync work/moving/sub
""",
    "register-move-known": """\
fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
"""
    + COMMIT
    + """\
fsync work/
""",
    "promote": COMMIT,
    "rollback": COMMIT,
    "archive": COMMIT,
    "tag": COMMIT,
    "delete": COMMIT,
    "gc": """\
fsync store/
fsync store/tmp/X/1
fsync store/
7 fsync store/blobs/sha256/XX/
""",
    "backup": """\
fsync ./
fsync backup/backup.json.new
fsync backup/
fsync backup/store/
fsync backup/
fsync backup/store/blobs/
fsync backup/store/
fsync backup/store/blobs/sha256/
fsync backup/store/blobs/
fsync backup/store/tmp/
fsync backup/store/
fdatasync backup/registry.db.new
fsync backup/store/tmp/X/1
fsync backup/store/tmp/X/2
fsync backup/store/tmp/X/3
fsync backup/store/tmp/X/4
fsync backup/store/tmp/X/5
5 fsync backup/store/blobs/sha256/XX/
fsync backup/store/blobs/sha256/
2 fsync backup/
""",
    "backup-again": """\
fsync backup/store/
fsync backup/
fsync backup/store/blobs/
fsync backup/store/
fsync backup/store/blobs/sha256/
fsync backup/store/blobs/
fsync backup/store/tmp/
fsync backup/store/
fdatasync backup/registry.db.new
fsync backup/store/tmp/X/1
fsync backup/store/tmp/X/2
fsync backup/store/tmp/X/3
fsync backup/store/tmp/X/4
4 fsync backup/store/blobs/sha256/XX/
fsync backup/store/blobs/sha256/
2 fsync backup/
""",
    "repair": """\
fsync store/tmp/X/1
fsync store/tmp/X/
fsync store/blobs/sha256/XX/
fsync store/blobs/sha256/
""",
    "migrate": """\
fdatasync registry/registry.db.backup.new
fsync registry/
"""
    + COMMIT,
    "get-file": """\
fsync work/NEW
fsync work/
""",
    "get-tree": """\
fsync work/NEW/f0
fsync work/NEW/f2
fsync work/NEW/sub/f1
fsync work/NEW
fsync work/NEW/sub
fsync work/
""",
    "get-new": """\
fsync work/NEW/f0
fsync work/NEW/f2
fsync work/NEW/sub/f1
fsync work/NEW
fsync work/NEW/sub
fsync work/
""",
    "get-into": """\
fsync work/
fsync work/some/
fsync work/some/where/NEW
fsync work/some/where/
""",
    "path": "fsync cache/\nfsync cache/modelkeep/\n",  # the directories; a view is made again where it is not whole
    "config-set": """\
fsync config/modelkeep/config.toml.X
fsync config/modelkeep/
""",
    "config-first": """\
fsync ./
fsync config/
fsync config/modelkeep/config.toml.X
fsync config/modelkeep/
""",
}

_NAMES = (
    (r"team/registry/registry\.db-journal", "journal"),
    (r"team/registry/registry\.db(?!\.)", "database"),
    (r"team/registry/store", "store"),
    (r"team/registry", "registry"),
    (r"store/tmp/[0-9a-f]+-[0-9]+-[0-9a-f]+", "store/tmp/X"),
    (r"(store/blobs/sha256)/[0-9a-f]{2}\b", r"\1/XX"),
    (r"\.modelkeep-[0-9a-f]+", "NEW"),
    (r"config\.toml\.[0-9a-f]+\.tmp", "config.toml.X"),
)


def syncs(played):
    """Return the calls that make something durable, as they stand in the table."""
    told = []
    for line in played.place.traced(played.scene.words, "fsync,fdatasync,syncfs,sync_file_range,sync,msync"):
        call = re.search(r"(\w+)\(\d+<([^>]+)>", line)
        if call is None:
            assert "sync" not in line, line
            continue
        path = played.place.root / call[2]
        name = str(path.relative_to(played.place.root)) + ("/" if path.is_dir() else "")
        for pattern, short in _NAMES:
            name = re.sub(pattern, short, name)
        told.append(f"{call[1]} {name}\n")
    counted = ((line, len(list(same))) for line, same in itertools.groupby(told))
    return "".join(line if count == 1 else f"{count} {line}" for line, count in counted)


@needs_strace
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_what_a_command_makes_durable_is_in_the_table(scene, set_up):
    assert syncs(set_up(scene)) == SYNCS[scene.name]


def test_every_scene_has_its_line_in_the_table():
    assert {scene.name for scene in SCENES} == set(SYNCS)
