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


class FeatureColumn(Answer, frozen=True):
    """A feature, or a key of an entity, with its type as the feature store calls it."""

    name: str
    dtype: str


class FeatureSource(Answer, frozen=True):
    """Where a feature view takes its rows from; ``query`` is the SHA-256 of one."""

    kind: str
    name: str | None
    location: str | None
    timestamp: str | None
    query: str | None


class FeatureFunction(Answer, frozen=True):
    """The function that computes features, by the SHA-256 of its source."""

    name: str | None
    mode: str | None
    digest: str | None


class FeatureViewDefinition(Answer, frozen=True):
    """What a feature store says of a view: ``kind`` is ``batch``, ``stream``, ``on-demand`` or ``label``."""

    kind: str
    store: str
    project: str
    name: str
    features: tuple[FeatureColumn, ...]
    entities: tuple[str, ...]
    keys: tuple[FeatureColumn, ...]
    sources: tuple[FeatureSource, ...]
    ttl_seconds: int | None
    aggregations: tuple[str, ...]
    transformation: FeatureFunction | None


class DatasetPage(DatasetRow, frozen=True, kw_only=True):
    """All that is known of a version of a dataset: what it was made from, what was made from it, and which versions used it.

    ``feature_view`` is what its schema says where it is that of a view of a feature store.
    """

    seq: int | None
    reason: str | None
    schema_document: SchemaDocument | None
    feature_view: FeatureViewDefinition | None
    parents: tuple[str, ...]
    children: tuple[str, ...]
    used: tuple[DatasetUse, ...]
