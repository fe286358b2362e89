"""``--github-output``: the fields of an answer as outputs of a step of GitHub Actions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from modelkeep.cli.record_formats import github_output
from modelkeep.domain.text import printable
from modelkeep.errors import RegistryUnavailable, UsageError


def require_file() -> str:
    """Return the path of the file that GitHub Actions reads outputs from; ``UsageError`` outside of it."""
    path = os.environ.get("GITHUB_OUTPUT")
    if not path:
        message = "--github-output needs GITHUB_OUTPUT, which GitHub Actions sets"
        raise UsageError(message, "--format env        (elsewhere)")
    try:
        with open(path, "a", encoding="utf-8"):
            return path
    except OSError as error:
        raise _unwritable(path, error) from error


def append(document: Mapping[str, Any]) -> None:
    """Append the fields of the only record of an answer."""
    path = require_file()
    text = github_output(document, lambda: token_hex(16))
    try:
        with open(path, "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> RegistryUnavailable:
    return RegistryUnavailable(f"cannot write {printable(path)}, the file of GITHUB_OUTPUT: {error.strerror}")
