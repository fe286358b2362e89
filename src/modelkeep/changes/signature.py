"""A signature that was given with a change: read before the change begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelkeep.domain.known_documents import Interface
from modelkeep.local_path import local_path
from modelkeep.provenance.signature_source import read_signature
from modelkeep.store.named_paths import seen


def given_signature(given: str | Mapping[str, Any]) -> Interface:
    """Return the signature that a file or an object says; links on the way to a file as in `store.named_paths`."""
    if not isinstance(given, str):
        return read_signature(given)
    path = local_path(given, "--signature")
    return read_signature(path, None if path == "-" else seen(path))
