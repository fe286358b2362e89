"""`diff --notes`: two versions of one model, and each version between them."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.release_notes import NotedVersion, ReleaseNotes
from modelkeep.domain.answers.trends import Trend, TrendPoint
from modelkeep.errors import UsageError
from modelkeep.papers.release_notes import notes_page
from modelkeep.reads import trends
from modelkeep.reads.diff import compared, sides
from modelkeep.reads.period_changes import began
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import show as select
from modelkeep.store.db.sql.history import tenures
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.version_states import walk
from modelkeep.store.db.sql.versions import version_rows

_MOST = 50


def release_notes(context: Context, refs: Sequence[str]) -> ReleaseNotes:
    """Return the release notes from one version to a later one of the same model; the first may be that in production."""
    with snapshot(context) as (reader, _):
        chosen = sides(context, reader, refs) if refs else []
        first, last = _ends(chosen)
        numbers = _numbers_between(reader, first, last)
        shown = numbers[:_MOST]
        before = [f"{first.name}@{first.number}"]
        found = trends.over(
            context, reader, None, [*before, *(f"{first.name}@{each}" for each in reversed(shown))], None
        )
        notes = ReleaseNotes(
            before=before[0],
            after=f"{last.name}@{last.number}",
            diff=compared(context, reader, chosen),
            metric=found.metric,
            versions=_versions(reader, last, shown, found),
            more=len(numbers) - len(shown),
        )
    return replace(notes, page=notes_page(notes))


def _ends(chosen: Sequence[Resolved]) -> tuple[Resolved, Resolved]:
    """Return the version before and the one after; ``UsageError`` unless these are two of one model, in their order."""
    if len(chosen) != 2:
        message = f"release notes are of two versions, not of {len(chosen)}"
        raise UsageError(message, "modelkeep diff fraud@3 fraud@4 --notes")
    first, last = chosen
    if first.model != last.model:
        message = f"release notes are of two versions of one model, not of {first.name} and {last.name}"
        raise UsageError(
            message, f"modelkeep diff {quote(f'{first.name}@{first.number}')} {quote(f'{last.name}@{last.number}')}"
        )
    if (first.number or 0) >= (last.number or 0):
        message = (
            f"release notes go to a later version, not from {first.name}@{first.number} to {last.name}@{last.number}"
        )
        swapped = first.number != last.number
        line = f"modelkeep diff {quote(f'{first.name}@{last.number}')} {quote(f'{first.name}@{first.number}')} --notes"
        raise UsageError(message, line if swapped else f"modelkeep list {quote(first.name)}")
    return first, last


def _numbers_between(reader: Reader, first: Resolved, last: Resolved) -> list[int]:
    """Return the versions after the first up to the last that are not deleted, newest first; the last in any case."""
    found = []
    for number, _ in walk(reader, None, last.model):
        if number <= (first.number or 0):
            break
        if number < (last.number or 0):
            found.append(number)
    return [last.number or 0, *found]


def _points(found: Trend) -> dict[str, TrendPoint]:
    """Return the value of each version against the last one before it that is neither bad nor archived nor deleted.

    The first version was named by the user: it is compared with, whatever its state is.
    """
    base, points = found.points[0].ref, {}
    for each in found.points[1:]:
        points[each.ref] = found.against(base, each.ref) or each
        base = each.ref if each.eligible and each.value is not None else base
    return points


def _versions(reader: Reader, model: Resolved, numbers: Sequence[int], found: Trend) -> tuple[NotedVersion, ...]:
    rows = version_rows(reader, None, model.model, model.name, numbers)
    points = _points(found)
    noted = []
    for row in rows:
        seq, actor, _, _, licence, commit, code_state, *_ = select.VERSION.one(
            reader, None, model=model.model, number=row.version
        )
        texts: dict[str, str] = dict(reversed(reader.rows(select.TEXTS, seq=seq)))
        held = tenures(reader, None, model=model.model, version=row.version)
        noted.append(
            NotedVersion(
                ref=row.ref,
                label=row.label,
                state=row.state,
                created=row.created,
                actor=actor,
                author=row.author,
                reason=texts.get("reason"),
                description=row.description,
                licence=licence,
                commit=commit,
                dirty=None if code_state is None else code_state == "dirty",
                point=points[row.ref],
                placed=tuple(began(reader, each) for each in held),
            )
        )
    return tuple(noted)
