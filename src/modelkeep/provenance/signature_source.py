"""A signature that was given: a JSON, TOML or YAML file, or an object of Python as MLflow's ``infer_signature`` makes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from modelkeep.domain.known_documents import Interface
from modelkeep.domain.signatures import parse_signature
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.provenance.value_files import read_values


def read_signature(given: str | Mapping[str, Any], seen: os.stat_result | None = None) -> Interface:
    """Return the signature that a file says, by its path (``-`` is standard input), or that an object says.

    With ``seen`` another file than the one of that status is refused.
    """
    if not isinstance(given, str):
        return parse_signature(given)
    values = read_values(given, seen)
    try:
        return parse_signature(values)
    except UsageError as error:
        shown = "standard input" if given == "-" else printable(given)
        message = f"{shown}: {error.message}"
        raise UsageError(message, error.hint) from error
