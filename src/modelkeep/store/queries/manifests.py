"""The manifest of a version: what its bytes are, and in which form they came."""

from __future__ import annotations

import sqlite3
from typing import Literal, TypeAlias

from modelkeep.domain.manifest import Manifest
from modelkeep.errors import Damaged

Form: TypeAlias = Literal["file", "tree"]

ARTIFACT = """
SELECT document.bytes, version.form FROM version JOIN document ON document.digest = version.digest
WHERE version.model = :model AND version.number = :number
"""


def artifact(connection: sqlite3.Connection, model: int, number: int) -> tuple[Manifest, Form]:
    """Return the manifest of a version that exists, and its form."""
    row = connection.execute(ARTIFACT, {"model": model, "number": number}).fetchone()
    if row is None:
        message = f"the manifest of version {number} is missing"
        raise Damaged(message, "modelkeep verify --log")
    data, form = row
    return Manifest.from_bytes(data), "file" if form == "file" else "tree"


def manifest(connection: sqlite3.Connection, model: int, number: int) -> Manifest:
    """Return the manifest of a version that exists."""
    return artifact(connection, model, number)[0]
