"""The manifest of a version: what its bytes are, and in which form they came, or that they live elsewhere."""

from __future__ import annotations

from msgspec import json

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import Form, Manifest, Pointer, parse_artifact
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, Damaged
from modelkeep.store.db.interface import Reader

ARTIFACT = """
SELECT document.bytes, version.form, entry.bytes FROM version
JOIN document ON document.digest = version.digest JOIN entry ON entry.seq = version.seq
WHERE version.model = :model AND version.number = :number
"""


def artifact(reader: Reader, model: int, number: int) -> tuple[Manifest, Form]:
    """Return the manifest of a version that exists, and its form; ``Conflict`` where its bytes live elsewhere."""
    found, form = _document(reader, model, number)
    if isinstance(found, Pointer):
        message = f"the registry does not have the bytes of version {number}: they live at {printable(found.uri)}"
        raise Conflict(message, "fetch them from there")
    return found, "file" if form == "file" else "tree"


def manifest(reader: Reader, model: int, number: int) -> Manifest | None:
    """Return the manifest of a version that exists, None where its bytes live elsewhere."""
    found, _ = _document(reader, model, number)
    return None if isinstance(found, Pointer) else found


def _document(reader: Reader, model: int, number: int) -> tuple[Manifest | Pointer, str]:
    """Return what names the files of a version, and its form, as its entry in the log has them.

    A flipped bit in an index can lead to the row of another version, and one in a row to another form. Then the bytes
    would be those of another version, or a directory in the place of a file.
    """
    row = reader.row(ARTIFACT, model=model, number=number)
    if row is None:
        message = f"the manifest of version {number} is missing"
        raise Damaged(message, "modelkeep verify --log")
    data, form, entry = row
    if not _registers(entry, (model, number), form, digest_of(data)):
        message = f"the tables have another artifact for version {number} than the log"
        raise Damaged(message, "modelkeep verify --log")
    return parse_artifact(form, data), form


def _registers(entry: bytes, version: tuple[int, int], form: str, digest: str) -> bool:
    """Tell whether an entry registers that version with these bytes; read loosely, for it is asked before each change."""
    try:
        found = json.decode(entry)
        intent = found["intent"]
        return (intent["subject"]["digest"], intent["command"]["form"]) == (digest, form) and any(
            event["kind"] == "VersionRegistered" and (event["model"], event["version"]) == version
            for event in found["events"]
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
