"""The definition of a view of a feature store: a document that is kept as the schema of a dataset.

It has no version and no times, so that the same definition has the same digest wherever it is read.
"""

from __future__ import annotations

import msgspec

from modelkeep.domain.known_documents import Text, Word
from modelkeep.domain.record import Count, LogValue, Sha256, encode_canonical


class Column(LogValue, frozen=True):
    """A feature, or a key of an entity, with its type as the store calls it."""

    name: Text
    dtype: Text


class ViewSource(LogValue, frozen=True, kw_only=True):
    """Where a view takes its rows from: a file, a table, a topic, a query by its SHA-256, or another view."""

    kind: Word
    name: str | None = None
    location: str | None = None
    timestamp: str | None = None
    query: Sha256 | None = None


class Transformation(LogValue, frozen=True, kw_only=True):
    """The function that computes the features, by the SHA-256 of its source."""

    name: str | None = None
    mode: str | None = None
    digest: Sha256 | None = None


class ViewDefinition(LogValue, frozen=True, kw_only=True, tag_field="format", tag="modelkeep feature view 1"):
    """A view of a feature store. ``kind`` is ``batch``, ``stream``, ``on-demand`` or ``label``.

    ``keys`` are the columns by which rows are found, ``ttl_seconds`` is how old a row may be where that is bounded.
    """

    kind: Word
    store: Text
    project: Text
    name: Text
    features: tuple[Column, ...] = ()
    entities: tuple[Text, ...] = ()
    keys: tuple[Column, ...] = ()
    sources: tuple[ViewSource, ...] = ()
    ttl_seconds: Count | None = None
    aggregations: tuple[Text, ...] = ()
    transformation: Transformation | None = None


def to_document(view: ViewDefinition) -> bytes:
    """Return the document of a view."""
    return encode_canonical(view)


def parse_view(document: bytes) -> ViewDefinition | None:
    """Return the view that a document of a schema describes, None where it describes something else."""
    try:
        return msgspec.json.decode(document, type=ViewDefinition)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
