"""What was recorded of a version, at its registration and later: the newest of each kind and name counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from modelkeep.errors import Damaged
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import statement

if TYPE_CHECKING:
    from modelkeep.domain.known_documents import Interface

T = TypeVar("T")

OF_VERSION = statement("""
SELECT kind, name, value, seq FROM version_fact
WHERE model = :model AND version = :number AND KNOWN(version_fact.seq) ORDER BY seq
""")

DOCUMENT = """
SELECT bytes FROM document WHERE digest = :digest
"""

TIME = """
SELECT time FROM entry_index WHERE seq = :seq
"""


SIZE = """
SELECT length(bytes) FROM document WHERE digest = :digest
"""


class Fact(Struct, frozen=True):
    """A fact of a version: its value, which may be the digest of a document, and the entry that recorded it."""

    value: str
    seq: int


def facts_of(reader: Reader, at: int | None, model: int, number: int) -> dict[tuple[str, str], Fact]:
    """Return the newest facts of a version by kind and name: ``("licence", "")``."""
    rows = OF_VERSION.rows(reader, at, model=model, number=number)
    return {(kind, name): Fact(value, seq) for kind, name, value, seq in rows}


def document_of(reader: Reader, digest: str, kind: str, parse: Callable[[bytes], T]) -> T:
    """Return what a document of some kind says; a missing one raises ``Damaged``."""
    row = reader.row(DOCUMENT, digest=digest)
    if row is None:
        raise _missing(kind, digest)
    return parse(bytes(row[0]))


def size_of_document(reader: Reader, digest: str, kind: str) -> int:
    """Return how many bytes a document of some kind has; a missing one raises ``Damaged``."""
    row = reader.row(SIZE, digest=digest)
    if row is None:
        raise _missing(kind, digest)
    return int(row[0])


def _missing(kind: str, digest: str) -> Damaged:
    return Damaged(f"the {kind} {digest} is missing from the registry", "modelkeep verify --log")


def interface_of(reader: Reader, digest: str) -> Interface:
    """Return a signature by the digest of its document."""
    from modelkeep.domain.known_documents import parse_interface  # few versions have one

    return document_of(reader, digest, "signature", parse_interface)


def time_of(reader: Reader, seq: int) -> str:
    """Return the time of the entry that recorded a fact."""
    return str(reader.one(TIME, seq=seq)[0])
