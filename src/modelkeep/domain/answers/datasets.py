"""Datasets as `data list` and `data show` have them."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class DatasetRow(Answer, frozen=True, kw_only=True):
    """A version of a dataset, as a node of the lineage (``data:NAME@VERSION``).

    ``recorded`` is False of one that versions, metrics or other datasets only name. ``digest`` is the SHA-256 of its
    bytes, or of the manifest of a directory; ``checksum`` what another tool says of them (``md5:…``). ``uses`` counts
    the versions that name it: those that were made from it, and those that were measured on it. ``since`` and ``actor`` say when and by whom it was recorded.
    """

    node: str
    name: str
    version: str | None
    recorded: bool
    uses: int
    rows: int | None
    digest: str | None
    checksum: str | None
    location: str | None
    since: str | None
    actor: str | None


class DatasetUse(Answer, frozen=True):
    """A version and what it has to do with a dataset (``trained_on``), its state and the stages that it holds.

    ``named`` is the node by which it names the same bytes, where that is another one (``data:train.csv@sha256:…``).
    """

    ref: str
    relation: str
    state: str
    stages: tuple[str, ...]
    named: str | None = None


class SchemaDocument(Answer, frozen=True):
    """The document with the schema of a dataset."""

    digest: str
    size_bytes: int


class DatasetPage(DatasetRow, frozen=True, kw_only=True):
    """All that is known of a version of a dataset: what it was made from, what was made from it, and which versions used it."""

    seq: int | None
    reason: str | None
    schema_document: SchemaDocument | None
    parents: tuple[str, ...]
    children: tuple[str, ...]
    used: tuple[DatasetUse, ...]
