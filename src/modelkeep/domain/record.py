"""The base of what the API returns: a frozen struct, compared by its fields, that survives pickling."""

from __future__ import annotations

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What the API returns; as JSON every field is present."""
