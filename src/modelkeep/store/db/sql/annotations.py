"""Tags, descriptions and metrics as they stand now: what a change is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import deciding

if TYPE_CHECKING:
    from modelkeep.domain.verbs.evaluate import Data

TAGS = """
SELECT key, value, line FROM tag WHERE model = :model AND version = :version AND until_seq IS NULL ORDER BY key
"""

DESCRIPTION = """
SELECT text FROM description WHERE model = :model AND version = :version AND until_seq IS NULL
"""

LAST_TENURE_TIMES = """
SELECT opened.time, ended.time
FROM tenure
    JOIN entry_index AS opened ON opened.seq = tenure.since_seq
    JOIN entry_index AS ended ON ended.seq = tenure.until_seq
WHERE tenure.model = :model AND tenure.version = :version AND tenure.stage = :stage AND tenure.share IS NULL
ORDER BY tenure.since_seq DESC LIMIT 1
"""


RECORDED_METRICS = """
SELECT name, value, on_name, on_version, on_digest FROM metric WHERE model = :model AND version = :version ORDER BY seq
"""


class SetTag(Struct, frozen=True):
    """A tag's value, and the digest of the line of details that set it."""

    value: str
    line: str


def tags(reader: Reader, model: int, version: int | None) -> dict[str, SetTag]:
    """Return the tags of a version (None: of the model) by key."""
    rows = reader.rows(TAGS, model=model, version=version or 0)
    return {key: SetTag(value, line) for key, value, line in rows}


def description(reader: Reader, model: int, version: int | None) -> str | None:
    """Return the description of a version (None: of the model)."""
    row = reader.row(DESCRIPTION, model=model, version=version or 0)
    return None if row is None else str(row[0])


def recorded_metrics(reader: Reader, model: int, version: int) -> list[tuple[str, str, Data | None]]:
    """Return each value that was ever recorded of a version's metrics, and the data it was measured on."""
    from modelkeep.domain.verbs.evaluate import Data

    rows = reader.rows(RECORDED_METRICS, model=model, version=version)
    return [(name, value, Data(*on) if on[0] is not None else None) for name, value, *on in rows]


def aliases_of(reader: Reader, model: int, version: int) -> tuple[str, ...]:
    """Return the aliases that point at a version."""
    rows = reader.recall(deciding.ALIASES_OF, model=model, version=version)
    return tuple(alias for (alias,) in rows)


def last_tenure(reader: Reader, model: int, version: int, stage: str) -> tuple[str, str] | None:
    """Return when the newest ended tenure of a version began and ended."""
    row = reader.row(LAST_TENURE_TIMES, model=model, version=version, stage=stage)
    return None if row is None else (row[0], row[1])
