"""Release notes as Markdown, for a pull request, a mail, or the release of a repository.

The same log makes the same bytes: nothing of it depends on the clock or the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelkeep.domain.answers.period import StageChange
from modelkeep.domain.answers.release_notes import NotedVersion, ReleaseNotes
from modelkeep.domain.answers.reports import DiffRow
from modelkeep.domain.json_values import to_text
from modelkeep.papers.markdown import code, escape, facts, heading, minute, page, table
from modelkeep.rendering import broken_glass, counted, signed, six_digits, told_apart, visible
from modelkeep.rendering.trends import change_words

#: The sections with their titles, in the order of the page; the sections of `reads.diff` that they have.
_SECTIONS = (
    ("Metrics", ("metrics",)),
    ("In production", ("signals",)),
    ("Data", ("data",)),
    ("Parameters", ("params",)),
    ("Code", ("code",)),
    ("Environment", ("environment",)),
    ("Licence, tags and checks", ("version", "tags", "checks")),
    ("Format and signature", ("format", "signature")),
    ("Files", ("files",)),
)
#: What a reader of release notes does not ask for: digests and sizes, and what the page of each version says.
_LEFT_OUT = frozenset(("version", key) for key in ("digest", "label", "description", "form", "size_bytes", "files"))
_MOST_ROWS = 50
_SHORT_COMMIT, _SHORT_DIGEST = 12, len("sha256:") + 12


def notes_page(notes: ReleaseNotes) -> str:
    """Return the page."""
    return page([_title(notes), *_sections(notes), *_versions(notes)])


def _title(notes: ReleaseNotes) -> list[str]:
    newest, name = notes.versions[0], notes.after.rpartition("@")[0]
    count = len(notes.versions) + notes.more
    oldest = notes.versions[-1] if not notes.more else None
    since = "" if oldest is None or count == 1 else f"{minute(oldest.created)} to "
    return [
        *heading(1, escape(f"{name} {newest.label or newest.ref.rpartition('@')[2]}")),
        f"From {escape(notes.before)} to {escape(notes.after)}: {counted(count, 'version')}, {since}{minute(newest.created)}.",
        "",
        *([escape(line) if line.strip() else "" for line in (newest.description or "").split("\n")]),
    ]


def _sections(notes: ReleaseNotes) -> Iterator[list[str]]:
    for title, sections in _SECTIONS:
        rows = [row for row in notes.diff.rows if row.section in sections and (row.section, row.key) not in _LEFT_OUT]
        if not rows:
            continue
        yield heading(2, title)
        if title == "Code" and notes.diff.commits is not None:
            yield [f"The commits: {code(f'git log --oneline {notes.diff.commits}')}", ""]
        shown = rows[:_MOST_ROWS]
        if title in ("Metrics", "In production"):
            yield table(("", escape(notes.before), escape(notes.after), "change", ""), map(_measured, shown))
        else:
            yield table(("", escape(notes.before), escape(notes.after)), ((row.key, *_values(row)) for row in shown))
        yield ["", f"and {len(rows) - len(shown)} more"] if len(rows) > len(shown) else []
    if notes.diff.same:
        yield ["", "The two versions do not differ in anything that is recorded."]


def _measured(row: DiffRow) -> tuple[object, ...]:
    difference = signed(row.differences[0]) if row.differences else None
    part = row.changes[0] if row.changes else None
    change = None if difference is None else six_digits(difference) + ("" if part is None else f" ({_percent(part)})")
    verdict = row.verdicts[0] if row.verdicts else None
    return (row.key, *told_apart(_values(row)), change, verdict)


def _percent(part: float) -> str:
    """Return a share as ``+2.20%``; a smaller one than two digits show as ``+2.2e-08%``."""
    return f"{part:+.2%}" if part == 0 or abs(part) >= 0.00005 else f"{part * 100:+.2g}%"


def _values(row: DiffRow) -> list[str | None]:
    """Return the values as texts; digests and commits are cut, and a value that is not there is None."""
    texts = [
        visible(to_text(each)) if each is not None or side in row.nulls else None
        for side, each in enumerate(row.values)
    ]
    if row.key == "commit":
        return [text and text[:_SHORT_COMMIT] for text in texts]
    return [text[:_SHORT_DIGEST] if text is not None and text.startswith("sha256:") else text for text in texts]


def _versions(notes: ReleaseNotes) -> Iterator[list[str]]:
    yield heading(2, "Versions")
    for each in notes.versions:
        label = "" if each.label is None else f" ({each.label})"
        state = f", {each.state}" if each.state in ("bad", "archived", "deleted") else ""
        yield heading(3, escape(f"{each.ref}{label}{state}"))
        yield facts(_facts(notes, each))
    if notes.more:
        yield ["", f"and {counted(notes.more, 'older version')} after {escape(notes.before)}"]


def _facts(notes: ReleaseNotes, each: NotedVersion) -> Iterable[tuple[str, object]]:
    author = "" if each.author == each.actor else f", made by {each.author}"
    dirty = ", with uncommitted changes" if each.dirty else ""
    change = change_words(each.point)
    against = "" if change is None else f" ({change}, against {each.point.against})"
    return [
        ("Registered", f"{minute(each.created)} by {each.actor}{author}"),
        ("Why", each.reason),
        ("Description", each.description if each is not notes.versions[0] else None),
        (
            escape(notes.metric),
            None if each.point.value is None else f"{six_digits(to_text(each.point.value))}{against}",
        ),
        ("Code", None if each.commit is None else each.commit[:_SHORT_COMMIT] + dirty),
        ("Licence", each.licence),
        *((escape(change.stage), _placed(change)) for change in each.placed),
    ]


def _placed(change: StageChange) -> str:
    """Return how a version got a stage: ``2026-11-23 09:12 UTC by ana: "march data"; approved by rita (risk)``."""
    share = "" if change.share is None else f" at {change.share:g}%"
    back = " by a rollback" if change.what == "rolled_back" else ""
    why = f': "{change.reason}"' if change.reason else ""
    asked = f"; asked for by {change.asked_by}" if change.asked_by and change.asked_by != change.actor else ""
    return "".join([
        f"{minute(change.time)}{share}{back}, {change.actor}{why}{asked}",
        f"; approved by {_approvers(change)}" if change.approvals else "",
        f"; {broken_glass(change.waived)}" if change.waived else "",
    ])  # fmt: skip


def _approvers(change: StageChange) -> str:
    named: Sequence[str] = [
        each.actor + (f" ({', '.join(each.roles)})" if each.roles else "") for each in change.approvals
    ]
    return ", ".join(named)
