"""The contents that a registry needs, each once, by its digest; and of which deleted versions a content was."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.times import parse_stored
from modelkeep.store.db.interface import Reader

# Of a deleted version no bytes are needed.
IS_NEEDED = """
SELECT EXISTS (
    SELECT 1 FROM version_blob
    WHERE digest = :digest AND NOT EXISTS (
        SELECT 1 FROM deleted WHERE deleted.model = version_blob.model AND deleted.version = version_blob.version
    )
)
"""

# A version may have the same content under several paths.
NEEDED_ONCE = """
SELECT DISTINCT version_blob.version, deleted.seq, entry_index.time, entry_action.actor,
    (SELECT name FROM model_name WHERE model_name.model = version_blob.model ORDER BY since_seq DESC LIMIT 1)
FROM version_blob
JOIN deleted ON deleted.model = version_blob.model AND deleted.version = version_blob.version
JOIN entry_index ON entry_index.seq = deleted.seq
JOIN entry_action ON entry_action.seq = deleted.seq
WHERE version_blob.digest = :digest
ORDER BY deleted.seq DESC, version_blob.version DESC
"""

ENTRY = """
SELECT bytes FROM entry WHERE seq = :seq
"""


def is_needed(reader: Reader, digest: str) -> bool:
    """Tell whether an undeleted version needs a content."""
    return bool(reader.one(IS_NEEDED, digest=digest)[0])


def broken(reader: Reader) -> str | None:
    """Return the first thing that SQLite finds wrong with the file in a quick look, None where it finds nothing."""
    (found,) = reader.one("PRAGMA quick_check(1)")
    return None if found == "ok" else str(found)


class Gone(Struct, frozen=True):
    """The deleted versions that a content was of: the last of them, how many more, when it was deleted and by whom."""

    ref: str
    more: int
    time: str
    actor: str


def was_needed(reader: Reader, digest: str) -> Gone | None:
    """Return the deleted versions that a content was of, None where no version ever needed it."""
    rows = reader.rows(NEEDED_ONCE, digest=digest)
    if not rows:
        return None
    version, _, time, actor, name = rows[0]
    return Gone(f"{name}@{version}", len(rows) - 1, str(time), str(actor))


def since(changed: float, gone: Gone | None) -> float:
    """Return since when (seconds since 1970) a content is needed by nobody: its last version's end, or its own age."""
    return changed if gone is None else max(changed, parse_stored(gone.time).timestamp())


def entry_bytes(reader: Reader, seq: int) -> bytes | None:
    """Return the bytes of an entry as they lie there."""
    row = reader.row(ENTRY, seq=seq)
    return row[0] if row is not None and isinstance(row[0], bytes) else None
