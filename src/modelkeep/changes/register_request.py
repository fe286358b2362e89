"""The arguments of `register`: their checks, which need neither registry nor file, and the provenance that they name.

Provenance is code, data, runs and time of training: given, or found outside the registry.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from shlex import join, quote
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from modelkeep.changes.attachments import DIFF, Attached, attach
from modelkeep.context import Context
from modelkeep.domain.known_documents import Interface
from modelkeep.domain.labels import check_label
from modelkeep.domain.names import is_name
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.domain.times import At, format_time, parse_moment
from modelkeep.domain.verbs.register import Trained
from modelkeep.domain.verbs.supplement import WORD
from modelkeep.errors import UsageError
from modelkeep.local_path import local_path
from modelkeep.provenance import ci, inputs
from modelkeep.provenance import code as code_
from modelkeep.provenance.captured_environment import Captured
from modelkeep.provenance.ci import CiRun
from modelkeep.provenance.values import Pairs
from modelkeep.store.ingest.artifact import measure
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.named_paths import name_from_disk, seen

if TYPE_CHECKING:
    from modelkeep.changes.feature_views import FeatureView

#: How far the clock of another machine may be ahead, its zone included.
_CLOCKS_DIFFER = timedelta(days=1)
#: A number, or what it is for and a number; whatever a library takes as one word.
_SEED = pattern(r"[A-Za-z0-9_.:=+-]{1,64}")


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
    training_started: str | None = None
    seeds: tuple[str, ...] = ()
    env: str = "auto"
    attach: tuple[str, ...] = ()
    description: str | None = None
    licence: str | None = None
    signature: Interface | None = None
    inspect: bool = True
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
    features: tuple[FeatureView, ...]
    on: inputs.Dataset | None
    runs: tuple[inputs.Run, ...]
    trained: Trained
    environment: Captured = Captured()
    ci: CiRun | None = None
    attached: Attached = Attached()


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
    _check_origin(request)
    texts = (("reason", request.message), ("description", request.description), ("author", request.author))
    for what, text in (*texts, *(("source", name_from_disk(path)) for path in request.paths)):
        check_text(text or "", what)


def _check_origin(request: Request) -> None:
    """Refuse a diff of another commit, seeds that are none, and standard input that is asked for twice."""
    if request.env == "-" and "-" in request.paths:
        message = "standard input cannot be both the model and its packages"
        raise UsageError(message, "--env requirements.txt, or name the model's file")
    if DIFF in request.attach and request.code not in ("auto", "HEAD"):
        message = f"--attach diff is what was changed since the commit of the code, and not since --code {request.code}"
        raise UsageError(message, "--code auto, --code HEAD, or leave out --attach diff")
    for seed in request.seeds:
        if not _SEED.fullmatch(seed):
            message = f"not a seed: '{printable(seed[:100])}'"
            raise UsageError(message, "--seed 42, or with what it is for --seed numpy=42")


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
    keep_diff = DIFF in request.attach
    code = code_.capture(request.paths, context.cwd, request.code, context.environ, context.script, keep_diff=keep_diff)
    environment, attached = (
        given_environment(context, request.env),
        attach(request.attach, code, context.cwd, request.paths),
    )
    data = datasets(context, request.data)
    features = feature_views(context, request.features)
    return Provenance(
        code=code,
        data=(*data, *(each.dataset for each in features)),
        features=features,
        on=None if request.on is None else measured_on(context, request.on),
        runs=inputs.runs(request.runs, context.environ),
        trained=trained,
        environment=environment,
        ci=ci.capture(context.environ),
        attached=attached,
    )


def guess_training(trained: Trained, newest_mtime_ns: int | None) -> Trained:
    """Return a training with the newest time of the artifact's files as its end, where none was given.

    It stays without one where that is no valid time, or before the training began.
    """
    if newest_mtime_ns is None or trained.ended is not None:
        return trained
    try:
        newest = format_time(datetime.fromtimestamp(newest_mtime_ns / 1e9, tz=UTC))
    except (OverflowError, OSError, ValueError):
        return trained
    if trained.started is not None and newest < trained.started:
        return trained
    return replace(trained, ended=newest, guessed=True)


def datasets(context: Context, given: Sequence[str]) -> tuple[inputs.Dataset, ...]:
    """Return the datasets that were given; a path is hashed."""
    return tuple(each for text in given for each in inputs.parse_data(text, context.cwd, hash_path, context.say))


def feature_views(context: Context, given: Sequence[str]) -> tuple[FeatureView, ...]:
    """Return the views of feature stores that were given."""
    if not given:
        return ()
    from modelkeep.changes.feature_views import feature_view  # most versions have none

    return tuple(feature_view(context, text) for text in given)


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


def given_environment(context: Context, env: str) -> Captured:
    """Return the Python environment that ``--env`` means: ``auto``, ``none`` or a file."""
    path = local_path(env, "--env")
    return context.environment(path, None if path in ("auto", "none", "-") else seen(path))


def _trained(context: Context, request: Request) -> Trained:
    ended = _time(context, request.trained_at, "--trained-at", "ended")
    started = _time(context, request.training_started, "--training-started", "began")
    if started is not None and ended is not None and ended < started:
        message = f"the training cannot have ended ({ended}) before it began ({started})"
        raise UsageError(message, "--training-started T --trained-at LATER")
    return Trained(started=started, ended=ended, seeds=tuple(dict.fromkeys(request.seeds)))


def _time(context: Context, given: str | None, option: str, did: str) -> str | None:
    """Return the time that an option names, when the training began or ended."""
    if given is None:
        return None
    now = context.clock()
    moment = parse_moment(given, now=now, zone=now.astimezone().tzinfo or UTC, bare_date_end=False)
    if not isinstance(moment, At):
        message = f"{option} is a time, not an entry of the log: {given}"
        raise UsageError(message, f"{option} 2026-11-23T09:12:44Z")
    if moment.time > format_time((now + _CLOCKS_DIFFER).astimezone(UTC)):
        message = f"{option} is in the future: '{printable(given)}' is {moment.time}"
        raise UsageError(message, f"{option} is when the training {did}")
    return moment.time
