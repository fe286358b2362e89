"""Versions side by side: only what differs, numbers with their exact difference."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from modelkeep.context import Context
from modelkeep.domain.answers.pages import Version
from modelkeep.domain.answers.reports import Diff, DiffRow
from modelkeep.domain.json_values import Json, to_text
from modelkeep.domain.metric_directions import direction_of, verdict_of
from modelkeep.domain.metrics import newest_by_data, spelled
from modelkeep.domain.numbers import as_number, difference, metric_value
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.state import Tenure
from modelkeep.errors import NotFound, UsageError
from modelkeep.reads.diff_contents import Side, contents_of_versions
from modelkeep.reads.references import version_or_latest
from modelkeep.reads.roles import rules_at
from modelkeep.reads.show import Judged, version_page
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.serving import NEWEST_VALUE
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Direction

#: The sections whose values may be numbers.
_NUMBERS = ("metrics", "signals", "params")
#: The sections of an answer, in their order.
SECTIONS = (
    "version",
    "metrics",
    "signals",
    "params",
    "tags",
    "data",
    "code",
    "environment",
    "ci",
    "runs",
    "parents",
    "checks",
    "format",
    "signature",
    "tensors",
    "files",
)


def diff(context: Context, refs: Sequence[str]) -> Diff:
    """Return what differs between versions, in the order given; a single one is compared with production.

    A bare name is its latest version.
    """
    if not refs:
        message = "diff needs a version"
        raise UsageError(message, "modelkeep diff fraud@3 fraud@4")
    with snapshot(context) as (reader, _):
        return compared(context, reader, sides(context, reader, refs))


def sides(context: Context, reader: Reader, refs: Sequence[str]) -> list[Resolved]:
    """Return the versions that are compared; before a single one stands that in production."""
    chosen = [version_or_latest(reader, parse_ref(ref), context.say) for ref in refs]
    if len(chosen) == 1:
        (one,) = chosen
        state = SqlState(reader)
        last = state.stages()[-1].name
        held = state.holder(one.model, last)
        if held is None:
            message = f"{one.name} has nothing in {last} to compare with"
            raise NotFound(message, f"modelkeep list {quote(one.name)}")
        if held.version == one.number:
            context.say(_note_on_itself(state, one, held))
        chosen.insert(0, replace(one, number=held.version))
    return chosen


def compared(context: Context, reader: Reader, chosen: Sequence[Resolved]) -> Diff:
    """Return what differs between versions."""
    judged = Judged(context, context.now())
    pages = [version_page(reader, None, each, judged=judged) for each in chosen]
    rules = rules_at(reader, None)
    contents = contents_of_versions(reader, chosen, pages)
    return compare(pages, _signals(reader, chosen, pages), () if rules is None else rules.metrics, contents)


def _signals(reader: Reader, chosen: Sequence[Resolved], pages: Sequence[Version]) -> list[dict[str, Json]]:
    """Return what monitoring measured last of each version, of the metrics that the versions have."""
    names = dict.fromkeys(each.name for page in pages for each in page.evaluations)
    found: list[dict[str, Json]] = []
    for one in chosen:
        rows = {name: reader.row(NEWEST_VALUE, model=one.model, version=one.number, name=name) for name in names}
        found.append({name: metric_value(row[0]) for name, row in rows.items() if row is not None})
    return found


def _note_on_itself(state: SqlState, one: Resolved, held: Tenure) -> str:
    """Return the note that a version is compared with itself, and what it can be compared with."""
    before = None if held.came_from is None else state.tenure(one.model, held.stage, held.came_from)
    note = f"note: {one.name}@{one.number} is in {held.stage} itself"
    if before is None or before.version == one.number:
        return f"{note}, and nothing was before it"
    return f"{note}; with the version before it: modelkeep diff {one.name}@{before.version} {one.name}@{one.number}"


def compare(
    versions: Sequence[Version],
    signals: Sequence[dict[str, Json]] = (),
    directions: Sequence[Direction] = (),
    contents: Sequence[Side] = (),
) -> Diff:
    """Return the rows in which versions differ; a metric on other data is another metric.

    ``signals`` are what monitoring measured last of each, ``directions`` what the policy says of metrics, ``contents`` what
    is in the files.
    """
    metrics = [newest_by_data(version.evaluations) for version in versions]
    packages = all(version.environment is not None for version in versions)
    names = spelled((name, on) for newest in metrics for name, by_data in newest.items() for on in by_data)
    sides = [
        _facts(
            version,
            {names[name, on]: each.value for name, by_data in newest.items() for on, each in by_data.items()},
            packages=packages,
        )
        for version, newest in zip(versions, metrics, strict=True)
    ]
    sides = [{**side, "signals": live} for side, live in zip(sides, signals or [{}] * len(sides), strict=True)]
    nothing: Side = {section: {} for section in ("format", "signature", "tensors")}
    sides = [{**side, **inside} for side, inside in zip(sides, contents or [nothing] * len(sides), strict=True)]
    better = {spelling: direction_of(name, directions) for (name, _), spelling in names.items()}
    rows = []
    for section in SECTIONS:
        for key in dict.fromkeys(key for side in sides for key in side[section]):
            there = [key in side[section] for side in sides]
            values = tuple(side[section].get(key) for side in sides)
            same = _same_number_or_text if section in _NUMBERS else operator.eq
            if not all(there) or not all(same(value, values[0]) for value in values[1:]):
                nulls = tuple(at for at, value in enumerate(values) if value is None and there[at])
                rows.append(_row(section, key, values, nulls, better.get(key) if section == "metrics" else None))
    return Diff(tuple(version.ref for version in versions), not rows, tuple(rows), _commits(versions))


def _row(section: str, key: str, values: tuple[Json, ...], nulls: tuple[int, ...], better: str | None) -> DiffRow:
    """Return one difference, with how much it is where both sides are numbers."""
    differences = _differences(section, key, values)
    if not differences or section not in _NUMBERS:
        return DiffRow(section, key, values, differences, nulls)
    return DiffRow(
        section,
        key,
        values,
        differences,
        nulls,
        changes=tuple(_change(values[0], each) for each in differences),
        better=better,
        verdicts=()
        if better is None
        else tuple(verdict_of(None if each is None else to_text(each), better) for each in differences),
    )


def _change(first: Json, difference: float | str | None) -> float | None:
    """Return a difference as a part of the first value, rounded to six digits; None where that is 0 or no number."""
    if difference is None:
        return None
    whole, part = as_number(to_text(first)), as_number(to_text(difference).removeprefix("+"))
    if whole is None or part is None or not float(whole):  # so small that no float has it
        return None
    found = float(f"{float(part) / abs(float(whole)):.6g}")
    return found if math.isfinite(found) else None


def _commits(versions: Sequence[Version]) -> str | None:
    """Return the range of commits from the first version to the last, where both are of one repository."""
    first, last = versions[0].code, versions[-1].code
    if None in (first.commit, last.commit) or first.commit == last.commit or first.remote != last.remote:
        return None
    return f"{first.commit}..{last.commit}"


def _same_number_or_text(one: Json, other: Json) -> bool:
    """Tell whether two values are the same: numbers by their exact value, whatever their spelling."""
    texts = to_text(one), to_text(other)
    numbers = [as_number(text) for text in texts]
    return texts[0] == texts[1] if None in numbers else numbers[0] == numbers[1]


def _facts(version: Version, metrics: dict[str, Json], *, packages: bool) -> dict[str, dict[str, Json]]:
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
            files=version.files,
            size_bytes=version.size_bytes,
            author=version.author,
            description=version.description,
            licence=version.licence,
        ),
        "metrics": metrics,
        "params": version.params,
        "tags": {**version.tags},
        "data": {key: ", ".join(values) for key, values in data.items()},
        "code": _known(commit=code.commit, dirty=code.dirty, diff=code.diff, remote=code.remote, branch=code.branch),
        "environment": _environment(version, packages=packages),
        "ci": {} if version.ci is None else _known(**asdict(version.ci)),
        "runs": {run.id: run.location or run.id for run in version.runs},
        "parents": {
            parent.ref or parent.location or "-": parent.ref or parent.location or "-" for parent in version.parents
        },
        "checks": {check.name: check.result for check in version.checks if check.result is not None},
        "files": {file.path: file.digest for file in version.contents},
    }


def _environment(version: Version, *, packages: bool) -> dict[str, Json]:
    """Return what is known of the environment; packages as ``packages.numpy``, as `show --field` takes them.

    Without ``packages``, because there is a version of which none are known, only that it is recorded.
    """
    found = version.environment
    if found is None or not packages:
        return {} if found is None else {"digest": found.digest}
    listed: dict[str, Json] = {f"packages.{name}": number for name, number in found.packages.items()}
    known = _known(
        python=found.python,
        implementation=found.implementation,
        system=found.system,
        machine=found.machine,
        accelerators=", ".join(found.accelerators) or None,
        lock=None if found.lock is None else found.lock.digest,
    )
    return {**known, **listed}


def _known(**facts: Json) -> dict[str, Json]:
    return {key: value for key, value in facts.items() if value is not None}


def _differences(section: str, key: str, values: Sequence[Json]) -> tuple[float | str | None, ...]:
    """Return how much more or less than the first side each other one has, where both are numbers."""
    if section not in _NUMBERS and key not in ("size_bytes", "files"):
        return ()
    texts = [None if value is None else to_text(value) for value in values]
    found = [None if text is None or texts[0] is None else difference(text, texts[0]) for text in texts[1:]]
    return tuple(None if each is None else metric_value(each) for each in found) if any(found) else ()
