"""The manifest of a version: what its bytes are, and in which form they came."""

from __future__ import annotations

import json

from modelkeep.domain.manifest import Form, Manifest
from modelkeep.errors import Damaged
from modelkeep.store.db.interface import Reader

ARTIFACT = """
SELECT document.bytes, version.form, entry.bytes FROM version
JOIN document ON document.digest = version.digest JOIN entry ON entry.seq = version.seq
WHERE version.model = :model AND version.number = :number
"""


def artifact(reader: Reader, model: int, number: int) -> tuple[Manifest, Form]:
    """Return the manifest of a version that exists, and its form, as its entry in the log has them.

    A flipped bit of an index hands out the row of another version: nobody must get its bytes.
    """
    row = reader.row(ARTIFACT, model=model, number=number)
    if row is None:
        message = f"the manifest of version {number} is missing"
        raise Damaged(message, "modelkeep verify --log")
    data, form, entry = row
    found = Manifest.from_bytes(data)
    if not _registers(entry, model, number, found.digest):
        message = f"the tables have another artifact for version {number} than the log"
        raise Damaged(message, "modelkeep verify --log")
    return found, "file" if form == "file" else "tree"


def _registers(entry: bytes, model: int, number: int, digest: str) -> bool:
    """Tell whether an entry registers that version with these bytes; read loosely, for it is asked before each change."""
    try:
        found = json.loads(entry)
        return found["intent"]["subject"]["digest"] == digest and any(
            event["kind"] == "VersionRegistered" and (event["model"], event["version"]) == (model, number)
            for event in found["events"]
        )
    except (ValueError, LookupError, TypeError):
        return False


def manifest(reader: Reader, model: int, number: int) -> Manifest:
    """Return the manifest of a version that exists."""
    return artifact(reader, model, number)[0]
