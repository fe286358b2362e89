"""Datasets: what ``--data [ROLE=]PATH|URI|NAME@VERSION`` means.

A path that exists is hashed and named by its last part, so that a file that moves stays the same dataset.
A URI is its own name, without its secrets. NAME@VERSION is taken as given.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec import Struct

from modelkeep.domain.names import is_imported_name
from modelkeep.domain.refs import DataNode, parse_node
from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.urls import is_url, scrub

_ROLE = pattern(r"[a-z][a-z0-9_-]{0,62}")
_VERSION = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,127}")
_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
_LONGEST_URI = 2_000
_SHORT_DIGEST = len("sha256:") + 12
_FORMS = "--data [ROLE=]PATH, a URI (s3://bucket/x) or NAME@VERSION (transactions@2026-02)"


class DataSpec(Struct, frozen=True):
    """A dataset by its name and its version or digest; ``location`` is the path as typed, or the URI."""

    role: str | None
    name: str
    version: str | None
    digest: str | None
    location: str | None

    @property
    def node(self) -> str:
        """The node of lineage: ``data:train.csv@sha256:`` with 12 hex digits, ``data:s3://b/x``."""
        version = self.version or (self.digest and self.digest[:_SHORT_DIGEST])
        return f"data:{self.name}@{version}" if version else f"data:{self.name}"


def parse_data(text: str, cwd: str, hash_path: Callable[[str], str]) -> DataSpec:
    """Return the dataset that a text names.

    ``hash_path`` returns the digest of the file or directory at an absolute path. A text that is no
    URI, no existing path and no NAME@VERSION raises ``NotFound``.
    """
    check_text(text, "--data")
    role, given = None, text
    if not os.path.lexists(os.path.join(cwd, text)):
        head, equals, rest = text.partition("=")
        if equals and _ROLE.fullmatch(head):
            role, given = head, rest
    if not given:
        message = f"--data names no data: '{printable(text)}'"
        raise UsageError(message, _FORMS)
    if is_url(given):
        return _uri(role, given)
    path = os.path.join(cwd, given)
    if os.path.exists(path):
        name = _name_of(path, given)
        return DataSpec(role, name, None, hash_path(path), given)
    return _named(role, given.removeprefix("data:"), given)


def _uri(role: str | None, given: str) -> DataSpec:
    uri = scrub(given)
    if len(uri) > _LONGEST_URI or uri != printable(uri):
        message = f"not a URI that can be kept: '{printable(uri[:60])}...'"
        raise UsageError(message, f"at most {_LONGEST_URI} characters, none of them a control character")
    node = parse_node(f"data:{uri}")  # the one place that knows where the version of a dataset begins
    if not isinstance(node, DataNode):  # pragma: no cover  data: is always one
        raise TypeError(node)
    return DataSpec(role, node.name, node.version, None, uri)


def _name_of(path: str, given: str) -> str:
    name = os.path.basename(os.path.normpath(path)) or os.path.basename(os.path.realpath(path))
    if name and name == printable(name):
        return name
    message = f"this cannot be the name of a dataset: '{printable(given)}'"
    raise UsageError(message, "rename it, or give NAME@VERSION instead of its path")


def _named(role: str | None, text: str, given: str) -> DataSpec:
    name, _, version = text.rpartition("@")
    if not is_imported_name(name) or not _VERSION.fullmatch(version):
        message = f"there is no file or directory '{printable(given)}', and it is no URI and no NAME@VERSION"
        raise NotFound(message, _FORMS)
    if _DIGEST.fullmatch(version):
        return DataSpec(role, name, None, version, None)
    return DataSpec(role, name, version, None, None)
