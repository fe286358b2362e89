"""Small notes as JSON: the owner of a store, the mark of a backup. They name directories, which need not be UTF-8."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

_Note = TypeVar("_Note", bound=msgspec.Struct)


def encode_note(note: msgspec.Struct) -> bytes:
    """Return a note as text for people. Unlike msgspec, ``json`` takes the surrogates of a path that is not UTF-8."""
    return json.dumps(msgspec.to_builtins(note), indent=2).encode() + b"\n"


def decode_note(data: bytes, unreadable: _Note) -> _Note:
    """Return the note that some bytes are, ``unreadable`` where they are none of its kind."""
    try:
        return msgspec.convert(json.loads(data), type(unreadable))
    except (ValueError, RecursionError):
        return unreadable
