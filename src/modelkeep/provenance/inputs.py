"""Datasets and training runs that a version came from: what ``--data`` and ``--run`` mean.

``--data [ROLE=]URI|NAME@VERSION|PATH|NAME``, tried in this order. A URI is its own name, without its secrets. Names are
taken as given. What has a ``/`` or ``.`` and is no NAME@VERSION is a path: it must exist, is hashed, and is named by its
last part, so that a file that moves stays the same dataset. A file of DVC stands for the data that it names (`dvc`).
``ROLE=`` is one only if the whole is no existing path.
``--run ID|URI`` is a run of another tool; one more may stand in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from modelkeep.domain.names import is_imported_name
from modelkeep.domain.nodes import DataNode, parse_node
from modelkeep.domain.relations import FEATURE
from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.domain.urls import is_url, scrub
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound, UsageError
from modelkeep.local_path import real_path
from modelkeep.provenance import dvc

_ROLE = pattern(r"[a-z][a-z0-9_-]{0,62}")
_VERSION = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,127}")
_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
_LONGEST_URI = 2_000
_SHORT_DIGEST = len("sha256:") + 12
_FORMS = "data is a path that exists, a URI (s3://bucket/x), NAME@VERSION (transactions@2026-02) or a NAME alone"

#: The variables in which tools that log runs have the id of the current run.
VARIABLES = ("MLFLOW_RUN_ID", "WANDB_RUN_ID")
_LONGEST_RUN = 250
_RUN = pattern(r"[A-Za-z0-9_][^\x00-\x20\x7f-\xa0\ud800-\udfff]*")
# MLflow's URLs have the run behind the #, which is dropped
_RUN_IN_URL = pattern(r"/runs/([A-Za-z0-9_-]{1,64})(?![^/?#])")


class Dataset(Struct, frozen=True):
    """A dataset as the log has it, and its ``location``: the path as typed, or the URI."""

    data: Data
    location: str | None = None

    def __str__(self) -> str:
        """Return its name and version: ``train.csv@sha256:`` with 12 hex digits, ``s3://b/x``."""
        version = self.data.version or (self.data.digest and self.data.digest[:_SHORT_DIGEST])
        return f"{self.data.name}@{version}" if version else self.data.name


def parse_data(text: str, cwd: str, hash_path: Callable[[str], str], say: Callable[[str], None]) -> tuple[Dataset, ...]:
    """Return the dataset that a text names; a file of DVC may name several.

    ``hash_path`` returns the digest of the file or directory at an absolute path. ``say`` is told where a name is that
    of a path too. A text that is nothing of the above raises ``NotFound``.
    """
    check_text(text, "--data")
    role, given = None, text
    if not os.path.lexists(os.path.join(cwd, text)):
        head, equals, rest = text.partition("=")
        if equals and _ROLE.fullmatch(head):
            role, given = head, rest
    if not given.strip():
        message = f"--data names no data: '{printable(text)}'"
        raise UsageError(message, _FORMS)
    if is_url(given):
        return (_uri(role, given),)
    path = os.path.join(cwd, given)
    named = _named(role, given.removeprefix("data:"))
    if named is not None:
        if os.path.lexists(path):
            shown = printable(given)
            say(f"note: {shown} is taken as the dataset of that name; the path of that name would be ./{shown}")
        return (named,)
    if dvc.is_dvc(path):
        found = dvc.read_tracked(path, given)
        return tuple(Dataset(Data(each.name, each.checksum, role=role), each.location) for each in found)
    _require_there(path, given)
    return (Dataset(Data(_name_of(path, given), digest=hash_path(path), role=role), given),)


def parse_name(text: str) -> Data | None:
    """Return the dataset of a ``NAME@VERSION``; None for all other texts, and where the version is a digest."""
    named = None if is_url(text) else _named(None, text.removeprefix("data:"))
    return named.data if named is not None and named.data.version is not None else None


def parse_feature(text: str) -> Dataset:
    """Return a view of a feature store, ``NAME@VERSION`` or a NAME, as data with the role ``feature``."""
    check_text(text, "the feature view")
    data = parse_name(text)
    if data is None and is_imported_name(text):
        data = Data(text)
    if data is not None and not any(map(str.isspace, text)):
        return Dataset(Data(data.name, data.version, role=FEATURE))
    message = f"a feature view is named as NAME@VERSION, not '{printable(text)}'"
    raise UsageError(message, "--feature payments/card_stats@7")


class Source(Struct, frozen=True):
    """Where a dataset lies, and what its bytes are: by a ``digest`` of ours, or the ``checksum`` of another tool."""

    location: str | None = None
    digest: str | None = None
    checksum: str | None = None


def parse_source(text: str, cwd: str, hash_path: Callable[[str], str]) -> Source:
    """Return what a path (hashed), a URI or a file of DVC says of the bytes of one dataset."""
    check_text(text, "the path of the dataset")
    if is_url(text):
        return Source(parse_uri(text))
    path = os.path.join(cwd, text)
    if not dvc.is_dvc(path):
        _require_there(path, text)
        return Source(text, hash_path(path))
    found = dvc.read_tracked(path, text)
    if len(found) > 1:
        message = f"'{printable(text)}' names several datasets: {', '.join(each.name for each in found)}"
        raise UsageError(message, "record each with the x.dvc of its own")
    return Source(found[0].location, checksum=found[0].checksum)


def _require_there(path: str, given: str) -> None:
    if not given or not os.path.exists(path):
        message = f"there is no file or directory '{printable(given)}', and it is no URI and no NAME@VERSION"
        raise NotFound(message, _FORMS)


def parse_uri(given: str) -> str:
    """Return a URI without its secrets; ``UsageError`` for one that is too long, or has nothing behind its scheme."""
    uri = scrub(given)
    if len(uri) > _LONGEST_URI or uri != printable(uri):
        message = f"not a URI that can be kept: '{printable(uri[:60])}...'"
        raise UsageError(message, f"at most {_LONGEST_URI} characters, none of them a control character")
    if not uri.partition("://")[2].strip("/"):
        message = f"the URI '{printable(uri)}' names nothing"
        raise UsageError(message, "as s3://bucket/x")
    return uri


def _uri(role: str | None, given: str) -> Dataset:
    uri = parse_uri(given)
    node = parse_node(f"data:{uri}")  # the one place that knows where the version of a dataset begins
    if not isinstance(node, DataNode):  # pragma: no cover  data: is always one
        raise TypeError(node)
    return Dataset(Data(node.name, node.version, role=role), uri)


def _name_of(path: str, given: str) -> str:
    name = os.path.basename(os.path.normpath(path)) or os.path.basename(real_path(path))
    if name and name == printable(name):
        return name
    message = f"this cannot be the name of a dataset: '{printable(given)}'"
    raise UsageError(message, "rename it, or give NAME@VERSION instead of its path")


def _named(role: str | None, text: str) -> Dataset | None:
    """Return the dataset of a NAME@VERSION, or of a NAME without ``/`` and ``.``; None where a text is neither."""
    if text != text.strip():
        return None
    name, at, version = text.rpartition("@")
    if at and is_imported_name(name) and _VERSION.fullmatch(version) and name.partition("/")[0] not in (".", ".."):
        return Dataset(
            Data(name, digest=version, role=role) if _DIGEST.fullmatch(version) else Data(name, version, role=role)
        )
    if "/" in text or "." in text or not is_imported_name(text):
        return None
    return Dataset(Data(text, role=role))


class Run(Struct, frozen=True):
    """One run: its id, the scrubbed URI of its page, and whether it was found in the environment."""

    id: str
    location: str | None = None
    captured: bool = False


def runs(given: Sequence[str], environ: Mapping[str, str]) -> tuple[Run, ...]:
    """Return the runs given as an id or a URI, then those of the environment; each id once.

    A given text that cannot be a run raises ``UsageError``; one in the environment is left out.
    """
    found: dict[str, Run] = {}
    for text in given:
        typed = parse_run(text)
        found.setdefault(typed.id, typed)
    for variable in VARIABLES:
        run = environ.get(variable, "").strip()
        if _is_run(run) and not is_url(run):
            found.setdefault(run, Run(run, None, captured=True))
    return tuple(found.values())


def parse_run(text: str) -> Run:
    """Return the run that a text means: ``3f2a…``, or a URI whose ``/runs/ID`` or end is the id."""
    check_text(text, "the run")
    if is_url(text):
        location = scrub(text)
        match = _RUN_IN_URL.search(text)
        run = match.group(1) if match else location.partition("://")[2].partition("/")[2].rstrip("/").rpartition("/")[2]
    else:
        location, run = None, text.strip()
    if _is_run(run):
        return Run(run, location)
    message = f"not a run: '{printable(text[:_LONGEST_RUN])}'"
    raise UsageError(message, "--run ID, or the URI of its page")


def _is_run(text: str) -> bool:
    """Tell whether a text may be the id of a run: one word without control characters, at most 250."""
    return len(text) <= _LONGEST_RUN and bool(_RUN.fullmatch(text))
