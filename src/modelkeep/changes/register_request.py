"""The arguments of `register`: their checks, which need neither registry nor file, and the provenance that they name.

Provenance is code, data, runs and time of training: given, or found outside the registry.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from shlex import join, quote

from msgspec import Struct, field

from modelkeep.context import Context
from modelkeep.domain.labels import check_label
from modelkeep.domain.names import is_name
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.text import check_text, printable
from modelkeep.domain.times import At, format_time, parse_moment
from modelkeep.domain.verbs.register import Trained
from modelkeep.domain.verbs.supplement import WORD
from modelkeep.errors import UsageError
from modelkeep.provenance import code as code_
from modelkeep.provenance import inputs
from modelkeep.provenance.values import Pairs
from modelkeep.store.ingest.artifact import measure
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.named_paths import name_from_disk

#: How far the clock of another machine may be ahead, its zone included.
_CLOCKS_DIFFER = timedelta(days=1)


class Request(Struct, frozen=True):
    """The arguments of `register`; all but name and paths are optional."""

    name: str
    paths: tuple[str, ...]
    stage: str | None = None
    aliases: tuple[str, ...] = ()
    label: str | None = None
    bump: str | None = None
    params: Pairs = ()
    metrics: Pairs = ()
    on: str | None = None
    tags: Pairs = ()
    data: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    derived_by: str | None = None
    runs: tuple[str, ...] = ()
    code: str = "auto"
    author: str | None = None
    trained_at: str | None = None
    description: str | None = None
    licence: str | None = None
    if_exists: str = "match"
    reuse_name: bool = False
    move: bool = False
    selection: Selection = field(default_factory=Selection)
    expect: str | None = None
    message: str | None = None
    dry_run: bool = False


class Provenance(Struct, frozen=True):
    """What is known of the origin of a version."""

    code: code_.Code
    data: tuple[inputs.Dataset, ...]
    on: inputs.Dataset | None
    runs: tuple[inputs.Run, ...]
    trained: Trained | None


def check_order(name: str, paths: Sequence[str]) -> None:
    """Refuse ``register model.onnx fraud``: the name comes first."""
    first = paths[0]
    if first == "-" or os.path.exists(first) or not os.path.exists(name):
        return
    kind = "directory" if os.path.isdir(name) else "file"
    message = f"there is no file '{printable(first)}' here, and '{printable(name)}' is a {kind}: the name comes first"
    raise UsageError(message, join(["modelkeep", "register", first, name, *paths[1:]]))


def check(request: Request) -> None:
    """Refuse what can be refused without the registry."""
    if not request.paths:
        message = f"register needs a file or a directory for {request.name}"
        raise UsageError(message, f"modelkeep register {quote(request.name)} model.onnx")
    if not is_name(request.name):
        parsed = parse_ref(request.name)
        if parsed.selector is not None:
            message = f"register takes a model's name, not a version: {request.name}"
            raise UsageError(message, f"modelkeep register {quote(parsed.name or 'NAME')} {quote(request.paths[0])}")
    check_order(request.name, request.paths)
    if request.label is not None:
        check_label(request.label)
    if request.label is not None and request.bump is not None:
        message = "a version has one label: give --label or --bump"
        raise UsageError(message)
    if request.on is not None and not request.metrics:
        message = f"--on says what metrics were measured on, and there are none: {request.on}"
        raise UsageError(message, "add --metric auc=0.9, or give it as --data")
    _check_derivation(request)
    if request.expect is not None and request.stage is None:
        message = "--expect compares with the holder of a stage"
        raise UsageError(message, "add --stage")
    if request.move and "-" in request.paths:
        message = "--move takes a file away, and - (standard input) is none"
        raise UsageError(message, "leave out --move")
    if request.if_exists not in ("match", "skip", "new"):
        message = f"--if-exists is match, skip or new, not {request.if_exists!r}"
        raise UsageError(message)
    texts = (("reason", request.message), ("description", request.description), ("author", request.author))
    for what, text in (*texts, *(("source", name_from_disk(path)) for path in request.paths)):
        check_text(text or "", what)


def _check_derivation(request: Request) -> None:
    """Refuse a word that says how a version was derived where it has no parent, and what is no word."""
    if request.derived_by is None:
        return
    if not WORD.fullmatch(request.derived_by):
        message = f"--derived-by is one word of lower-case letters, digits and -, not '{printable(request.derived_by)}'"
        raise UsageError(message, "--derived-by fine-tune")
    if not request.parents:
        message = f"--derived-by {request.derived_by} says what was done with the parents, and there are none"
        raise UsageError(message, f"--parent REF --derived-by {request.derived_by}")


def collect_provenance(context: Context, request: Request) -> Provenance:
    """Return the provenance of a request, completed by what can be found; a given time of training is no guess."""
    trained = _trained(context, request)  # refuses before anything is hashed
    return Provenance(
        code=code_.capture(request.paths, context.cwd, request.code, context.environ, context.script),
        data=(*datasets(context, request.data), *map(inputs.parse_feature, request.features)),
        on=None if request.on is None else measured_on(context, request.on),
        runs=inputs.runs(request.runs, context.environ),
        trained=trained,
    )


def guess_training(newest_mtime_ns: int | None) -> Trained | None:
    """Return the newest time of an artifact's files as a guess; None where it is not a valid time."""
    if newest_mtime_ns is None:
        return None
    try:
        newest = datetime.fromtimestamp(newest_mtime_ns / 1e9, tz=UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return Trained(ended=format_time(newest), guessed=True)


def datasets(context: Context, given: Sequence[str]) -> tuple[inputs.Dataset, ...]:
    """Return the datasets that were given; a path is hashed."""
    return tuple(each for text in given for each in inputs.parse_data(text, context.cwd, hash_path, context.say))


def measured_on(context: Context, given: str) -> inputs.Dataset:
    """Return the dataset that metrics were measured on; a path is hashed."""
    found = datasets(context, [given])
    if len(found) == 1:
        return found[0]
    message = f"--on names several datasets: {', '.join(map(str, found))}"
    raise UsageError(message, f"--on {quote(str(found[0]))}")


def run_fields(found: Sequence[inputs.Run]) -> tuple[tuple[str, str], ...]:
    """Return the URIs of runs, for the details."""
    return tuple((f"run.{n}", run.location) for n, run in enumerate(found) if run.location is not None)


def hash_path(path: str) -> str:
    """Return the digest of a file, or of the manifest of a directory, that a dataset is."""
    measured = measure([path], Selection(follow_symlinks=True))
    return measured.manifest.files[0].digest if measured.form == "file" else measured.manifest.digest


def _trained(context: Context, request: Request) -> Trained | None:
    if request.trained_at is None:
        return None
    now = context.clock()
    moment = parse_moment(request.trained_at, now=now, zone=now.astimezone().tzinfo or UTC, bare_date_end=False)
    if not isinstance(moment, At):
        message = f"--trained-at is a time, not an entry of the log: {request.trained_at}"
        raise UsageError(message, "--trained-at 2026-11-23T09:12:44Z")
    if moment.time > format_time((now + _CLOCKS_DIFFER).astimezone(UTC)):
        message = f"--trained-at is in the future: '{printable(request.trained_at)}' is {moment.time}"
        raise UsageError(message, "--trained-at is when the training ended")
    return Trained(ended=moment.time)
