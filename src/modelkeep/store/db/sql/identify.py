"""Which versions some bytes belong to: by a version's digest, or by that of a file in it."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import statement

OF_VERSION = statement("""
SELECT model, number, digest FROM version
WHERE digest >= :low AND digest < :high AND KNOWN(version.seq) ORDER BY seq DESC
""")

OF_FILE = statement("""
SELECT version_blob.model, version_blob.version, version_blob.path, version_blob.digest
FROM version_blob JOIN version ON version.model = version_blob.model AND version.number = version_blob.version
WHERE version_blob.digest >= :low AND version_blob.digest < :high AND KNOWN(version.seq)
ORDER BY version.seq DESC, version_blob.path
""")


class Hit(Struct, frozen=True):
    """A version that has these bytes: all of them, or as the file at a path."""

    model: int
    number: int
    file: str | None
    digest: str


def hits(reader: Reader, at: int | None, digest: str) -> list[Hit]:
    """Return the versions with these bytes, newest first; ``digest`` may be the beginning of one."""
    low, high = digest, digest + "g"
    found = [Hit(model, number, None, full) for model, number, full in OF_VERSION.rows(reader, at, low=low, high=high)]
    return found + [Hit(*row) for row in OF_FILE.rows(reader, at, low=low, high=high)]
