"""The half of `verify` that checks stored bytes: every content that a version needs is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.subset import EVERYTHING, Subset
from modelkeep.maintenance.findings import Findings
from modelkeep.reads import references
from modelkeep.reads.references import version_or_model
from modelkeep.store.content.checking import Trouble, examine
from modelkeep.store.content.hashing import Content
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sql.reachable import Needed

if TYPE_CHECKING:
    from modelkeep.maintenance.repair import Repair

T = TypeVar("T")
#: A version: its model and number.
VersionKey: TypeAlias = tuple[int, int]
#: A content, and the first versions that need it.
NeededContent: TypeAlias = tuple[Content, list[Needed]]
#: For how many of the versions that need it a damaged content is reported.
_SHOWN = 3
#: How many contents are given to the threads at once: memory does not grow with the registry.
_AT_ONCE = 512


class Checked(Struct, frozen=True):
    """How many versions and contents were checked, and how many bytes those are."""

    versions: int
    blobs: int
    size_bytes: int


class Wanted(Struct, frozen=True):
    """Which contents are checked: those of ``chosen`` versions or of all, one part of them, at ``most`` that many.

    ``quick`` looks at sizes and modes, and reads no byte.
    """

    chosen: Sequence[VersionKey] | None = None
    part: Subset = EVERYTHING
    quick: bool = False
    most: int | None = None


def versions_of(context: Context, refs: Sequence[str]) -> list[VersionKey]:
    """Return the versions that references mean, each once. A bare name means its newest version, with a note."""
    found: set[VersionKey] = set()
    with context.database.reading() as connection:
        for ref in refs:
            version = version_or_model(connection, ref, context.say)
            if version.number is None:
                version = version_or_model(connection, f"{version.name}@latest", context.say)
                context.say(f"note: {ref} is {version.ref}, the newest")
            deleted = references.deletion_sentence(connection, version.model, version.name, version.number or 0)
            if deleted is not None:
                context.say(f"note: {deleted}; its bytes are not needed any more")
            elif version.number is not None:
                found.add((version.model, version.number))
    return sorted(found)


def check_bytes(
    context: Context,
    findings: Findings,
    wanted: Wanted,
    trusted: Reader | None,
    *,
    repair: Repair | None,
    progress: Callable[[int, int], None] | None,
    at_once: int = _AT_ONCE,
) -> Checked:
    """Check the contents that are wanted, several at once. What is wrong becomes a finding, or goes to ``repair`` first.

    ``trusted`` is a database whose tables were made from the log; without it the registry's own tables say
    what is needed. No more than ``at_once`` contents are held in memory.
    """
    tables = Tables(context, trusted)
    versions, total, contents = _contents(tables, wanted)
    done = Progress(total, progress)
    bucket = context.bucket

    def check(needed: NeededContent) -> Trouble | None:
        content, _ = needed
        if wanted.quick:
            done.add(content.size)
        return examine(bucket, content.digest, content.size, quick=wanted.quick, look=lambda data: done.add(len(data)))

    blobs = size_bytes = 0
    chosen: dict[Content, list[Needed]] = {}
    while batch := list(islice(contents, at_once)):
        for (content, needing), trouble in zip(batch, each(check, batch, done), strict=True):
            blobs += 1
            size_bytes += content.size
            if trouble is not None and repair is not None and trouble.lost:
                repair.note(content, trouble)
                if wanted.chosen is not None:  # report it for the chosen versions, not for all that need it
                    chosen[content] = needing
            elif trouble is not None:
                report(findings, needing, trouble)
    outcomes = iter(()) if repair is None else repair.run()
    while some := list(islice(outcomes, at_once)):
        found = tables.ask(partial(_needing, contents=[content for content, _ in some if content not in chosen]))
        for content, trouble in some:
            report(findings, chosen.get(content) or found[content], trouble)
    return Checked(versions, blobs, size_bytes)


def _needing(reader: Reader, contents: Iterable[Content]) -> dict[Content, list[Needed]]:
    """Return for each content the first versions that need it."""
    return {content: reachable.needing(reader, content.digest, _SHOWN) for content in contents}


def _contents(tables: Tables, wanted: Wanted) -> tuple[int, int, Iterator[NeededContent]]:
    """Return the number of versions and bytes that are wanted, and the contents one after the other."""
    if wanted.chosen is None:
        total = tables.ask(partial(reachable.total_bytes, part=wanted.part))
        return tables.ask(reachable.version_count), total, islice(tables.all_needed(wanted.part), wanted.most)
    rows = [row for row in tables.needed_by(wanted.chosen) if row.digest in wanted.part]
    rows.sort(key=lambda row: row.digest)
    total = sum(content.size for content in {Content(row.digest, row.size) for row in rows})
    return len(wanted.chosen), total, islice(_by_content(rows), wanted.most)


def _by_content(rows: Iterable[Needed]) -> Iterator[NeededContent]:
    for content, group in groupby(rows, key=lambda row: Content(row.digest, row.size)):
        yield content, list(islice(group, _SHOWN))


class Tables:
    """The tables that say which contents versions need. They are read a page at a time, each in a short transaction."""

    def __init__(self, context: Context, trusted: Reader | None = None) -> None:
        self._context = context
        self._trusted = trusted

    def ask(self, query: Callable[[Reader], T]) -> T:
        """Run a query."""
        if self._trusted is not None:
            return query(self._trusted)
        with self._context.database.reading() as connection:
            return query(connection)

    def all_needed(self, part: Subset = EVERYTHING) -> Iterator[NeededContent]:
        """Yield the contents of a part that undeleted versions need, ordered by digest."""
        return _by_content(self._rows(part))

    def _rows(self, part: Subset) -> Iterator[Needed]:
        after: Needed | None = None
        while page := self.ask(partial(reachable.needed, after=after, part=part)):
            yield from page
            after = page[-1]

    def needed_by(self, chosen: Iterable[VersionKey]) -> Iterator[Needed]:
        """Yield what some versions need."""
        for model, number in chosen:
            yield from self.ask(partial(reachable.needed_by, model=model, version=number))


def report(findings: Findings, needing: Sequence[Needed], trouble: Trouble) -> None:
    """Add what is or was wrong with a content as a finding for each of some versions that need it."""
    severity = "repaired" if trouble.repaired else "error" if trouble.lost else "warning"
    for content in needing:
        digest = "" if content.digest in trouble.text else f" ({content.digest})"
        message = f"{content.path}: {trouble.text}{digest}"
        findings.add(severity, trouble.code, f"{content.name}@{content.version}", message, content)
