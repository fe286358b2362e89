"""What was given when a version was registered: what the same bytes again are compared with."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import aliases_of, description, tags

VERSION = """
SELECT seq, digest, label, size_bytes, files, trained_ended, code_commit FROM version WHERE model = :model AND number = :number
"""

TEXTS = """
SELECT field, value FROM entry_text WHERE seq = :seq ORDER BY position
"""

METRICS = """
SELECT name, value, on_name, on_version, on_digest FROM metric WHERE model = :model AND version = :number ORDER BY seq
"""

DATASETS = """
SELECT role, name, data_version, digest FROM dataset WHERE model = :model AND version = :number ORDER BY position
"""

PARENTS = """
SELECT position, parent_model, parent_version FROM parent WHERE model = :model AND version = :number ORDER BY position
"""

RUNS = """
SELECT id FROM run WHERE model = :model AND version = :number
"""

HELD = """
SELECT stage FROM tenure WHERE model = :model AND version = :number AND until_seq IS NULL
"""


class Known(Struct, frozen=True):
    """A version as it was registered and as it is described now.

    ``metrics`` are all values ever recorded, each with the data (name, version, digest; None where none
    was named) it was measured on; ``data`` are role, name, version and digest; ``parents``
    are a model and version here or an address.
    """

    digest: str
    label: str | None
    size_bytes: int
    files: int
    trained: str | None
    commit: str | None
    texts: tuple[tuple[str, str], ...]
    metrics: dict[tuple[str, str], frozenset[tuple[str | None, str | None, str | None]]]
    tags: dict[str, str]
    description: str | None
    data: frozenset[tuple[str | None, str, str | None, str | None]]
    parents: frozenset[tuple[int, int] | str]
    runs: frozenset[str]
    stages: frozenset[str]
    aliases: frozenset[str]

    def text(self, field: str) -> str | None:
        """Return the text that was given for a field."""
        return dict(self.texts).get(field)


def known(reader: Reader, model: int, number: int) -> Known:
    """Return what is known of a version that exists."""
    key = {"model": model, "number": number}
    seq, digest, label, size_bytes, files, trained, commit = reader.one(VERSION, **key)
    texts = tuple((field, value) for field, value in reader.rows(TEXTS, seq=seq))
    addresses = dict(texts)
    parents = {
        (parent, version) if parent is not None else addresses.get(f"parent.{position}", "")
        for position, parent, version in reader.rows(PARENTS, **key)
    }
    metrics: dict[tuple[str, str], set[tuple[str | None, str | None, str | None]]] = {}
    for name, value, *on in reader.rows(METRICS, **key):
        metrics.setdefault((name, value), set()).add((on[0], on[1], on[2]))
    return Known(
        digest=digest,
        label=label,
        size_bytes=size_bytes,
        files=files,
        trained=trained,
        commit=commit,
        texts=texts,
        metrics={each: frozenset(places) for each, places in metrics.items()},
        tags={name: tag.value for name, tag in tags(reader, model, number).items()},
        description=description(reader, model, number),
        data=frozenset(reader.rows(DATASETS, **key)),
        parents=frozenset(parents),
        runs=frozenset(run for (run,) in reader.rows(RUNS, **key)),
        stages=frozenset(stage for (stage,) in reader.rows(HELD, **key)),
        aliases=frozenset(aliases_of(reader, model, number)),
    )
