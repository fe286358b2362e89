"""The provenance of a registration: code, data, runs and time of training, from outside the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from modelkeep.changes.register_request import Request
from modelkeep.context import Context
from modelkeep.domain.times import At, format_time, parse_moment
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Trained
from modelkeep.errors import UsageError
from modelkeep.provenance import git, runs
from modelkeep.provenance.datasets import DataSpec, parse_data
from modelkeep.rendering import files, human_size
from modelkeep.store.ingest.artifact import Ingested, measure
from modelkeep.store.ingest.selection import Selection


class Provenance(Struct, frozen=True):
    """What is known of the origin of a version."""

    code: git.Code
    data: tuple[DataSpec, ...]
    on: DataSpec | None
    runs: tuple[runs.Run, ...]
    trained: Trained | None


def collect_provenance(context: Context, request: Request) -> Provenance:
    """Return the provenance that a request gives, completed by what can be found; a given time of training is no guess."""
    trained = _trained(context, request)
    return Provenance(
        code=git.capture(request.paths, context.cwd, request.code, context.environ),
        data=datasets(context, request.data),
        on=None if request.on is None else datasets(context, [request.on])[0],
        runs=runs.runs(request.runs, context.environ),
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


def datasets(context: Context, given: Sequence[str]) -> tuple[DataSpec, ...]:
    """Return the datasets that were given; a path is hashed."""
    return tuple(parse_data(text, context.cwd, _hash) for text in given)


def data_of(spec: DataSpec | None) -> Data | None:
    """Return a dataset as the log has it, without its location."""
    return None if spec is None else Data(spec.name, spec.version, spec.digest, spec.role)


def run_fields(found: Sequence[runs.Run]) -> tuple[tuple[str, str], ...]:
    """Return the URIs of runs, for the details."""
    return tuple((f"run.{n}", run.location) for n, run in enumerate(found) if run.location is not None)


def _hash(path: str) -> str:
    measured = measure([path], Selection(follow_symlinks=True))
    return measured.manifest.files[0].digest if measured.form == "file" else measured.manifest.digest


def summary(taken: Ingested, found: Provenance) -> str:
    """Return the line about what was registered: ``3.2 MB in 1 file, code a1b2c3d (dirty), data …``."""
    parts = [f"{human_size(taken.size_bytes)} in {files(len(taken.manifest.files))}"]
    code = found.code
    if code.commit is not None:
        state = " (dirty)" if code.dirty else f" ({code.note})" if code.note else ""
        parts.append(f"code {code.commit[:7]}{state}")
    elif code.note:
        parts.append(f"code unknown ({code.note})")
    parts += [f"data {spec.node.removeprefix('data:')}" for spec in found.data]
    parts += [f"run {run.id}" for run in found.runs]
    return ", ".join(parts)


def _trained(context: Context, request: Request) -> Trained | None:
    if request.trained_at is None:
        return None
    now = context.clock()
    moment = parse_moment(request.trained_at, now=now, zone=now.astimezone().tzinfo or UTC, bare_date_end=False)
    if not isinstance(moment, At):
        message = f"--trained-at is a time, not an entry of the log: {request.trained_at}"
        raise UsageError(message, "--trained-at 2026-11-23T09:12:44Z")
    return Trained(ended=moment.time)
