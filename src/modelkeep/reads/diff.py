"""Versions side by side: only what differs, numbers with their exact difference."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.reports import Diff, DiffRow
from modelkeep.domain.answers.versions import Version
from modelkeep.domain.refs import parse_ref
from modelkeep.errors import NotFound, UsageError
from modelkeep.reads.references import version_or_latest
from modelkeep.reads.show import version_page
from modelkeep.reads.snapshot import snapshot
from modelkeep.rendering import difference
from modelkeep.store.db.sql.version_states import holders, stages

#: The sections of an answer, in their order.
SECTIONS = ("version", "metrics", "params", "tags", "data", "code", "runs", "parents", "files")


def diff(context: Context, refs: Sequence[str]) -> Diff:
    """Return what differs between versions, in the order given; a single one is compared with production.

    A bare name is its latest version. The note of a number is what each is more or less than the first.
    """
    if not refs:
        message = "diff needs a version"
        raise UsageError(message, "modelkeep diff fraud@3 fraud@4")
    parsed = [parse_ref(ref) for ref in refs]
    with snapshot(context) as (reader, _):
        chosen = [version_or_latest(reader, ref, context.say) for ref in parsed]
        if len(chosen) == 1:
            (one,) = chosen
            last = stages(reader, None)[-1].name
            held = [each.version for each in holders(reader, None, one.model) if each.stage == last]
            if not held:
                message = f"{one.name} has nothing in {last} to compare with"
                raise NotFound(message, f"modelkeep list {quote(one.name)}")
            chosen.insert(0, replace(one, number=held[0]))
        return compare([version_page(reader, None, each) for each in chosen])


def compare(versions: Sequence[Version]) -> Diff:
    """Return the rows in which versions differ."""
    sides = [_facts(version) for version in versions]
    rows = []
    for section in SECTIONS:
        for key in dict.fromkeys(key for side in sides for key in side[section]):
            values = tuple(side[section].get(key) for side in sides)
            if any(value != values[0] for value in values):
                rows.append(DiffRow(section, key, values, _note(section, key, values)))
    return Diff(tuple(version.ref for version in versions), same=not rows, rows=tuple(rows))


def _facts(version: Version) -> dict[str, dict[str, str]]:
    metrics: dict[str, str] = {}
    for metric in version.metrics:
        metrics.setdefault(metric.name if metric.on is None else f"{metric.name} on {metric.on}", metric.value)
    data: dict[str, list[str]] = {}
    for used in version.data:
        key = used.name if used.role is None else f"{used.role}={used.name}"
        data.setdefault(key, []).append(used.version or used.digest or used.location or used.node)
    code = version.code
    return {
        "version": _known(
            label=version.label,
            digest=version.digest,
            form=version.form,
            files=str(version.files),
            size_bytes=str(version.size_bytes),
            author=version.author,
            description=version.description,
        ),
        "metrics": metrics,
        "params": version.params,
        "tags": version.tags,
        "data": {key: ", ".join(values) for key, values in data.items()},
        "code": _known(
            commit=code.commit,
            dirty=None if code.dirty is None else str(code.dirty).lower(),
            diff=code.diff,
            remote=code.remote,
            branch=code.branch,
        ),
        "runs": {run.id: run.location or run.id for run in version.runs},
        "parents": {
            parent.ref or parent.location or "-": parent.ref or parent.location or "-" for parent in version.parents
        },
        "files": {file.path: file.digest for file in version.contents},
    }


def _known(**facts: str | None) -> dict[str, str]:
    return {key: value for key, value in facts.items() if value is not None}


def _note(section: str, key: str, values: Sequence[str | None]) -> str | None:
    """Return how much more or less than the first side each other one has, where both are numbers."""
    if section not in ("metrics", "params") and key not in ("size_bytes", "files"):
        return None
    first = values[0]
    notes = [None if first is None or value is None else difference(value, first) for value in values[1:]]
    if all(note is None for note in notes):
        return None
    return " ".join(note or "-" for note in notes)
